/** One request and all that its upstream said to it, as it is kept. */
import type { Header } from "@faultwire/http1";

/** How the upstream's connection was left behind a response: open, ended in order, or broken. */
export type RecordedEnd = "open" | "fin" | "reset";

/** Bytes of a response that came together. */
export interface RecordedBytes {
  /** Milliseconds since the last byte of the request went out; 0 for what came before that. */
  readonly atMs: number;
  /** As they stood on the wire: status line, headers and chunk sizes included. */
  readonly bytes: Uint8Array;
}

/** What a request is known by, and what it said. */
export interface RecordedRequest {
  /** Whether it came over TLS. */
  readonly scheme: "http" | "https";
  /** The host as the request named it, in small letters; with its port where that is not the scheme's own. */
  readonly host: string;
  /** As it stood there: `POST`. */
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** In wire order, those of HTTP/2 with its pseudo-headers. Values of those that hold a secret are masked. */
  readonly headers: readonly Header[];
  /** Without its framing by chunks or frames. */
  readonly body: Uint8Array;
}

/** A response over HTTP/1.1: what stood on the wire, 1xx responses included, and how the connection was left. */
export interface RecordedWire {
  /** In the order in which they came. */
  readonly parts: readonly RecordedBytes[];
  /** How the upstream left the connection. */
  readonly end: RecordedEnd;
}

/** A frame of a response over HTTP/2, with the milliseconds of {@link RecordedBytes}. */
export type RecordedFrame =
  | {
      /** HEADERS with its CONTINUATIONs: of an interim or of the final response, or trailers. */
      readonly kind: "headers";
      /** As of {@link RecordedBytes}. */
      readonly atMs: number;
      /** In wire order, pseudo-headers included. */
      readonly fields: readonly Header[];
      /** Whether it ends the stream (END_STREAM). */
      readonly end: boolean;
    }
  | {
      /** DATA without its padding. */
      readonly kind: "data";
      /** As of {@link RecordedBytes}. */
      readonly atMs: number;
      /** What it holds. */
      readonly bytes: Uint8Array;
      /** Whether it ends the stream (END_STREAM). */
      readonly end: boolean;
    }
  | {
      /** RST_STREAM. */
      readonly kind: "reset";
      /** As of {@link RecordedBytes}. */
      readonly atMs: number;
      /** Its error code (RFC 9113 section 7). */
      readonly code: number;
    };

/** A response over HTTP/2: the frames of its stream, and how the connection was left where that cut the stream off. */
export interface RecordedStream {
  /** In the order in which they came. */
  readonly frames: readonly RecordedFrame[];
  /** `open` but where the connection ended before the stream had. */
  readonly end: RecordedEnd;
}

/** What an upstream said to a request. */
export type RecordedResponse = RecordedWire | RecordedStream;

/** An exchange; unless said otherwise, one over HTTP/1.1. */
export interface RecordedExchange<Response extends RecordedResponse = RecordedWire> {
  /** When the head of the request was out, as `Date.toISOString` writes it. */
  readonly recordedAt: string;
  /** What was asked. */
  readonly request: RecordedRequest;
  /** What the upstream said to it. */
  readonly response: Response;
}

/** An exchange over either version of HTTP. */
export type Recording = RecordedExchange<RecordedResponse>;

/** Whether an exchange was one over HTTP/2. */
export const isOverHttp2 = (recording: Recording): recording is RecordedExchange<RecordedStream> =>
  "frames" in recording.response;
