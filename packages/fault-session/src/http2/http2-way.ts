/** What a fault does in HTTP/2 in the place of what HTTP/1.1 has for it. */
import type { Fault } from "@faultwire/fault-engine";
import { ErrorCode } from "@faultwire/http2";

/**
 * A fault of a message ends its stream, where in HTTP/1.1 it ends the connection: other requests of the same connection are none
 * of its business. A fault of the connection ends the connection, and so does one that asks for that.
 */
export function endsConnection(fault: Fault): boolean {
  return fault.kind.startsWith("connection.") || (fault.kind === "grpc.cut" && fault.stop === "fin");
}

/** The code of the RST_STREAM with which a fault ends a stream out of order. */
export const cutCode: number = ErrorCode.INTERNAL_ERROR;

/** The same for a message that HTTP/1.1 would not allow: RFC 9113 section 8.1.1. */
export const malformedCode: number = ErrorCode.PROTOCOL_ERROR;

/** In words what is done in place of a fault; `undefined` where it is done as asked for. */
export function insteadInHttp2(fault: Fault): string | undefined {
  switch (fault.kind) {
    case "http.empty":
      return "in HTTP/2 the stream is reset (INTERNAL_ERROR) in place of the connection's end";
    case "http.malformed":
      return "in HTTP/2 what breaks HTTP/1.1's framing is a stream that is reset (PROTOCOL_ERROR)";
    case "http.truncate":
      return "in HTTP/2 the stream is reset (INTERNAL_ERROR) in place of the connection's end";
    case "grpc.cut":
      return undefined;
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
      return fault.at.kind === "bytes" ? "counted in bytes of the response's data" : undefined;
    default:
      return "stop" in fault && fault.stop !== "clean"
        ? "in HTTP/2 the stream is reset (INTERNAL_ERROR) in place of the connection's end"
        : undefined;
  }
}
