import { CollectedBytes } from "@faultwire/http1/internal";
import type { EventSelector, StreamFault } from "../faults/stream-faults.ts";
import { type EventMeaning, eventMeaning, isOfType } from "../formats/event-meaning.ts";
import type { StreamFormat } from "../formats/stream-format.ts";
import type { EventItem, StreamItem, UnitReader } from "../formats/stream-item.ts";
import { UnitJoiner } from "../formats/unit-joiner.ts";
import { writeCount } from "../write-count.ts";
import { damageEvent } from "./damage-event.ts";
import type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./fault-machine.ts";
import { ScheduledOutput } from "./scheduled-output.ts";

type FilterFault = Extract<
  StreamFault,
  { readonly kind: "stream.drop" | "stream.duplicate" | "stream.reorder" | "stream.split" | "stream.damage" }
>;

/** An event that waits to change places with the next one. */
interface Waiting {
  readonly whole: Uint8Array;
  readonly closing: Uint8Array;
  /** What stood before it. */
  readonly between: Uint8Array;
}

/**
 * `stream.drop`, `duplicate`, `reorder`, `split`, `damage`: chosen events meet their fate, all others pass as they
 * are. An event is held until it is complete, because only then is it known whether it is chosen.
 */
export class EventFilterMachine implements FaultMachine {
  readonly #fault: FilterFault;
  readonly #random: MachineContext["random"];
  readonly #format: StreamFormat;
  readonly #reader: UnitReader;
  readonly #joiner: UnitJoiner;
  readonly #output = new ScheduledOutput();
  /** The event that is not complete. */
  readonly #held = new CollectedBytes();
  #waiting: Waiting | undefined;
  #index = 0;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: FilterFault, context: MachineContext, format: StreamFormat) {
    this.#fault = fault;
    this.#random = context.random;
    this.#format = format;
    this.#reader = format.reader();
    this.#joiner = new UnitJoiner(format);
  }

  get wakeAtMs(): number | undefined {
    return this.#output.nextAtMs;
  }
  get pendingBytes(): number {
    const held = this.#held.length + (this.#waiting?.whole.length ?? 0) + this.#joiner.pendingBytes;
    return this.#output.pendingBytes + held;
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
    this.#releaseWaiting(nowMs);
    this.#releaseHeld(nowMs);
    this.#put(this.#joiner.flush(), nowMs);
    this.#undone(`of the stream's ${writeCount(this.#index, "event")} none was chosen`);
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
  }

  #put(bytes: Uint8Array, nowMs: number): void {
    this.#output.putBytes(bytes, nowMs, nowMs);
  }

  /** Gives up an event that waits in vain, in its place. */
  #releaseWaiting(nowMs: number): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#undone("no event came after it");
    const between = this.#joiner.skip();
    this.#joiner.restore(waiting.between);
    this.#put(this.#joiner.unit(waiting.whole, waiting.closing), nowMs);
    this.#joiner.restore(between);
  }

  /** Gives up what is held of an event that is not complete. */
  #releaseHeld(nowMs: number): void {
    const held = this.#held.take();
    if (held.length > 0) this.#put(this.#joiner.beginning(held), nowMs);
  }

  #undone(reason: string): void {
    if (this.#outcome.kind === "waiting") this.#outcome = { kind: "undone", reason };
  }

  #read(item: StreamItem, nowMs: number): void {
    switch (item.kind) {
      case "close":
        this.#releaseWaiting(nowMs);
        this.#put(this.#joiner.take(item), nowMs);
        break;
      case "mark":
      case "open":
      case "between":
        this.#put(this.#joiner.take(item), nowMs);
        break;
      case "part":
        this.#held.push(item.bytes);
        break;
      case "opaque":
        // From here on nothing is known, so nothing is changed.
        this.#releaseWaiting(nowMs);
        this.#releaseHeld(nowMs);
        this.#put(this.#joiner.take(item), nowMs);
        this.#undone(item.reason);
        break;
      case "event": {
        this.#held.take();
        const meaning = eventMeaning(item.event);
        const isChosen = isSelected(this.#fault.events, this.#index, meaning, this.#random);
        if (!meaning.isPing) this.#index++;
        if (this.#fault.kind === "stream.reorder") this.#swap(item, isChosen, meaning.isPing, nowMs);
        else this.#send(isChosen ? this.#changed(item) : [this.#joiner.take(item, item.whole)], nowMs);
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
  #swap(item: EventItem, isChosen: boolean, isPing: boolean, nowMs: number): void {
    const { whole, closing } = item;
    if (isChosen && this.#waiting === undefined) {
      this.#waiting = { whole: whole.slice(), closing, between: this.#joiner.skip() };
      return;
    }
    const waiting = this.#waiting;
    // A ping, a comment, a `retry` line stays in its place: to change places with it would change nothing.
    if (waiting === undefined || isPing) {
      this.#put(this.#joiner.take(item, whole), nowMs);
      return;
    }
    this.#put(this.#joiner.unit(whole, closing), nowMs);
    this.#put(this.#joiner.unit(waiting.whole, waiting.closing), nowMs);
    this.#waiting = undefined;
    this.#outcome = { kind: "done" };
  }

  /** What is sent instead of a chosen event. */
  #changed(item: EventItem): Uint8Array[] {
    const fault = this.#fault;
    const { whole, event, closing } = item;
    switch (fault.kind) {
      case "stream.drop":
        this.#outcome = { kind: "done" };
        this.#joiner.skip();
        return [];
      case "stream.duplicate":
        this.#outcome = { kind: "done" };
        return [this.#joiner.unit(whole, closing), this.#joiner.unit(whole, closing)];
      case "stream.reorder":
        return [whole];
      case "stream.split": {
        const at = this.#format.split(whole, fault.where);
        if (at === undefined) return [this.#joiner.take(item, whole)];
        this.#outcome = { kind: "done" };
        return [this.#joiner.beginning(whole.subarray(0, at)), this.#joiner.take(item, whole.subarray(at))];
      }
      case "stream.damage": {
        const damaged = damageEvent(event, whole, fault.how, this.#format);
        if (damaged !== undefined) this.#outcome = { kind: "done" };
        return [this.#joiner.unit(damaged ?? whole, closing)];
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
