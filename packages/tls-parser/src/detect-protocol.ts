import { RECORD_HEADER_BYTES, recordLimits } from "./record/record-limits.ts";

/**
 * What the first bytes of a stream are.
 *
 * - `more`: too few bytes to tell.
 * - `tls`: a record header of TLS 1.0–1.3 or SSL 3.0.
 * - `sslv2`: a CLIENT-HELLO in SSL 2.0 form, whose `version` may well ask for TLS (RFC 5246 appendix E.2).
 * - `http`: the start of a plaintext HTTP request or response: a hint for callers, not a promise that it parses.
 * - `other`: none of these, whatever may follow.
 */
export type Detection =
  | { readonly kind: "more" }
  | {
      readonly kind: "tls";
      /** Type of the first record: one of `ContentType`. */
      readonly contentType: number;
      /** Version in the header of the first record. */
      readonly legacyVersion: number;
    }
  | {
      readonly kind: "sslv2";
      /** The version that the hello asks for. */
      readonly version: number;
    }
  | {
      readonly kind: "http";
      /** Which of the two it looks like. */
      readonly message: "request" | "response";
    }
  | { readonly kind: "other" };

// By hand, and not by the table of content types: peekClientHello is counted in bytes.
const FIRST_TYPE = 20;
const LAST_TYPE = 24;
const APPLICATION_DATA = 23;
const MORE: Detection = { kind: "more" };
const OTHER: Detection = { kind: "other" };
const REQUEST: Detection = { kind: "http", message: "request" };
const RESPONSE: Detection = { kind: "http", message: "response" };

/** RFC 9110, PATCH (RFC 5789), HTTP/2's preface (RFC 9113) and WebDAV (RFC 4918). */
const httpStarts: readonly (readonly [string, Detection])[] = [
  ..."GET POST PUT HEAD DELETE OPTIONS PATCH CONNECT TRACE PRI PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH"
    .split(" ")
    .map((method) => [`${method} `, REQUEST] as const),
  ["HTTP/", RESPONSE],
];

/**
 * Tells from any prefix of a stream what protocol it speaks. Looks at ten bytes at most and never throws; the more
 * bytes it is given, the same or the more definite the answer.
 *
 * @example
 * ```ts
 * detectProtocol(new Uint8Array([22, 3, 1])).kind; // "more"
 * detectProtocol(new Uint8Array([22, 3, 1, 2, 0])).kind; // "tls"
 * ```
 */
export function detectProtocol(prefix: Uint8Array): Detection {
  const first = prefix[0];
  if (first === undefined) return MORE;
  if (first >= FIRST_TYPE && first <= LAST_TYPE) return detectTls(prefix, first);
  if (first & 0x80) return detectSslV2(prefix, first);
  return detectHttp(prefix);
}

function detectTls(prefix: Uint8Array, contentType: number): Detection {
  const [, major, minor, high, low] = prefix;
  if (major === undefined) return MORE;
  if (major !== 3) return OTHER;
  if (minor === undefined) return MORE;
  if (minor > 4) return OTHER;
  if (prefix.length < RECORD_HEADER_BYTES || high === undefined || low === undefined) {
    return high !== undefined && high << 8 > recordLimits.tls12CiphertextBytes ? OTHER : MORE;
  }
  const length = (high << 8) | low;
  if (length > recordLimits.tls12CiphertextBytes) return OTHER;
  if (length === 0 && contentType !== APPLICATION_DATA) return OTHER;
  return { kind: "tls", contentType, legacyVersion: (major << 8) | minor };
}

/** Bytes of a CLIENT-HELLO without a cipher spec, behind its length: type, version, three lengths. */
const SSL2_HELLO_BYTES = 9;

function detectSslV2(prefix: Uint8Array, first: number): Detection {
  const [, low, type, major, minor] = prefix;
  if (low === undefined) return MORE;
  if ((((first & 0x7f) << 8) | low) < SSL2_HELLO_BYTES) return OTHER;
  if (type === undefined) return MORE;
  if (type !== 1) return OTHER;
  if (major === undefined) return MORE;
  if (major !== 0 && major !== 3) return OTHER;
  if (minor === undefined) return MORE;
  const known = major === 0 ? minor === 2 : minor <= 4;
  return known ? { kind: "sslv2", version: (major << 8) | minor } : OTHER;
}

function detectHttp(prefix: Uint8Array): Detection {
  let more = false;
  for (const [start, detection] of httpStarts) {
    let at = 0;
    while (at < start.length && prefix[at] === start.charCodeAt(at)) at++;
    if (at === start.length) return detection;
    if (at === prefix.length) more = true;
  }
  return more ? MORE : OTHER;
}
