/** Errors as all of Google's APIs write them (google.rpc.Status). */
import type { HttpResponse } from "@faultwire/http1";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import type { ErrorPreset, EventText } from "../provider-profile.ts";

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/** How long a client is asked to wait. */
export interface GoogleWait {
  /** What the rule asks for. */
  readonly retryAfterSeconds: number | null | undefined;
  /** What is sent where it asks for nothing. */
  readonly usualSeconds: number | null;
}

/** A wait stands in the header, and in the body as a `RetryInfo` detail. */
export function googleError(
  code: number,
  status: string,
  message: string,
  { retryAfterSeconds, usualSeconds }: GoogleWait,
): HttpResponse {
  const wanted = retryAfterSeconds === undefined ? usualSeconds : retryAfterSeconds;
  const seconds = wanted === null ? null : Math.ceil(wanted);
  const details = seconds === null ? {} : { details: [{ "@type": RETRY_INFO, retryDelay: `${seconds}s` }] };
  const body = utf8(`${JSON.stringify({ error: { code, message, status, ...details } }, undefined, 2)}\n`);
  const headers = errorHeaders("application/json; charset=UTF-8", body, [], seconds);
  return { status: code, headers, body };
}

/** The same in the middle of a stream. The code of a status that the table does not have is 503. */
export function googleErrorEvent(status: string, message: string, errors: readonly ErrorPreset[]): EventText {
  const code = errors.find(({ name }) => name === status)?.status ?? 503;
  return { name: null, data: JSON.stringify({ error: { code, message, status } }) };
}
