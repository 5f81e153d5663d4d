import type { StreamFault } from "../faults/stream-faults.ts";
import { eventMeaning } from "../formats/event-meaning.ts";
import type { StreamFormat } from "../formats/stream-format.ts";
import type { StreamItem, UnitReader } from "../formats/stream-item.ts";
import type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./fault-machine.ts";
import { ScheduledOutput } from "./scheduled-output.ts";

type PaceFault = Extract<StreamFault, { readonly kind: "stream.pace" }>;

/**
 * `stream.pace`: the first event no earlier than its time after the start, every other no earlier than its time after
 * the one before. What is slower anyhow is not slowed further; pings keep their place in the order.
 */
export class PaceMachine implements FaultMachine {
  readonly #fault: PaceFault;
  readonly #context: MachineContext;
  readonly #reader: UnitReader;
  readonly #output = new ScheduledOutput();
  #events = 0;
  #previousAtMs = 0;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: PaceFault, context: MachineContext, format: StreamFormat) {
    this.#reader = format.reader();
    this.#fault = fault;
    this.#context = context;
  }

  get wakeAtMs(): number | undefined {
    return this.#output.nextAtMs;
  }
  get pendingBytes(): number {
    return this.#output.pendingBytes;
  }
  get isOver(): boolean {
    return this.#output.isOver;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    if (this.#output.isClosed) return [];
    for (const item of this.#reader.push(data)) this.#read(item, nowMs);
    return this.#output.take(nowMs);
  }

  wake(nowMs: number): StreamAction[] {
    return this.#output.take(nowMs);
  }

  finish(nowMs: number): StreamAction[] {
    for (const item of this.#reader.finish()) this.#read(item, nowMs);
    if (this.#outcome.kind === "waiting")
      this.#outcome = { kind: "undone", reason: "the stream had no events" };
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
  }

  #read(item: StreamItem, nowMs: number): void {
    // Parts wait for the moment of their event, and go out with it or after it.
    const dueMs = Math.max(nowMs, this.#dueMs());
    this.#output.putBytes(item.bytes, dueMs, nowMs);
    if (item.kind !== "event" || eventMeaning(item.event).isPing) return;
    this.#events++;
    this.#previousAtMs = this.#output.lastAtMs;
    this.#outcome = { kind: "done" };
  }

  /** The earliest moment of the event that is being read. */
  #dueMs(): number {
    const { firstEventMs, eventMs, jitterMs } = this.#fault;
    const jitter = jitterMs * this.#context.random("pace", this.#events);
    return this.#events === 0
      ? this.#context.startMs + firstEventMs + jitter
      : this.#previousAtMs + eventMs + jitter;
  }
}
