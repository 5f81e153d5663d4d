/** Flow control of HTTP/2 for streams of this protocol. */
import type { Http2Session } from "node:http2";
import { connectionLimits } from "../connection-limits.ts";

/**
 * Bytes that HTTP/2 itself lets wait: above the credit of a client and of its upstreams on one stream, so that it is credit that
 * makes an end wait and never HTTP/2. The window of a connection is that of many streams; what comes is read at once in any case.
 */
export const http2WindowBytes: { readonly stream: number; readonly connection: number } = {
  stream: 4 * connectionLimits.creditBytes,
  connection: 32 * connectionLimits.creditBytes,
};

/** What an end tells the other one at the beginning. A frame may hold a whole message: HTTP/2's own limit would make five of it. */
export const tunedSettings: { readonly initialWindowSize: number; readonly maxFrameSize: number } = {
  initialWindowSize: http2WindowBytes.stream,
  maxFrameSize: 1_048_576,
};

/**
 * Widens a connection's own window, which no setting does. Once it is open. Node tells of that a turn later: a session that
 * has been destroyed in between is left alone, for the call would throw.
 */
export function tuneSession(session: Http2Session & { setLocalWindowSize(bytes: number): void }): void {
  if (!session.destroyed) session.setLocalWindowSize(http2WindowBytes.connection);
}
