import { type Header, headerValue } from "@faultwire/http1";

/**
 * How long a response asks its client to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as
 * a date (RFC 9110 §10.2.3).
 *
 * @param nowMs - Milliseconds since 1970 UTC, for dates.
 * @returns `null` where it asks for nothing that can be read.
 *
 * @example
 * ```ts
 * retryAfterMs([["retry-after", "2"]], Date.now()); // 2000
 * ```
 */
export function retryAfterMs(headers: readonly Header[], nowMs: number): number | null {
  const precise = headerValue(headers, "retry-after-ms");
  if (precise !== undefined && /^[0-9]+(?:\.[0-9]+)?$/.test(precise)) return Number(precise);
  const value = headerValue(headers, "retry-after");
  if (value === undefined) return null;
  if (/^[0-9]+(?:\.[0-9]+)?$/.test(value)) return Number(value) * 1000;
  // An HTTP date names its day first; Date.parse alone would take a negative number for a year.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
