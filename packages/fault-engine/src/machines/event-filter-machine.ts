import type { EventSelector, StreamFault } from "../faults/fault.ts";
import { type EventMeaning, eventMeaning } from "../sse/event-meaning.ts";
import { type SseItem, SseReader } from "../sse/sse-reader.ts";
import { damageEvent } from "./damage-event.ts";
import type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./fault-machine.ts";
import { ScheduledOutput } from "./scheduled-output.ts";
import { splitPoint } from "./split-point.ts";

type FilterFault = Extract<
  StreamFault,
  { readonly kind: "stream.drop" | "stream.duplicate" | "stream.reorder" | "stream.split" | "stream.damage" }
>;

/**
 * `stream.drop`, `duplicate`, `reorder`, `split`, `damage`: chosen events meet their fate, all others pass as they
 * are. An event is held until it is complete, because only then is it known whether it is chosen.
 */
export class EventFilterMachine implements FaultMachine {
  readonly #fault: FilterFault;
  readonly #random: MachineContext["random"];
  readonly #reader = new SseReader();
  readonly #output = new ScheduledOutput();
  /** Parts of the event that is not complete. */
  #parts: Uint8Array[] = [];
  /** The event that waits to change places with the next one. */
  #waiting: Uint8Array | undefined;
  #index = 0;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: FilterFault, context: MachineContext) {
    this.#fault = fault;
    this.#random = context.random;
  }

  get wakeAtMs(): number | undefined {
    return this.#output.nextAtMs;
  }
  get pendingBytes(): number {
    const inParts = this.#parts.length === 0 ? 0 : this.#reader.pendingBytes;
    return this.#output.pendingBytes + inParts + (this.#waiting?.length ?? 0);
  }
  get isOver(): boolean {
    return this.#output.isOver;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    if (!this.#output.isClosed) for (const item of this.#reader.push(data)) this.#read(item, nowMs);
    return this.#output.take(nowMs);
  }

  wake(nowMs: number): StreamAction[] {
    return this.#output.take(nowMs);
  }

  finish(nowMs: number): StreamAction[] {
    if (this.#waiting !== undefined) this.#undone("no event came after it");
    this.#releaseHeld(nowMs);
    this.#undone(`none of the stream's ${this.#index} events was chosen`);
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
  }

  /** Gives up what is held, in the order in which it came. */
  #releaseHeld(nowMs: number): void {
    const waiting = this.#waiting === undefined ? [] : [this.#waiting];
    for (const bytes of [...waiting, ...this.#parts]) this.#output.putBytes(bytes, nowMs, nowMs);
    this.#waiting = undefined;
    this.#parts = [];
  }

  #undone(reason: string): void {
    if (this.#outcome.kind === "waiting") this.#outcome = { kind: "undone", reason };
  }

  #read(item: SseItem, nowMs: number): void {
    switch (item.kind) {
      case "part":
        this.#parts.push(item.bytes.slice());
        break;
      case "opaque":
        // The event is over the limit of the reader: from here on nothing is known, so nothing is changed.
        this.#releaseHeld(nowMs);
        this.#output.putBytes(item.bytes, nowMs, nowMs);
        this.#undone("an event is larger than can be held");
        break;
      case "event": {
        this.#parts = [];
        const meaning = eventMeaning(item.event);
        const isChosen = isSelected(this.#fault.events, this.#index, meaning, this.#random);
        if (!meaning.isPing) this.#index++;
        this.#pass(item.whole, isChosen ? this.#changed(item) : [item.whole], isChosen, nowMs);
        break;
      }
      default:
        item satisfies never;
    }
  }

  /** Sends what an event became, and before it nothing, or behind it the one that waits for it. */
  #pass(whole: Uint8Array, pieces: readonly Uint8Array[], isChosen: boolean, nowMs: number): void {
    if (this.#fault.kind === "stream.reorder" && isChosen && this.#waiting === undefined) {
      this.#waiting = whole.slice();
      return;
    }
    const gapMs = this.#fault.kind === "stream.split" ? this.#fault.gapMs : 0;
    for (const [at, piece] of pieces.entries())
      this.#output.putBytes(piece, at === 0 ? nowMs : Math.max(nowMs, this.#output.lastAtMs) + gapMs, nowMs);
    if (this.#waiting === undefined) return;
    this.#output.putBytes(this.#waiting, nowMs, nowMs);
    this.#waiting = undefined;
    this.#outcome = { kind: "done" };
  }

  /** What is sent instead of a chosen event. */
  #changed({ whole, event }: Extract<SseItem, { readonly kind: "event" }>): Uint8Array[] {
    const fault = this.#fault;
    switch (fault.kind) {
      case "stream.drop":
        this.#outcome = { kind: "done" };
        return [];
      case "stream.duplicate":
        this.#outcome = { kind: "done" };
        return [whole, whole];
      case "stream.reorder":
        return [whole];
      case "stream.split": {
        const at = splitPoint(whole, fault.where);
        if (at === undefined) return [whole];
        this.#outcome = { kind: "done" };
        return [whole.subarray(0, at), whole.subarray(at)];
      }
      case "stream.damage": {
        const damaged = damageEvent(event, whole, fault.how);
        if (damaged !== undefined) this.#outcome = { kind: "done" };
        return [damaged ?? whole];
      }
      default:
        return fault satisfies never;
    }
  }
}

/** Whether an event is chosen. Pings only where their type is asked for: they have no number. */
export function isSelected(
  selector: EventSelector,
  index: number,
  meaning: EventMeaning,
  random: MachineContext["random"],
): boolean {
  const { indices, types, every, probability } = selector;
  if (types !== null && !types.includes(meaning.type)) return false;
  if (meaning.isPing) return types !== null && indices === null && every === null;
  if (indices !== null && !indices.includes(index)) return false;
  if (every !== null && (index + 1) % every !== 0) return false;
  return probability === null || random("select-event", index) < probability;
}
