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
  /** In wire order. Values of those that hold a secret are masked. */
  readonly headers: readonly Header[];
  /** Without its chunked framing. */
  readonly body: Uint8Array;
}

/** An exchange over HTTP/1.1. */
export interface RecordedExchange {
  /** When the head of the request was out, as `Date.toISOString` writes it. */
  readonly recordedAt: string;
  /** What was asked. */
  readonly request: RecordedRequest;
  /** What the upstream said to it, 1xx responses included, and how it left the connection. */
  readonly response: {
    readonly parts: readonly RecordedBytes[];
    readonly end: RecordedEnd;
  };
}
