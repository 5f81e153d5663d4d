import type { ProcessTunnelDataResponse } from "@faultwire/fault-protocol";
import { PENDING, type Pending, type PollStream, StreamError, type Waker } from "./poll.ts";

/** The largest chunk of a read call. */
export const READ_CHUNK_BYTES = 4096;

const NOTHING: Uint8Array = new Uint8Array(0);

/** A ProcessTunnelData call that has been made or is about to be: polled until it has an answer. */
export interface ChunkCall {
  /**
   * Makes the call when polled for the first time.
   *
   * @throws StreamError when the call failed.
   */
  poll(waker: Waker): ProcessTunnelDataResponse | Pending;
  /** Gives the call up (RST_STREAM) if it has no answer yet. */
  cancel(): void;
}

/** Prepares the call that shows a chunk of this stream to its plugin. */
export type CallPlugin = (direction: "read" | "write", chunk: Uint8Array) => ChunkCall;

/**
 * A stream that a plugin wraps: what is read from it and what is written to it is shown to the plugin first. Every
 * row of the contract's table is a path through the two polls below.
 */
export class PluginStream implements PollStream {
  readonly #inner: PollStream;
  readonly #callPlugin: CallPlugin;
  readonly #readBuffer = new Uint8Array(READ_CHUNK_BYTES);
  #readCall: ChunkCall | undefined;
  #writeCall: ChunkCall | undefined;
  /** Answered and not yet read by the copy loop. */
  #pendingRead: Uint8Array = NOTHING;
  /** Answered and not yet taken by the inner stream. */
  #pendingWrite: Uint8Array = NOTHING;

  constructor(inner: PollStream, callPlugin: CallPlugin) {
    this.#inner = inner;
    this.#callPlugin = callPlugin;
  }

  pollRead(waker: Waker, into: Uint8Array): number | Pending {
    for (;;) {
      if (this.#pendingRead.length > 0) {
        const part = this.#pendingRead.subarray(0, into.length);
        into.set(part);
        this.#pendingRead = this.#pendingRead.subarray(part.length);
        return part.length;
      }
      if (!this.#readCall) return this.#startRead(waker);
      const response = this.#readCall.poll(waker);
      if (response === PENDING) return PENDING;
      this.#readCall = undefined;
      const { action } = response;
      switch (action.case) {
        case "passThrough":
          this.#pendingRead = action.value.chunk;
          break;
        case "replace":
          this.#pendingRead = action.value.modifiedChunk;
          break;
        case "buffer":
          // No one is left to wake the task for this direction: that is the host's stall, not an oversight.
          return PENDING;
        case "close":
          return 0;
        case undefined:
          throw new StreamError("the plugin's response has no action");
        default:
          return action satisfies never;
      }
    }
  }

  pollWrite(waker: Waker, bytes: Uint8Array): number | Pending {
    if (this.#pendingWrite.length > 0) return this.#flushAnswer(waker, bytes.length);
    if (!this.#writeCall) {
      this.#writeCall = this.#callPlugin("write", bytes.slice());
      waker.wake();
      return PENDING;
    }
    const response = this.#writeCall.poll(waker);
    if (response === PENDING) return PENDING;
    this.#writeCall = undefined;
    const { action } = response;
    switch (action.case) {
      case "passThrough":
        // The buffer as it is now, topped up or not; a chunk in the answer knows only what it was shown.
        this.#pendingWrite = action.value.chunk.length > 0 ? action.value.chunk : bytes.slice();
        break;
      case "replace":
        this.#pendingWrite = action.value.modifiedChunk;
        break;
      case "buffer":
        return PENDING;
      case "close":
        return 0;
      case undefined:
        throw new StreamError("the plugin's response has no action");
      default:
        return action satisfies never;
    }
    waker.wake();
    return PENDING;
  }

  shutdown(): void {
    this.#inner.shutdown();
  }

  drop(): void {
    this.#readCall?.cancel();
    this.#writeCall?.cancel();
    this.#inner.drop();
  }

  #startRead(waker: Waker): number | Pending {
    const length = this.#inner.pollRead(waker, this.#readBuffer);
    if (length === PENDING || length === 0) return length;
    this.#readCall = this.#callPlugin("read", this.#readBuffer.slice(0, length));
    waker.wake();
    return PENDING;
  }

  /** Whatever the caller holds by now counts as written once the answer is: that is the host's loss. */
  #flushAnswer(waker: Waker, offered: number): number | Pending {
    const taken = this.#inner.pollWrite(waker, this.#pendingWrite);
    if (taken === PENDING) return PENDING;
    this.#pendingWrite = this.#pendingWrite.subarray(taken);
    // A short write leaves the rest to the task's next wake-up, whatever that may be.
    return this.#pendingWrite.length > 0 ? PENDING : offered;
  }
}
