/** What a connection tells whoever uses it, and what its reader of frames needs of it. */
import type { Goaway } from "../frames/frame-payload.ts";
import type { HeaderSection } from "../hpack/hpack-decoder.ts";
import type { Http2Limits } from "../http2-limits.ts";
import type { Http2Stream } from "./http2-stream.ts";
import type { PeerSettings } from "./peer-settings.ts";

/** Why a connection can't go on. */
export interface Http2Failure {
  /** What the GOAWAY says that was sent: one of `ErrorCode`. */
  readonly code: number;
  /** In words; holds nothing of what a message said. */
  readonly reason: string;
}

/** Who uses a connection. Any method may call the connection. */
export interface Http2Handler<T> {
  /** A header section has come. `endStream`: nothing follows it. */
  headers(
    stream: Http2Stream<T>,
    kind: "request" | "interim" | "response" | "trailers",
    section: HeaderSection,
    endStream: boolean,
  ): void;
  /**
   * Data have come, a view of what was pushed. Call {@link Http2Connection.consumed} once they are used: until then the peer
   * is not given their room back.
   */
  data(stream: Http2Stream<T>, data: Uint8Array, endStream: boolean): void;
  /** The stream was ended out of order: by the peer, or because of what the peer sent on it (`isOurs`, and why). */
  reset(stream: Http2Stream<T>, code: number, isOurs: boolean, reason?: string): void;
  /** All that was given to send on the stream so far has gone into {@link Http2Connection.take}. */
  drained?(stream: Http2Stream<T>): void;
  /** The peer takes no new streams. */
  goaway?(goaway: Goaway): void;
  /** The peer's settings have changed. */
  settings?(settings: PeerSettings): void;
  /** The peer has sent a PING, which was answered or not. */
  ping?(isAnswered: boolean): void;
  /** The peer has answered a PING of ours. */
  pong?(opaque: Uint8Array): void;
  /** The connection can't go on; a GOAWAY is to be taken. Comes once, and nothing else comes behind it. */
  failed(failure: Http2Failure): void;
}

/** What the reader of a peer's frames does to its connection. */
export interface ConnectionPort<T> {
  /** Which end we are. */
  readonly role: "client" | "server";
  /** What the peer may make the connection keep or do. */
  readonly limits: Http2Limits;
  /** What the peer has said about itself. */
  readonly peer: PeerSettings;
  /** Whether PING frames are answered. */
  readonly answersPings: boolean;
  /** Streams that are open. */
  readonly streams: number;
  /** Streams that the peer may have open. */
  readonly mostPeerStreams: number;
  /** The peer has acknowledged SETTINGS of ours. */
  settingsAcknowledged(): void;
  /** Acknowledges a frame of the peer. */
  reply(bytes: Uint8Array): void;
  /** Sends bytes of frames. */
  raw(bytes: Uint8Array): void;
  /** Ends the connection with a GOAWAY of that code; the reason is for people. */
  fail(code: number, reason: string): void;
  /** Ends a stream with a RST_STREAM of that code. */
  reset(stream: Http2Stream<T>, code: number): void;
  /** Data of a stream has been used: its window opens by so many bytes. */
  consumed(stream: Http2Stream<T>, bytes: number): void;
  /** The stream of that number. */
  find(id: number): Http2Stream<T> | undefined;
  /** Whether a stream of ours with that number was ever opened. */
  hasOpened(id: number): boolean;
  /** A stream that the peer opens. */
  opened(id: number): Http2Stream<T>;
  /** The peer has sent all of a stream. */
  remoteOver(stream: Http2Stream<T>): void;
  /** A stream ended out of order: nothing more is sent on it. */
  drop(stream: Http2Stream<T>): void;
  /** The peer lets us send more, of a stream or of the connection; false where that is more than there can be. */
  widen(stream: Http2Stream<T> | undefined, bytes: number): boolean;
  /** The peer's settings have changed; false where a window is too large now. */
  settingsChanged(windowDelta: number): boolean;
  /** The peer takes no streams of ours above this one. */
  goawayCame(lastStreamId: number): void;
}
