/** `grpc-status-details-bin`: a `google.rpc.Status` with its details, of which `google.rpc.RetryInfo` is read and written. */
import { fromUtf8 } from "./text.ts";
import { bytesField, joined, numberField, readFields, type WireField } from "./wire.ts";

/** The type of the detail that says how long to wait, as `google.protobuf.Any` names it. */
export const RETRY_INFO_TYPE = "type.googleapis.com/google.rpc.RetryInfo";

/** A detail of any type (`google.protobuf.Any`). */
export interface StatusDetail {
  /** As `type.googleapis.com/google.rpc.ErrorInfo`. */
  readonly type: string;
  /** The message of that type in protobuf's wire format. */
  readonly value: Uint8Array;
}

/** What a `google.rpc.Status` says. */
export interface StatusDetails {
  /** The code, which is to be that of `grpc-status`. */
  readonly code: number;
  /** Not percent-encoded. */
  readonly message: string;
  /** Milliseconds of a `RetryInfo`: clients should wait at least so long. Left out: there is none. */
  readonly retryDelayMs?: number | undefined;
}

/** A `google.rpc.Status` that is to be written. */
export interface StatusDetailsToWrite extends StatusDetails {
  /** Further details, in front of the `RetryInfo`. */
  readonly details?: readonly StatusDetail[] | undefined;
}

const anyField = ({ type, value }: StatusDetail): Uint8Array =>
  bytesField(3, joined(bytesField(1, type), bytesField(2, value)));

/** A `google.protobuf.Duration` of a time of 0 or more. */
function duration(ms: number): Uint8Array {
  const seconds = Math.floor(ms / 1000);
  return joined(numberField(1, seconds), numberField(2, Math.round((ms - seconds * 1000) * 1e6)));
}

/**
 * Writes a `google.rpc.Status` in protobuf's wire format.
 *
 * @example
 * ```ts
 * const value = encodeBinaryField(encodeStatusDetails({ code: 8, message: "quota", retryDelayMs: 1500 }));
 * ```
 */
export function encodeStatusDetails(status: StatusDetailsToWrite): Uint8Array {
  const { code, message, details = [], retryDelayMs } = status;
  const retryInfo =
    retryDelayMs === undefined
      ? []
      : [{ type: RETRY_INFO_TYPE, value: bytesField(1, duration(retryDelayMs)) }];
  return joined(
    numberField(1, code),
    message === "" ? new Uint8Array(0) : bytesField(2, message),
    ...[...details, ...retryInfo].map(anyField),
  );
}

const bytesOf = (fields: readonly WireField[] | undefined, number: number): Uint8Array | undefined => {
  const value = fields?.findLast((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : undefined;
};

const numberOf = (fields: readonly WireField[], number: number): number => {
  const value = fields.findLast((field) => field.number === number)?.value;
  return typeof value === "number" ? value : 0;
};

/** Reads a `google.rpc.Status`. @returns `undefined` for bytes that are none. */
export function readStatusDetails(bytes: Uint8Array): StatusDetails | undefined {
  const fields = readFields(bytes);
  if (!fields) return undefined;
  const message = bytesOf(fields, 2);
  const retryDelayMs = fields
    .filter(({ number }) => number === 3)
    .map(({ value }) => (value instanceof Uint8Array ? retryDelayOf(value) : undefined))
    .find((ms) => ms !== undefined);
  return {
    code: numberOf(fields, 1),
    message: message ? fromUtf8(message) : "",
    ...(retryDelayMs !== undefined && { retryDelayMs }),
  };
}

/** The delay of a detail that is a `RetryInfo`; a negative one, which is no time to wait, counts as none. */
function retryDelayOf(any: Uint8Array): number | undefined {
  const fields = readFields(any);
  const type = bytesOf(fields, 1);
  if (!type || fromUtf8(type).split("/").at(-1) !== "google.rpc.RetryInfo") return undefined;
  const info = readFields(bytesOf(fields, 2) ?? new Uint8Array(0));
  const delay = readFields(bytesOf(info, 1) ?? new Uint8Array(0));
  if (!info || !delay) return undefined;
  const [seconds, nanos] = [numberOf(delay, 1), numberOf(delay, 2)];
  // 315,576,000,000 seconds is the most that a Duration may say; a negative number is a varint of some 2^64.
  if (seconds > 315_576_000_000 || nanos > 999_999_999) return undefined;
  return seconds * 1000 + nanos / 1e6;
}
