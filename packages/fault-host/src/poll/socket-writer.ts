import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import type { SendBuffer } from "./send-buffer.ts";

/**
 * Writes to a socket as a kernel does: takes what fits now, and says how much that was.
 *
 * Returns 0 when nothing fits. Only then is `onRoom` called later, once, when there is room.
 */
export type SocketWriter = (bytes: Uint8Array, onRoom: () => void) => number;

/** The size of one hand-over to Node, where Node can't say how much of a write the kernel took. */
const PIECE_BYTES = 4096;
const NOTHING: Uint8Array = new Uint8Array(0);

/** Node gives the descriptor of a socket no public name. It is -1 where a socket has none, as on Windows. */
const descriptorOf = (socket: Socket): number =>
  (socket as { readonly _handle?: { readonly fd?: number } | null })._handle?.fd ?? -1;

/** The writer of a socket. With `sendBuffer`, that decides how much is taken, and not the kernel. */
export function socketWriter(socket: Socket, sendBuffer?: SendBuffer): SocketWriter {
  if (sendBuffer) return boundedWriter(socket, sendBuffer);
  return descriptorOf(socket) >= 0 ? kernelWriter(socket) : pieceWriter(socket);
}

/**
 * Hands bytes to the kernel past Node, because Node's own write takes everything and says nothing. The descriptor is
 * non-blocking, so a write that can't go on is short or fails with EAGAIN.
 */
function kernelWriter(socket: Socket): SocketWriter {
  // Node tells of room only to those who have something to write, so the first byte is lent to it until then.
  let lent: number | undefined;
  return (bytes, onRoom) => {
    if (socket.writableLength > 0) {
      // Behind what Node still holds: its own answer to the CONNECT, for instance.
      if (lent === undefined) socket.write(NOTHING, onRoom);
      return 0;
    }
    // In a TCP mapping the copy buffer may have been thrown away meanwhile, and the lent byte with it.
    const repaid = lent !== undefined && bytes[0] === lent ? 1 : 0;
    lent = undefined;
    if (repaid === bytes.length) return repaid;
    const taken = repaid + writeNow(descriptorOf(socket), bytes.subarray(repaid));
    if (taken > 0) return taken;
    lent = bytes[0];
    socket.write(bytes.slice(0, 1), onRoom);
    return 0;
  };
}

function writeNow(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}

/** Hands over piece by piece: a write is short behind the first piece that was not taken at once. */
function pieceWriter(socket: Socket): SocketWriter {
  return (bytes, onRoom) => {
    let taken = 0;
    while (taken < bytes.length && socket.writableLength === 0) {
      // A copy: Node may still hold it when the caller's buffer is filled again.
      const piece = bytes.slice(taken, taken + PIECE_BYTES);
      socket.write(piece);
      taken += piece.length;
    }
    if (taken === 0) socket.write(NOTHING, onRoom);
    return taken;
  };
}

function boundedWriter(socket: Socket, sendBuffer: SendBuffer): SocketWriter {
  return (bytes, onRoom) => {
    const taken = sendBuffer.take(bytes.length, onRoom);
    if (taken > 0) socket.write(bytes.slice(0, taken));
    return taken;
  };
}
