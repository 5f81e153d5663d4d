import type { Header } from "@faultwire/http1";
import type { HeaderSection } from "../hpack/hpack-decoder.ts";

/** How what is sent on a stream ends, behind its data. */
export type StreamEnding =
  | { readonly kind: "end" }
  | {
      readonly kind: "trailers";
      /** Fields of the trailer section. */
      readonly section: HeaderSection;
    }
  | {
      readonly kind: "reset";
      /** One of `ErrorCode`, or any other number. */
      readonly code: number;
    };

/** One stream of a connection. Made, and changed, by the connection alone. `T`: whose it is, for the caller. */
export class Http2Stream<T = unknown> {
  /** Its identifier; 0 while it waits for a place among the peer's streams. */
  id = 0;
  /** The caller's own. */
  owner: T | undefined;
  /** We have sent all: END_STREAM, or RST_STREAM. */
  isLocalOver = false;
  /** The peer has sent all. */
  isRemoteOver = false;
  /** It is over, both ways. */
  isClosed = false;
  /** The first final header section has come, or was sent: what follows is trailers. */
  hasRemoteHead = false;
  /** Bytes that we may still send. */
  sendWindow: number;
  /** Bytes that the peer may still send. */
  receiveWindow: number;
  /** The peer is given nothing back of what is used, but by {@link Http2Connection.grant}. */
  keepsWindow = false;
  /** Bytes that came, were used, and that the peer was not given back yet. */
  returnableBytes = 0;
  /** What waits for windows and room. */
  readonly queue: Uint8Array[] = [];
  /** Bytes of data that wait for the peer's window. */
  queuedBytes = 0;
  /** How the stream ends behind what is queued; `undefined` while that is not said. */
  ending: StreamEnding | undefined;
  /** A request that waits for a place. */
  waiting: { readonly section: HeaderSection; readonly endStream: boolean } | undefined;

  constructor(sendWindow: number, receiveWindow: number) {
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }
}

/**
 * A section of these fields, none of which is kept out of tables.
 *
 * @example
 * ```ts
 * connection.respond(stream, sectionOf([[":status", "204"]]), true);
 * ```
 */
export function sectionOf(fields: readonly Header[]): HeaderSection {
  return { fields, neverIndexed: noMarks };
}

const noMarks: ReadonlySet<Header> = new Set();
