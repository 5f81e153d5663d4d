/** The end of a call: the fields of its trailers (PROTOCOL-HTTP2, "Responses"; gRFC A6, "Pushback"). */
import { decodeBinaryField, encodeBinaryField } from "./binary-field.ts";
import type { GrpcField } from "./call.ts";
import { GrpcError } from "./grpc-error.ts";
import { grpcLimits } from "./grpc-limits.ts";
import { encodeStatusDetails, readStatusDetails, type StatusDetail } from "./status-details.ts";
import { encodeStatusMessage } from "./status-message.ts";
import { fromUtf8, utf8 } from "./text.ts";

/** A status that is to be written. */
export interface StatusToWrite {
  /** 0 to 2^31 − 1; those above 16 have no name. */
  readonly code: number;
  /** Empty for none. */
  readonly message?: string;
  /** Milliseconds of a `RetryInfo` in `grpc-status-details-bin`; left out for none. */
  readonly retryDelayMs?: number | undefined;
  /** Further details of `grpc-status-details-bin`. */
  readonly details?: readonly StatusDetail[] | undefined;
  /** Milliseconds of `grpc-retry-pushback-ms`; `"never"` asks for no retry. Left out for none. */
  readonly pushback?: number | "never" | undefined;
}

/** What the end of a call says, without its message. */
export interface StatusRead {
  /** The number in `grpc-status`; those above 16 have no name. */
  readonly code: number;
  /** Milliseconds of a `RetryInfo`; left out where there is none. */
  readonly retryDelayMs?: number | undefined;
  /** As A6 reads it: negative, and what is no number, asks for no retry. */
  readonly pushback?: number | "never" | undefined;
}

function checkDelay(name: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= grpcLimits.maxDelayMs)) return;
  throw new GrpcError(
    "invalid-argument",
    `${name}: found ${value}, expected 0 to ${grpcLimits.maxDelayMs} milliseconds`,
  );
}

/** A message without what is beyond the limit; a character is never cut in two. */
function shortened(message: string): string {
  const bytes = utf8(message);
  const { maxStatusMessageBytes: most } = grpcLimits;
  if (bytes.length <= most) return message;
  // The last byte up to there that begins a character.
  const end = bytes.subarray(0, most + 1).findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  return fromUtf8(bytes.subarray(0, end));
}

/**
 * The fields of a status, for trailers, or for a head that is trailers at once. A message is cut at its limit. Details stand there
 * only where there are some, or a `RetryInfo`.
 *
 * @throws GrpcError `invalid-argument` for a code or a time outside of its range.
 *
 * @example
 * ```ts
 * statusFields({ code: STATUS_CODES.UNAVAILABLE, message: "later", pushback: 500 });
 * // [["grpc-status", "14"], ["grpc-message", "later"], ["grpc-retry-pushback-ms", "500"]]
 * ```
 */
export function statusFields(status: StatusToWrite): GrpcField[] {
  const { code, message = "", retryDelayMs, details = [], pushback } = status;
  if (!Number.isInteger(code) || code < 0 || code > 2_147_483_647)
    throw new GrpcError(
      "invalid-argument",
      `code: found ${code}, expected a whole number from 0 to 2147483647`,
    );
  checkDelay("retryDelayMs", retryDelayMs);
  if (pushback !== "never") checkDelay("pushback", pushback);
  const said = shortened(message);
  const fields: GrpcField[] = [["grpc-status", String(code)]];
  if (said !== "") fields.push(["grpc-message", encodeStatusMessage(said)]);
  if (retryDelayMs !== undefined || details.length > 0) {
    const value = encodeStatusDetails({ code, message: said, details, retryDelayMs });
    fields.push(["grpc-status-details-bin", encodeBinaryField(value)]);
  }
  if (pushback !== undefined)
    fields.push(["grpc-retry-pushback-ms", pushback === "never" ? "-1" : String(Math.round(pushback))]);
  return fields;
}

/** Reads the end of a call. @returns `undefined` for fields without a `grpc-status` that is a number. */
export function readStatus(fields: readonly GrpcField[]): StatusRead | undefined {
  const said = (name: string): string | undefined => fields.find(([found]) => found === name)?.[1].trim();
  const status = said("grpc-status") ?? "";
  if (!/^\d{1,10}$/.test(status)) return undefined;
  const details = said("grpc-status-details-bin");
  const bytes =
    details === undefined || details.length > grpcLimits.maxDetailsLength
      ? undefined
      : decodeBinaryField(details);
  const retryDelayMs = bytes && readStatusDetails(bytes)?.retryDelayMs;
  const pushback = said("grpc-retry-pushback-ms");
  return {
    code: Number(status),
    ...(retryDelayMs !== undefined && { retryDelayMs }),
    ...(pushback !== undefined && { pushback: /^\d{1,10}$/.test(pushback) ? Number(pushback) : "never" }),
  };
}
