import type { Header } from "./header.ts";

/** Minor versions of HTTP/1. */
export type HttpVersion = "1.0" | "1.1";

/**
 * What is wrong with a message. Each is a reason to stop reading, not to guess: two readers that repair the same
 * bytes differently are how requests are smuggled (RFC 9112 §11.2).
 *
 * - `bad-request-line`, `bad-status-line`: not the grammar of RFC 9112 §3 and §4
 * - `unsupported-version`: HTTP, but neither 1.0 nor 1.1 (an HTTP/2 preface reads so)
 * - `bare-lf`, `bare-cr`: a line that does not end in CRLF
 * - `obs-fold`: a header line that begins with white space (RFC 9112 §5.2)
 * - `bad-header-name`, `bad-header-value`: not a token, a space before the colon, or a control character
 * - `head-too-large`, `too-many-headers`, `chunk-line-too-large`, `trailers-too-large`: over the named limit
 * - `several-content-lengths`, `bad-content-length`: a length that two readers could take differently
 * - `length-and-encoding`: Content-Length and Transfer-Encoding in one message
 * - `bad-transfer-encoding`: a coding that leaves the length unknown, chunked twice, or any coding in HTTP/1.0
 * - `bad-chunk-size`, `bad-chunk-end`: chunked framing that is not RFC 9112 §7.1
 * - `bytes-after-close`: more bytes after a message that said it was the last one
 * - `unsolicited-response`: a response to no request that is known
 * - `too-many-outstanding`: more requests without an answer than the limit allows
 * - `truncated`: the connection ended in the middle of a message
 */
export type MalformedCode =
  | "bad-request-line"
  | "bad-status-line"
  | "unsupported-version"
  | "bare-lf"
  | "bare-cr"
  | "obs-fold"
  | "bad-header-name"
  | "bad-header-value"
  | "head-too-large"
  | "too-many-headers"
  | "chunk-line-too-large"
  | "trailers-too-large"
  | "several-content-lengths"
  | "bad-content-length"
  | "length-and-encoding"
  | "bad-transfer-encoding"
  | "bad-chunk-size"
  | "bad-chunk-end"
  | "bytes-after-close"
  | "unsolicited-response"
  | "too-many-outstanding"
  | "truncated";

/**
 * How the end of a body is found (RFC 9112 §6.3). `none` for messages that have no body whatever their headers say.
 */
export type BodyFraming =
  | { readonly kind: "none" }
  | {
      readonly kind: "length";
      /** Bytes of the body, as `content-length` says. */
      readonly bytes: number;
    }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

/** A request's start line and headers. */
export interface RequestHead {
  readonly kind: "head";
  /** The method, as it stood there. */
  readonly method: string;
  /** The request target exactly as it stood there, query included; a byte from 0x80 on is the character of its number. */
  readonly target: string;
  /** The version that the line names. */
  readonly version: HttpVersion;
  /** Every line in wire order, repeated names included. */
  readonly headers: readonly Header[];
  /** How the end of the body is found. */
  readonly framing: BodyFraming;
  /** False when the sender says that this is its last message on the connection (RFC 9112 §9.3). */
  readonly keepAlive: boolean;
  /** The exact bytes, from the first of the start line (or of empty lines before it) to the empty line's LF. */
  readonly bytes: Uint8Array;
}

/** A final response's status line and headers. */
export interface ResponseHead {
  readonly kind: "head";
  /** Status code, 200 or above. */
  readonly status: number;
  /** The reason phrase; empty where there is none. */
  readonly reason: string;
  /** The version that the line names. */
  readonly version: HttpVersion;
  /** Every line in wire order, repeated names included. */
  readonly headers: readonly Header[];
  /** How the end of the body is found. */
  readonly framing: BodyFraming;
  /** False when the sender says that this is its last message on the connection (RFC 9112 §9.3). */
  readonly keepAlive: boolean;
  /** The exact bytes, from the first of the status line to the empty line's LF. */
  readonly bytes: Uint8Array;
}

/** A 1xx response. It stands alone: no body, no `end`; the final response is still to come (except after 101). */
export interface InterimResponse {
  readonly kind: "interim";
  /** Status code, 100 to 199. */
  readonly status: number;
  /** The reason phrase; empty where there is none. */
  readonly reason: string;
  /** The version that the line names. */
  readonly version: HttpVersion;
  /** Every line in wire order, repeated names included. */
  readonly headers: readonly Header[];
  /** The exact bytes, from the first of the status line to the empty line's LF. */
  readonly bytes: Uint8Array;
}

/**
 * A part of a body. `bytes` is what stood on the wire, `data` the content in it: the same view where the body is not
 * chunked; for chunk-size lines and the CRLF after a chunk `data` is empty.
 */
export interface BodyPart {
  readonly kind: "body";
  /** What stood on the wire; a view. */
  readonly bytes: Uint8Array;
  /** The content in it; empty for the chunks' own lines. */
  readonly data: Uint8Array;
}

/** The trailer section that ends every chunked body, mostly empty; the last chunk's line came before as a `body`. */
export interface Trailers {
  readonly kind: "trailers";
  /** Every line in wire order, repeated names included. */
  readonly headers: readonly Header[];
  /** The exact bytes, the empty line included. */
  readonly bytes: Uint8Array;
}

/** The message is complete. */
export interface MessageEnd {
  readonly kind: "end";
  /** None: all bytes of the message were given before. */
  readonly bytes: Uint8Array;
}

/** Bytes that are not HTTP/1 any more: after CONNECT, after 101, after a `malformed`. Pass them on. */
export interface OpaqueBytes {
  readonly kind: "opaque";
  /** The bytes as they came. */
  readonly bytes: Uint8Array;
}

/** The point from which on the stream is not read any more. `bytes` holds everything not given out before. */
export interface Malformed {
  readonly kind: "malformed";
  /** What is wrong. */
  readonly code: MalformedCode;
  /** Where the line or field at fault begins, counted in bytes from the start of the stream. */
  readonly offset: number;
  /** Everything that was held and not given out before. */
  readonly bytes: Uint8Array;
}

/** What comes after a request's head. */
export type BodyItem = BodyPart | Trailers | MessageEnd | OpaqueBytes | Malformed;
/** What a request reader gives. */
export type RequestItem = RequestHead | BodyItem;
/** What a response reader gives. */
export type ResponseItem = ResponseHead | InterimResponse | BodyItem;
