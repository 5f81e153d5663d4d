import type { Header } from "./header.ts";
import type { HttpVersion, MalformedCode } from "./http-items.ts";
import { fromLatin1 } from "./text.ts";

/** What a start line says. */
export interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly version: HttpVersion;
}
/** What a status line says. */
export interface StatusLine {
  readonly status: number;
  readonly reason: string;
  readonly version: HttpVersion;
}

const CR = 13;
const SP = 32;
const HTAB = 9;
const COLON = 58;
/** No registered method is half as long; it keeps what is not HTTP from being held until a head would be full. */
const MAX_METHOD_BYTES = 32;

const TOKEN_TEXT = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** 1 for every byte that may stand in a token (RFC 9110 §5.6.2). */
const TOKEN: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  TOKEN_TEXT.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** True when `text` is a token of RFC 9110 §5.6.2, as method and header names have to be. */
export function isTokenText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 255 || TOKEN[unit] === 0) return false;
  }
  return text !== "";
}

/**
 * What is already wrong with a request line of which `data[from, to)` has arrived. It says so as early as it can:
 * bytes of another protocol must not be held back in wait for a line end.
 */
export function requestLinePrefixFault(
  data: Uint8Array,
  from: number,
  to: number,
): MalformedCode | undefined {
  if (data[from] === CR) return to > from + 1 && data[from + 1] !== 10 ? "bare-cr" : undefined;
  const end = Math.min(to, from + MAX_METHOD_BYTES + 1);
  for (let at = from; at < end; at++) {
    const byte = data[at]!;
    if (byte === SP) return at === from ? "bad-request-line" : undefined;
    if (TOKEN[byte] === 0 && byte !== 10) return byte === CR ? undefined : "bad-request-line";
    if (byte === 10) return undefined;
  }
  return end - from > MAX_METHOD_BYTES ? "bad-request-line" : undefined;
}

const HTTP_NAME = [72, 84, 84, 80, 47];

/** The same for a status line: it has to begin with `HTTP/`. */
export function statusLinePrefixFault(data: Uint8Array, from: number, to: number): MalformedCode | undefined {
  const end = Math.min(to, from + HTTP_NAME.length);
  for (let at = from; at < end; at++) if (data[at] !== HTTP_NAME[at - from]) return "bad-status-line";
  return undefined;
}

const versionPattern = /^HTTP\/[0-9]\.[0-9]$/;

function readVersion(text: string): HttpVersion | "unsupported" | "bad" {
  if (text === "HTTP/1.1") return "1.1";
  if (text === "HTTP/1.0") return "1.0";
  return versionPattern.test(text) ? "unsupported" : "bad";
}

/**
 * True for the four forms of RFC 9112 §3.2, as far as a reader can tell them without knowing the resource. Bytes from
 * 0x80 on, as clients send that don't encode a path, are taken: no length hangs on them, and servers take or refuse them.
 */
function isTarget(method: string, target: string): boolean {
  for (let at = 0; at < target.length; at++) {
    const unit = target.charCodeAt(at);
    if (unit <= 0x20 || unit === 0x7f) return false;
  }
  if (method === "CONNECT") return /^[^/?#@]+:[0-9]{1,5}$/.test(target);
  if (target === "*") return method === "OPTIONS";
  return target.startsWith("/") || /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]/.test(target);
}

/** Reads `data[from, to)`, a request line without its CRLF (RFC 9112 §3). */
export function readRequestLine(data: Uint8Array, from: number, to: number): RequestLine | MalformedCode {
  const parts = fromLatin1(data, from, to).split(" ");
  const [method, target, versionText] = parts;
  if (parts.length !== 3 || method === undefined || target === undefined || versionText === undefined)
    return "bad-request-line";
  const version = readVersion(versionText);
  if (version === "unsupported") return "unsupported-version";
  if (version === "bad" || !isTokenText(method) || !isTarget(method, target)) return "bad-request-line";
  return { method, target, version };
}

/**
 * Reads `data[from, to)`, a status line without its CRLF (RFC 9112 §4). The space before an empty reason may be
 * missing: real servers leave it out, and nothing about the length of the message hangs on it.
 */
export function readStatusLine(data: Uint8Array, from: number, to: number): StatusLine | MalformedCode {
  const text = fromLatin1(data, from, to);
  const version = readVersion(text.slice(0, 8));
  if (version === "unsupported") return "unsupported-version";
  const match = /^ ([1-9][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/.exec(text.slice(8));
  if (version === "bad" || match?.[1] === undefined) return "bad-status-line";
  return { status: Number(match[1]), reason: match[2] ?? "", version };
}

/** Reads `data[from, to)`, one header line without its CRLF (RFC 9112 §5). */
export function readHeaderLine(data: Uint8Array, from: number, to: number): Header | MalformedCode {
  if (data[from] === SP || data[from] === HTAB) return "obs-fold";
  let colon = from;
  while (colon < to && TOKEN[data[colon]!] === 1) colon++;
  if (colon === from || colon === to || data[colon] !== COLON) return "bad-header-name";
  let start = colon + 1;
  let end = to;
  while (start < end && (data[start] === SP || data[start] === HTAB)) start++;
  while (end > start && (data[end - 1] === SP || data[end - 1] === HTAB)) end--;
  for (let at = start; at < end; at++) {
    const byte = data[at]!;
    if ((byte < 0x20 && byte !== HTAB) || byte === 0x7f) return "bad-header-value";
  }
  return [fromLatin1(data, from, colon), fromLatin1(data, start, end)];
}

const chunkLine =
  /^([0-9A-Fa-f]+)(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;

/** A size, white space, and behind a semicolon anything that stays on the line: all readers find the same size in it. */
const looseChunkLine = /^([0-9A-Fa-f]+)[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

/**
 * The size that a chunk line gives, or `undefined` where it is not one (RFC 9112 §7.1). Stricter than its grammar
 * unless `isLoose`: no white space between size and extension, because readers disagree about it.
 */
export function readChunkSize(
  data: Uint8Array,
  from: number,
  to: number,
  isLoose: boolean,
): number | undefined {
  const grammar = isLoose ? looseChunkLine : chunkLine;
  const digits = grammar.exec(fromLatin1(data, from, to))?.[1];
  const size = digits === undefined ? Number.NaN : Number.parseInt(digits, 16);
  return Number.isSafeInteger(size) ? size : undefined;
}
