/** What a fault does in HTTP/2 in the place of what HTTP/1.1 has for it. */
import type { Fault, FaultKind, Malformation } from "@faultwire/fault-engine";
import { ErrorCode } from "@faultwire/http2";
import type { RequestPlan } from "../http/request-plan.ts";

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

const resetStream = "in HTTP/2 the stream is reset (INTERNAL_ERROR) in place of the connection's end";
const malformedStream = "in HTTP/2 what breaks HTTP/1.1's framing is a stream that is reset (PROTOCOL_ERROR)";
const ofData = "counted in bytes of the response's data";

/** Whether a plan resets its stream, and with it what is still to come of the request. */
export const endsByReset = (plan: RequestPlan): boolean =>
  plan.kind === "end" || (plan.kind === "raw" && !plan.isWhole);

/** In words what is done in place of a fault; `undefined` where it is done as asked for. */
export function insteadInHttp2(fault: Fault): string | undefined {
  switch (fault.kind) {
    case "http.empty":
    case "http.truncate":
      return resetStream;
    case "http.malformed":
      return isFraming(fault.how) ? malformedStream : undefined;
    case "grpc.cut":
      return undefined;
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
      return fault.at.kind === "bytes" ? ofData : undefined;
    default:
      return "stop" in fault && fault.stop !== "clean" ? resetStream : undefined;
  }
}

/** What breaks HTTP/1.1's framing; the others are whole messages. */
const isFraming = (how: Malformation): boolean =>
  how !== "invalid-json" && how !== "wrong-content-type" && how !== "html";

const bytesAreData = "instead: as asked for; bytes of a response are those of its data";
const stopIsReset =
  "instead: as asked for with `stop: clean`; else the stream is reset (INTERNAL_ERROR) in place of the connection's end";

/** The same by kind, for the table of ways. */
export const insteadOfKinds: Partial<Readonly<Record<FaultKind, string>>> = {
  "http.empty": "instead: the stream is reset (INTERNAL_ERROR) in place of the connection's end",
  "http.truncate": "instead: the stream is reset (INTERNAL_ERROR) in place of the connection's end",
  "http.malformed":
    "instead: invalid-json, wrong-content-type and html as asked for; what breaks HTTP/1.1's framing is a stream that is reset (PROTOCOL_ERROR)",
  "connection.close": bytesAreData,
  "connection.reset": bytesAreData,
  "connection.stall": bytesAreData,
  "stream.error-event": stopIsReset,
  "stream.cut": stopIsReset,
};
