import type { Socket } from "node:net";
import { BrokenSocket, PENDING, type Pending, type PollStream, StreamError, type Waker } from "./poll.ts";
import type { SendBuffer } from "./send-buffer.ts";
import { type SocketWriter, socketWriter } from "./socket-writer.ts";

/**
 * How many bytes are taken from the kernel ahead of the host's reads. Beyond it the socket is paused, and the
 * peer meets its own full buffers, as it does with the real host, which reads nothing ahead.
 */
const MAX_READ_AHEAD_BYTES = 64 * 1024;

/** How a socket is carried. */
export interface SocketStreamOptions {
  /** Bytes that were read before; the first read gives them, by themselves. */
  readonly head?: Uint8Array;
  /** False: Nagle's algorithm holds a small write back as long as an earlier one is not acknowledged. */
  readonly noDelay: boolean;
  /** Decides in the kernel's place how much the socket takes. */
  readonly sendBuffer?: SendBuffer;
}

/**
 * A TCP socket as the host sees it: reads give what is there, writes take what fits. Both register the waker only
 * when they have to say "not yet".
 */
export class SocketStream implements PollStream {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  readonly #write: SocketWriter;
  #head: Uint8Array | undefined;
  #available = 0;
  #ended = false;
  #error: Error | undefined;
  #reader: Waker | undefined;
  #writer: Waker | undefined;

  constructor(socket: Socket, { head, noDelay, sendBuffer }: SocketStreamOptions) {
    this.#socket = socket;
    if (head && head.length > 0) this.#head = head;
    this.#write = socketWriter(socket, sendBuffer);
    socket.setNoDelay(noDelay);
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#available += chunk.length;
      if (this.#available >= MAX_READ_AHEAD_BYTES) socket.pause();
      this.#wakeReader();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wakeReader();
    });
    const broken = (error: Error): void => {
      this.#error ??= error;
      this.#wakeReader();
      this.#wakeWriter();
    };
    socket.on("error", broken);
    socket.on("close", () => {
      if (!this.#ended) broken(new Error("the connection is gone"));
    });
  }

  pollRead(waker: Waker, into: Uint8Array): number | Pending {
    if (this.#head) return this.#readHead(this.#head, into);
    let length = 0;
    while (length < into.length) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const part = chunk.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    if (length > 0) {
      this.#available -= length;
      if (this.#available < MAX_READ_AHEAD_BYTES && this.#socket.isPaused()) this.#socket.resume();
      return length;
    }
    if (this.#ended) return 0;
    if (this.#error) throw new BrokenSocket(this.#error.message);
    this.#reader = waker;
    return PENDING;
  }

  pollWrite(waker: Waker, bytes: Uint8Array): number | Pending {
    const socket = this.#socket;
    if (this.#error) throw new BrokenSocket(this.#error.message);
    if (!socket.writable) throw new StreamError("the writing direction has been shut down");
    let taken: number;
    try {
      taken = this.#write(bytes, this.#onRoom);
    } catch (error) {
      throw new BrokenSocket((error as Error).message);
    }
    if (taken > 0) return taken;
    this.#writer = waker;
    return PENDING;
  }

  shutdown(): void {
    this.#socket.end();
  }

  drop(): void {
    this.#reader = undefined;
    this.#writer = undefined;
    const socket = this.#socket;
    if (this.#available === 0 && !this.#head) {
      socket.destroySoon();
      return;
    }
    // What the kernel does on close with bytes that no one has read. libuv refuses a reset while a FIN is being sent, and Node
    // would then never close the handle, nor end the process.
    if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0)
      socket.once("finish", () => socket.resetAndDestroy());
    else socket.resetAndDestroy();
  }

  #readHead(head: Uint8Array, into: Uint8Array): number {
    const part = head.subarray(0, into.length);
    into.set(part);
    this.#head = part.length < head.length ? head.subarray(part.length) : undefined;
    return part.length;
  }

  #wakeReader(): void {
    const waker = this.#reader;
    this.#reader = undefined;
    waker?.wake();
  }

  #wakeWriter(): void {
    const waker = this.#writer;
    this.#writer = undefined;
    waker?.wake();
  }

  readonly #onRoom = (): void => this.#wakeWriter();
}
