import { CollectedBytes } from "@faultwire/http1/internal";
import type { EventSelector, StreamFault } from "../faults/stream-faults.ts";
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

type EventItem = Extract<SseItem, { readonly kind: "event" }>;

/**
 * `stream.drop`, `duplicate`, `reorder`, `split`, `damage`: chosen events meet their fate, all others pass as they
 * are. An event is held until it is complete, because only then is it known whether it is chosen.
 */
export class EventFilterMachine implements FaultMachine {
  readonly #fault: FilterFault;
  readonly #random: MachineContext["random"];
  readonly #reader = new SseReader();
  readonly #output = new ScheduledOutput();
  /** The event that is not complete. */
  readonly #held = new CollectedBytes();
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
    return this.#output.pendingBytes + this.#held.length + (this.#waiting?.length ?? 0);
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
    for (const item of this.#reader.finish()) this.#read(item, nowMs);
    if (this.#waiting !== undefined) this.#undone("no event came after it");
    this.#releaseHeld(nowMs);
    this.#undone(`none of the stream's ${this.#index} events was chosen`);
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
  }

  /** Gives up what is held, in the order in which it came. */
  #releaseHeld(nowMs: number): void {
    if (this.#waiting !== undefined) this.#output.putBytes(this.#waiting, nowMs, nowMs);
    this.#waiting = undefined;
    this.#output.putBytes(this.#held.take(), nowMs, nowMs);
  }

  #undone(reason: string): void {
    if (this.#outcome.kind === "waiting") this.#outcome = { kind: "undone", reason };
  }

  #read(item: SseItem, nowMs: number): void {
    switch (item.kind) {
      case "mark":
        this.#output.putBytes(item.bytes, nowMs, nowMs);
        break;
      case "part":
        this.#held.push(item.bytes);
        break;
      case "opaque":
        // The event is over the limit of the reader: from here on nothing is known, so nothing is changed.
        this.#releaseHeld(nowMs);
        this.#output.putBytes(item.bytes, nowMs, nowMs);
        this.#undone("an event is larger than can be held");
        break;
      case "event": {
        this.#held.take();
        const meaning = eventMeaning(item.event);
        const isChosen = isSelected(this.#fault.events, this.#index, meaning, this.#random);
        if (!meaning.isPing) this.#index++;
        if (this.#fault.kind === "stream.reorder") this.#swap(item, isChosen, meaning.isPing, nowMs);
        else this.#send(isChosen ? this.#changed(item) : [item.whole], nowMs);
        break;
      }
      default:
        item satisfies never;
    }
  }

  #send(pieces: readonly Uint8Array[], nowMs: number): void {
    const gapMs = this.#fault.kind === "stream.split" ? this.#fault.gapMs : 0;
    for (const [at, piece] of pieces.entries())
      this.#output.putBytes(piece, at === 0 ? nowMs : Math.max(nowMs, this.#output.lastAtMs) + gapMs, nowMs);
  }

  /** Sends an event and behind it the one that waits, or lets it wait for the next one. */
  #swap({ whole, closing }: EventItem, isChosen: boolean, isPing: boolean, nowMs: number): void {
    if (isChosen && this.#waiting === undefined) {
      this.#waiting = whole.slice();
      return;
    }
    const waiting = this.#waiting;
    // A ping, a comment, a `retry` line stays in its place: to change places with it would change nothing.
    if (waiting === undefined || isPing) {
      this.#send([whole], nowMs);
      return;
    }
    this.#send([whole, closing, waiting], nowMs);
    this.#waiting = undefined;
    this.#outcome = { kind: "done" };
  }

  /** What is sent instead of a chosen event. */
  #changed({ whole, event, closing }: EventItem): Uint8Array[] {
    const fault = this.#fault;
    switch (fault.kind) {
      case "stream.drop":
        this.#outcome = { kind: "done" };
        return [];
      case "stream.duplicate":
        this.#outcome = { kind: "done" };
        return [whole, closing, whole];
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
  if (types !== null && !types.some((type) => isOfType(meaning, type))) return false;
  if (meaning.isPing) return types !== null && indices === null && every === null;
  if (indices !== null && !indices.includes(index)) return false;
  if (every !== null && (index + 1) % every !== 0) return false;
  return probability === null || random("select-event", index) < probability;
}

/** OpenAI's end marker may be named as it stands in the stream. */
const isOfType = ({ type }: EventMeaning, wanted: string): boolean =>
  type === wanted || (type === "done" && wanted === "[DONE]");
