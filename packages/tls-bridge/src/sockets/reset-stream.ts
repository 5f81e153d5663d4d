import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Closes a connection with a reset (RST), where it is one that can have one: a TCP connection that is open. Whatever else it
 * is, it is destroyed. What waits to be written is lost.
 */
export function resetStream(stream: Duplex): void {
  if (stream.destroyed) return;
  if (!(stream instanceof Socket) || stream.connecting) {
    stream.destroy();
    return;
  }
  // A FIN that is being sent: libuv refuses a reset until it is out, and Node would then never close the handle.
  if (stream.writableEnded && !stream.writableFinished && stream.writableLength === 0) {
    stream.once("finish", () => resetStream(stream));
    return;
  }
  try {
    stream.resetAndDestroy();
  } catch {
    // A pipe, or TLS on top of something: neither has a reset.
    stream.destroy();
  }
}
