import type { IncomingHttpHeaders } from "node:http2";
import { decodeStatusMessage } from "@faultwire/grpc";
import { grpcStatus } from "../grpc-status.ts";

/** How a stream has ended that did not end with OK. */
export interface StreamFailure {
  /** Of gRPC. */
  readonly status: number;
  /** In words, of the other end where it gave some. */
  readonly message: string;
}

/** The failure that headers or trailers tell; undefined for OK. */
export function failureIn(headers: IncomingHttpHeaders): StreamFailure | undefined {
  const given = headers["grpc-status"];
  const status = given === undefined ? grpcStatus.unknown : Number(given);
  if (status === grpcStatus.ok) return undefined;
  const message = decodeStatusMessage(String(headers["grpc-message"] ?? ""));
  return { status: Number.isInteger(status) ? status : grpcStatus.unknown, message };
}
