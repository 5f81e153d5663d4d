import type { ConnectionFault } from "../faults/connection-faults.ts";
import type { Duration } from "../faults/fault-parts.ts";
import type { Extent } from "../faults/http-faults.ts";
import { writeCount } from "../write-count.ts";
import { drawDuration } from "./duration.ts";
import type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./fault-machine.ts";
import { ScheduledOutput } from "./scheduled-output.ts";

type Of<Kind extends ConnectionFault["kind"]> = Extract<ConnectionFault, { readonly kind: Kind }>;

/** What every machine does with its output; what differs is {@link accept}. */
abstract class OutputMachine implements FaultMachine {
  protected readonly output: ScheduledOutput = new ScheduledOutput();
  #outcome: FaultOutcome = { kind: "waiting" };

  protected abstract accept(data: Uint8Array, nowMs: number): void;

  get wakeAtMs(): number | undefined {
    return this.output.nextAtMs;
  }
  get pendingBytes(): number {
    return this.output.pendingBytes;
  }
  get isOver(): boolean {
    return this.output.isOver;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }
  push(data: Uint8Array, nowMs: number): StreamAction[] {
    if (!this.output.isClosed && data.length > 0) this.accept(data, nowMs);
    return this.output.take(nowMs);
  }
  wake(nowMs: number): StreamAction[] {
    return this.output.take(nowMs);
  }
  finish(nowMs: number): StreamAction[] {
    if (!this.output.isClosed && this.#outcome.kind === "waiting")
      this.#outcome = { kind: "undone", reason: this.missedReason() };
    this.output.put({ kind: "end" }, nowMs);
    return this.output.take(nowMs);
  }
  protected missedReason(): string {
    return "the body was empty";
  }
  protected done(): void {
    this.#outcome = { kind: "done" };
  }
}

/** `connection.throttle`: each byte takes its time, counted from the moment at which the line was free. */
export class ThrottleMachine extends OutputMachine {
  readonly #bytesPerSecond: number;
  /** The moment at which all bytes so far are through. */
  #freeAtMs: number;

  constructor(fault: Of<"connection.throttle">, context: MachineContext) {
    super();
    this.#bytesPerSecond = fault.bytesPerSecond;
    this.#freeAtMs = context.startMs;
  }

  protected override accept(data: Uint8Array, nowMs: number): void {
    this.done();
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs);
    // Pieces of a twentieth of a second: slow enough to be seen, coarse enough not to be a write for every byte.
    const size = Math.max(1, Math.floor(this.#bytesPerSecond / 20));
    const laterMs = (bytes: number): number => (bytes * 1000) / this.#bytesPerSecond;
    const firstAtMs = this.#freeAtMs + laterMs(Math.min(size, data.length));
    this.output.putPieces(data, { size, firstAtMs, laterMs }, nowMs);
    this.#freeAtMs = this.output.lastAtMs;
  }
}

/** `connection.slice`: pieces of so many bytes, each a write of its own, with a gap between. */
export class SliceMachine extends OutputMachine {
  readonly #fault: Of<"connection.slice">;
  #hasSent = false;

  constructor(fault: Of<"connection.slice">) {
    super();
    this.#fault = fault;
  }

  protected override accept(data: Uint8Array, nowMs: number): void {
    this.done();
    const { bytes, gapMs } = this.#fault;
    const firstAtMs = this.#hasSent ? Math.max(nowMs, this.output.lastAtMs + gapMs) : nowMs;
    this.output.putPieces(data, { size: bytes, firstAtMs, laterMs: () => gapMs }, nowMs);
    this.#hasSent = true;
  }
}

/** `connection.corrupt`: flips one bit in a share of the bytes of a range. Byte k is hit whatever the chunking. */
export class CorruptMachine extends OutputMachine {
  readonly #fault: Of<"connection.corrupt">;
  readonly #random: MachineContext["random"];
  #offset = 0;

  constructor(fault: Of<"connection.corrupt">, context: MachineContext) {
    super();
    this.#fault = fault;
    this.#random = context.random;
  }

  protected override accept(data: Uint8Array, nowMs: number): void {
    const { rate, fromByte, toByte } = this.#fault;
    const first = Math.max(0, fromByte - this.#offset);
    const last = Math.min(data.length, (toByte ?? Number.POSITIVE_INFINITY) - this.#offset);
    let changed: Uint8Array | undefined;
    for (let at = first; at < last; at++) {
      const drawn = this.#random("corrupt", this.#offset + at);
      if (drawn >= rate) continue;
      // Below the rate the number is spread evenly again, so that it can choose the bit as well.
      changed ??= data.slice();
      changed[at] = changed[at]! ^ (1 << Math.floor((drawn / rate) * 8));
      this.done();
    }
    this.#offset += data.length;
    this.output.putBytes(changed ?? data, nowMs, nowMs);
  }

  protected override missedReason(): string {
    return "no byte of the range was drawn";
  }
}

/** `connection.latency` per chunk, and `http.delay` of the body: what comes waits a drawn time; order stays. */
export class DelayMachine extends OutputMachine {
  readonly #first: Duration | null;
  readonly #each: Duration | null;
  readonly #random: MachineContext["random"];
  #chunks = 0;

  /** @param first - Waited once, before the first byte. @param each - Waited before every chunk. */
  constructor(first: Duration | null, each: Duration | null, context: MachineContext) {
    super();
    this.#first = first;
    this.#each = each;
    this.#random = context.random;
  }

  protected override accept(data: Uint8Array, nowMs: number): void {
    this.done();
    const chunk = this.#chunks++;
    let waitMs = 0;
    if (chunk === 0 && this.#first !== null)
      waitMs += drawDuration(this.#first, (index) => this.#random("delay-first", index));
    if (this.#each !== null)
      waitMs += drawDuration(this.#each, (index) => this.#random("delay-chunk", chunk * 2 + index));
    this.output.putBytes(data, nowMs + waitMs, nowMs);
  }
}

/** `http.truncate`: the body breaks off after so many bytes, and the connection with it. */
export class TruncateMachine extends OutputMachine {
  #left: number;
  /** The client has the whole body where the cut would be, and knows it by its length. */
  readonly #isTooLate: boolean;

  /** @param bodyBytes - The whole, `null` where it is not known; a share of it is rounded down. */
  constructor(after: Extent, bodyBytes: number | null) {
    super();
    this.#left = after.kind === "bytes" ? after.bytes : Math.floor(after.share * (bodyBytes ?? 0));
    this.#isTooLate = bodyBytes !== null && this.#left >= bodyBytes;
  }

  protected override accept(data: Uint8Array, nowMs: number): void {
    const bytes = this.#isTooLate ? data : data.subarray(0, this.#left);
    this.output.putBytes(bytes, nowMs, nowMs);
    this.#left -= Math.min(this.#left, data.length);
    if (this.#left > 0 || this.#isTooLate) return;
    this.done();
    this.output.put({ kind: "close" }, nowMs);
  }

  protected override missedReason(): string {
    return `the body ended ${writeCount(this.#left, "byte")} before the cut`;
  }
}
