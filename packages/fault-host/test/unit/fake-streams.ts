/** Streams and calls whose every poll is scripted: the deterministic half of the tests. */
import { create } from "@bufbuild/protobuf";
import { type ProcessTunnelDataResponse, ProcessTunnelDataResponseSchema } from "@faultwire/fault-protocol";
import { CopyBuffer } from "../../src/poll/copy-buffer.ts";
import { type ChunkCall, PluginStream } from "../../src/poll/plugin-stream.ts";
import { PENDING, type Pending, type PollStream, StreamError, type Waker } from "../../src/poll/poll.ts";

/** Counts wake-ups. */
export class CountingWaker implements Waker {
  wakes = 0;
  wake(): void {
    this.wakes++;
  }
}

/** A stream that gives `incoming` in order and takes `room` bytes at a time. */
export class FakeStream implements PollStream {
  /** What the next reads give; when there is none, reads are "not yet". */
  readonly incoming: (Uint8Array | "end" | "error")[] = [];
  /** How much each of the next writes takes, `PENDING` included; when there is none, writes take everything. */
  readonly room: (number | Pending)[] = [];
  readonly written: number[] = [];
  reads = 0;
  shutdowns = 0;
  dropped = false;
  /** Who waits, as the last poll registered it. */
  waitingReader: Waker | undefined;
  waitingWriter: Waker | undefined;

  pollRead(waker: Waker, into: Uint8Array): number | Pending {
    this.reads++;
    const next = this.incoming.shift();
    if (next === undefined) {
      this.waitingReader = waker;
      return PENDING;
    }
    if (next === "end") return 0;
    if (next === "error") throw new StreamError("scripted");
    const part = next.subarray(0, into.length);
    into.set(part);
    if (part.length < next.length) this.incoming.unshift(next.subarray(part.length));
    return part.length;
  }

  pollWrite(waker: Waker, bytes: Uint8Array): number | Pending {
    const room = this.room.shift() ?? bytes.length;
    if (room === PENDING) {
      this.waitingWriter = waker;
      return PENDING;
    }
    const taken = Math.min(room, bytes.length);
    this.written.push(...bytes.subarray(0, taken));
    return taken;
  }

  shutdown(): void {
    this.shutdowns++;
  }

  drop(): void {
    this.dropped = true;
  }

  /** What was written, as text. */
  text(): string {
    return String.fromCharCode(...this.written);
  }
}

/** A call that is "not yet" until it is answered. */
export class FakeCall implements ChunkCall {
  readonly chunk: Uint8Array;
  cancelled = false;
  polls = 0;
  #answer: ProcessTunnelDataResponse | undefined;

  constructor(chunk: Uint8Array) {
    this.chunk = chunk;
  }

  /** The chunk as text. */
  get shown(): string {
    return String.fromCharCode(...this.chunk);
  }

  answer(action: ProcessTunnelDataResponse["action"]): void {
    this.#answer = create(ProcessTunnelDataResponseSchema, { action: action as never });
  }

  poll(): ProcessTunnelDataResponse | Pending {
    this.polls++;
    return this.#answer ?? PENDING;
  }

  cancel(): void {
    this.cancelled = true;
  }
}

/** An answer as the generated code has it. */
export function passThrough(text: string = ""): ProcessTunnelDataResponse["action"] {
  return create(ProcessTunnelDataResponseSchema, {
    action: { case: "passThrough", value: { chunk: new TextEncoder().encode(text) } },
  }).action;
}

/** An answer as the generated code has it. */
export function replace(text: string): ProcessTunnelDataResponse["action"] {
  return create(ProcessTunnelDataResponseSchema, {
    action: { case: "replace", value: { modifiedChunk: new TextEncoder().encode(text) } },
  }).action;
}

/** A copy from a source into a stream that a plugin wraps, with every call in hand. */
export function wrapped() {
  const source = new FakeStream();
  const inner = new FakeStream();
  const calls: FakeCall[] = [];
  const sink = new PluginStream(inner, (_direction, chunk) => {
    const call = new FakeCall(chunk);
    calls.push(call);
    return call;
  });
  const waker = new CountingWaker();
  const buffer = new CopyBuffer();
  const poll = () => buffer.poll(waker, source, sink);
  return { source, inner, calls, waker, poll };
}
