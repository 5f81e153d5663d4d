import { nameOfStatus, type StatusDetail } from "@faultwire/grpc";
import { writeCount } from "../write-count.ts";
import type { Duration } from "./fault-parts.ts";
import type { FaultRows } from "./fault-row.ts";
import { writeLate, writeMs } from "./fault-words.ts";

/**
 * How a call breaks off without a status: its stream is reset (INTERNAL_ERROR), or ends in order without trailers, or its connection
 * is closed.
 */
export const GRPC_STOPS = ["reset", "no-trailers", "fin"] as const;
/** One of {@link GRPC_STOPS}. */
export type GrpcStop = (typeof GRPC_STOPS)[number];

/** What is wrong with the prefix of a message. */
export const GRPC_GARBAGE = ["compressed-flag", "reserved-flag", "oversized-length", "long-length"] as const;
/** One of {@link GRPC_GARBAGE}. */
export type GrpcGarbage = (typeof GRPC_GARBAGE)[number];

/** What happens to a gRPC call. Messages are those of the server. */
export type GrpcFault =
  | {
      /** The call ends with this status. */
      readonly kind: "grpc.status";
      /** 0 to 2^31 − 1. */
      readonly code: number;
      /** Empty for none. */
      readonly message: string;
      /** Details of `google.rpc.Status`, but for the `RetryInfo`. */
      readonly details: readonly StatusDetail[];
      /** Milliseconds of a `RetryInfo`; `null` without one. */
      readonly retryDelayMs: number | null;
      /** Milliseconds of `grpc-retry-pushback-ms`; `null` without it. */
      readonly pushback: number | "never" | null;
      /** Behind the head and so many messages, in trailers; `null`: at once, and the upstream sees no call. */
      readonly afterMessages: number | null;
      /** How late an answer at once comes; left out: not late. */
      readonly late?: Duration;
    }
  | {
      /** The call breaks off. */
      readonly kind: "grpc.cut";
      /** Behind so many messages. */
      readonly afterMessages: number;
      /** In the middle of the next one. */
      readonly midMessage: boolean;
      /** How. */
      readonly stop: GrpcStop;
    }
  | {
      /** The prefix of a message is wrong. */
      readonly kind: "grpc.garbage";
      /** That of the message behind so many. */
      readonly afterMessages: number;
      /** What is wrong with it. */
      readonly how: GrpcGarbage;
    };

/** Whether a fault is one of a gRPC call. */
export const isGrpcFault = (fault: { readonly kind: string }): fault is GrpcFault =>
  fault.kind.startsWith("grpc.");

const afterSo = (count: number): string => `after ${writeCount(count, "message")}`;

const STOPS: Readonly<Record<GrpcStop, string>> = {
  reset: "the stream is reset (INTERNAL_ERROR)",
  "no-trailers": "the stream ends without a status",
  fin: "the connection is closed",
};

const GARBAGE: Readonly<Record<GrpcGarbage, string>> = {
  "compressed-flag": "says that it is compressed and is not, or the other way round",
  "reserved-flag": "has a flag that gRPC does not know",
  "oversized-length": "declares 4 GiB",
  "long-length": "declares a byte more than there is",
};

function describeStatus(fault: Extract<GrpcFault, { readonly kind: "grpc.status" }>): string {
  const { code, message, details, retryDelayMs, pushback, afterMessages, late } = fault;
  const hints = [
    details.length > 0 && writeCount(details.length, "detail"),
    retryDelayMs !== null && `RetryInfo of ${writeMs(retryDelayMs)}`,
    pushback !== null &&
      (pushback === "never" ? "a pushback that forbids retries" : `a pushback of ${writeMs(pushback)}`),
  ].filter((hint) => hint !== false);
  return [
    `the call ends with ${nameOfStatus(code)}`,
    message === "" ? "" : ` (${message})`,
    hints.length === 0 ? "" : ` and ${hints.join(", ")}`,
    afterMessages === null
      ? `${late ? writeLate(late) : " at once"}, in trailers alone`
      : ` ${afterSo(afterMessages)}`,
  ].join("");
}

/** The rows of the gRPC layer, in the order of the documentation. */
export const grpcRows: FaultRows<GrpcFault> = {
  "grpc.status": {
    example:
      "{ grpc: { status: { code: UNAVAILABLE, message: try again later, retryInfo: 2s, pushback: 500ms, afterMessages: 3 } } }",
    doc: "a status, by name or number; `retryInfo` and `details` (`[{ type, value: BASE64 }]`) stand in `grpc-status-details-bin`, `pushback` (a time, or `never`) in `grpc-retry-pushback-ms`; without `afterMessages` at once (trailers-only); also just its name",
    describe: describeStatus,
  },
  "grpc.cut": {
    example: "{ grpc: { cut: { afterMessages: 2, midMessage: true, stop: reset } } }",
    doc: "a call without a status; `stop`: `reset` (RST_STREAM), `no-trailers`, `fin`",
    describe: ({ afterMessages, midMessage, stop }) =>
      `the call breaks off ${afterSo(afterMessages)}${midMessage ? ", in the middle of the next one" : ""}: ${STOPS[stop]}`,
  },
  "grpc.garbage": {
    example: "{ grpc: { garbage: { how: compressed-flag, afterMessages: 1 } } }",
    doc: "a message whose prefix is wrong; also `reserved-flag`, `oversized-length`, `long-length`",
    describe: ({ afterMessages, how }) => `the message ${afterSo(afterMessages)} ${GARBAGE[how]}`,
  },
};
