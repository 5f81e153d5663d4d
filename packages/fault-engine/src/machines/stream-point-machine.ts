import { CollectedBytes } from "@faultwire/http1/internal";
import type { StreamFault, StreamStop } from "../faults/stream-faults.ts";
import { type EventMeaning, eventMeaning } from "../formats/event-meaning.ts";
import type { StreamFormat } from "../formats/stream-format.ts";
import type { StreamItem, UnitReader } from "../formats/stream-item.ts";
import { UnitJoiner } from "../formats/unit-joiner.ts";
import type { Provider } from "../providers/request-table.ts";
import { writeCount } from "../write-count.ts";
import { encodeErrorEvent, SeenEvents } from "./error-event.ts";
import { type Block, EventTail, MAX_TAIL_BYTES } from "./event-tail.ts";
import type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./fault-machine.ts";
import { ScheduledOutput } from "./scheduled-output.ts";
import { isBefore, needsWholeEvents } from "./stream-point.ts";

type PointFault = Extract<
  StreamFault,
  { readonly kind: "stream.error-event" | "stream.cut" | "stream.stall" }
>;

/** What the machine does with what comes in. */
type Phase =
  /** The point has not come. */
  | "passing"
  /** The point has come in the middle of an event that has to end first. */
  | "ending-event"
  /** The next event is going to be cut in its middle. */
  | "cutting-event"
  /** The stream is stalled for a time; what comes is held. */
  | "holding"
  /** The stream is stalled for ever, or over; what comes is dropped. */
  | "dropping"
  /** All done; what comes passes. */
  | "passed";

/**
 * `stream.error-event`, `stream.cut`, `stream.stall`: the stream passes unchanged up to a point; there it fails. Only
 * a point before an event of some kind, or before the end, needs events to be complete before they pass; all others let
 * parts through.
 */
export class StreamPointMachine implements FaultMachine {
  readonly #fault: PointFault;
  readonly #context: MachineContext;
  readonly #format: StreamFormat;
  readonly #reader: UnitReader;
  readonly #joiner: UnitJoiner;
  readonly #output = new ScheduledOutput();
  /** Bytes of an event that must not pass before it is complete. */
  readonly #held = new CollectedBytes();
  /** For a point before the end: the events that may be the last ones. */
  readonly #tail: EventTail | null;
  readonly #seen = new SeenEvents();
  #phase: Phase = "passing";
  #events = 0;
  #bytes = 0;
  /** The event has passed with which the answer is complete. */
  #isAnswered = false;
  #provider: Provider | null;
  #nextPingMs: number | undefined;
  #stallEndMs = Number.POSITIVE_INFINITY;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: PointFault, context: MachineContext, format: StreamFormat) {
    this.#fault = fault;
    this.#context = context;
    this.#format = format;
    this.#reader = format.reader();
    this.#joiner = new UnitJoiner(format);
    this.#provider = context.provider;
    this.#tail = fault.at.kind === "before-end" ? new EventTail(fault.at.events) : null;
  }

  get wakeAtMs(): number | undefined {
    const { at } = this.#fault;
    const moments = [this.#output.nextAtMs, this.#nextPingMs];
    if (this.#phase === "passing" && at.kind === "time") moments.push(this.#context.startMs + at.ms);
    const known = moments.filter((moment) => moment !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }
  get pendingBytes(): number {
    const { pendingBytes } = this.#joiner;
    return this.#output.pendingBytes + this.#held.length + (this.#tail?.bytes ?? 0) + pendingBytes;
  }
  get isOver(): boolean {
    return this.#output.isOver;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    this.#checkTime(nowMs);
    if (this.#fault.at.kind === "bytes" && this.#phase === "passing")
      this.#pushToByte(data, this.#fault.at.bytes, nowMs);
    else this.#pushData(data, nowMs);
    return this.#output.take(nowMs);
  }

  wake(nowMs: number): StreamAction[] {
    this.#checkTime(nowMs);
    return this.#takeWithPings(nowMs);
  }

  finish(nowMs: number): StreamAction[] {
    this.#checkTime(nowMs);
    for (const item of this.#reader.finish()) this.#read(item, nowMs);
    if (this.#phase === "passing" && this.#tail?.isFull) this.#reachPoint(nowMs);
    if (this.#phase === "passing") {
      const events = `${writeCount(this.#events, "event")} and ${writeCount(this.#bytes, "byte")}`;
      this.#undone(`the stream ended after ${events}, before the point of the fault`);
    }
    for (const block of this.#tail?.release() ?? []) this.#pastPoint(block, nowMs);
    this.#releaseHeld(nowMs);
    // A stall for ever outlasts the source: the client must not learn that it ended.
    if (this.#phase === "dropping" && this.#fault.kind === "stream.stall") return this.#takeWithPings(nowMs);
    if (this.#phase === "cutting-event") this.#stop("fin", nowMs);
    this.#put(this.#joiner.flush(), nowMs);
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
  }

  #put(bytes: Uint8Array, nowMs: number): void {
    this.#output.putBytes(bytes, nowMs, nowMs);
  }

  #undone(reason: string): void {
    if (this.#outcome.kind === "waiting") this.#outcome = { kind: "undone", reason };
  }

  #checkTime(nowMs: number): void {
    const { at } = this.#fault;
    if (this.#phase !== "passing") return;
    if (at.kind === "time" && nowMs >= this.#context.startMs + at.ms) this.#reachPoint(nowMs);
    else if (at.kind === "events" && at.events === 0) this.#reachPoint(nowMs);
  }

  #pushToByte(data: Uint8Array, limit: number, nowMs: number): void {
    const left = limit - this.#bytes;
    if (data.length < left) {
      this.#pushData(data, nowMs);
      return;
    }
    this.#pushData(data.subarray(0, left), nowMs);
    // What stands between two events waits for the second, unless the stream is to stop exactly here.
    if (this.#fault.kind !== "stream.error-event") this.#put(this.#joiner.flush(), nowMs);
    this.#reachPoint(nowMs);
    if (data.length > left) this.#pushData(data.subarray(left), nowMs);
  }

  #pushData(data: Uint8Array, nowMs: number): void {
    this.#bytes += data.length;
    for (const item of this.#reader.push(data)) this.#read(item, nowMs);
  }

  #read(item: StreamItem, nowMs: number): void {
    const meaning = item.kind === "event" ? eventMeaning(item.event, this.#provider) : undefined;
    this.#provider = meaning?.provider ?? this.#provider;
    switch (this.#phase) {
      case "passing":
        this.#readBefore(item, meaning, nowMs);
        break;
      case "ending-event":
        this.#pass(blockOf(item, item.bytes, meaning), nowMs);
        if (item.kind === "event") this.#strike(nowMs);
        if (item.kind === "opaque") this.#giveUp(item.reason, nowMs);
        break;
      case "cutting-event":
        // It is held until it is known how long it is, and whether it is one.
        if (item.kind === "part") this.#held.push(item.bytes);
        else {
          if (item.kind === "event" || item.kind === "opaque") this.#held.take();
          this.#pastPoint(wholeBlock(item, meaning), nowMs);
        }
        break;
      case "holding":
      case "dropping":
      case "passed":
        this.#pastPoint(blockOf(item, item.bytes, meaning), nowMs);
        break;
      default:
        this.#phase satisfies never;
    }
  }

  /** Takes an item while the point has not come. */
  #readBefore(item: StreamItem, meaning: EventMeaning | undefined, nowMs: number): void {
    const { at } = this.#fault;
    const isWhole = needsWholeEvents(at);
    if (item.kind === "part" && isWhole) {
      this.#held.push(item.bytes);
      return;
    }
    if (item.kind === "opaque") {
      this.#giveUp(item.reason, nowMs);
      this.#put(this.#joiner.take(item), nowMs);
      return;
    }
    if (meaning !== undefined && !meaning.isPing) this.#events++;
    if (item.kind === "event" && isWhole) this.#held.take();
    const block = isWhole ? wholeBlock(item, meaning) : blockOf(item, item.bytes, meaning);
    if (this.#tail !== null) {
      for (const passed of this.#tail.push(block)) this.#pass(passed, nowMs);
      if (this.#tail.bytes > MAX_TAIL_BYTES) this.#giveUp(NOT_HELD, nowMs);
      return;
    }
    if (meaning !== undefined && isBefore(at, meaning)) {
      this.#reachPoint(nowMs);
      this.#pastPoint(block, nowMs);
      return;
    }
    this.#pass(block, nowMs);
    const isPoint =
      (at.kind === "events" && meaning?.isPing === false && this.#events === at.events) ||
      (at.kind === "first-delta" && at.side === "after" && meaning?.isDelta);
    if (isPoint) this.#reachPoint(nowMs);
  }

  #pass({ item, bytes, isEvent, isLast }: Block, nowMs: number): void {
    this.#put(this.#joiner.take(item, bytes), nowMs);
    this.#isAnswered ||= isLast;
    if (isEvent && item.kind === "event" && this.#fault.kind === "stream.error-event")
      this.#seen.add(item.event);
  }

  /** From here on no event is known any more. What needs none may still come. */
  #giveUp(reason: string, nowMs: number): void {
    for (const block of this.#tail?.release() ?? []) this.#pass(block, nowMs);
    this.#releaseHeld(nowMs);
    const { at } = this.#fault;
    if (this.#phase === "passing" && !this.#needsUnits && (at.kind === "bytes" || at.kind === "time")) return;
    this.#undone(reason);
    this.#phase = "passed";
  }

  /** What comes behind the point. */
  #pastPoint({ item, bytes, isEvent }: Block, nowMs: number): void {
    if (this.#phase === "dropping") return;
    if (this.#phase === "cutting-event") {
      if (isEvent || item.kind === "opaque") {
        this.#put(this.#joiner.beginning(bytes.subarray(0, Math.max(1, bytes.length >> 1))), nowMs);
        this.#stop("fin", nowMs);
        return;
      }
      // There is no event to cut: without its end the stream is no whole one either.
      if (item.kind === "close") return;
    }
    this.#put(this.#joiner.take(item, bytes), nowMs);
  }

  #releaseHeld(nowMs: number): void {
    const held = this.#held.take();
    if (held.length > 0) this.#put(this.#joiner.beginning(held), nowMs);
  }

  /** The fault puts something of its own between events. */
  get #needsUnits(): boolean {
    return this.#fault.kind === "stream.error-event" || this.#nextPingInMs !== null;
  }

  get #nextPingInMs(): number | null {
    return this.#fault.kind === "stream.stall" ? this.#fault.pingEveryMs : null;
  }

  /** The point has come; an event of ours has to wait until the one before it has ended. */
  #reachPoint(nowMs: number): void {
    if (this.#needsUnits && this.#joiner.isInUnit) this.#phase = "ending-event";
    else this.#strike(nowMs);
  }

  #strike(nowMs: number): void {
    const fault = this.#fault;
    switch (fault.kind) {
      case "stream.error-event": {
        const error = { fault, provider: this.#provider, context: this.#context, seen: this.#seen };
        this.#put(this.#joiner.unit(encodeErrorEvent(error, this.#format)), nowMs);
        this.#outcome = { kind: "done" };
        if (fault.stop === "none") this.#phase = "passed";
        else this.#stop(fault.stop, nowMs);
        break;
      }
      case "stream.cut":
        if (fault.stop === "clean" && this.#isAnswered) {
          // The client would see just what it sees without the cut.
          this.#undone("the stream was complete at the point of the cut");
          this.#phase = "passed";
        } else this.#stop(fault.stop, nowMs);
        break;
      case "stream.stall":
        this.#stall(fault, nowMs);
        break;
      default:
        fault satisfies never;
    }
  }

  #stall(fault: Extract<PointFault, { readonly kind: "stream.stall" }>, nowMs: number): void {
    this.#outcome = { kind: "done" };
    if (fault.pingEveryMs !== null) {
      this.#put(this.#joiner.complete(), nowMs);
      this.#nextPingMs = nowMs + fault.pingEveryMs;
    }
    if (fault.forMs === null) {
      this.#phase = "dropping";
      return;
    }
    this.#phase = "holding";
    this.#stallEndMs = nowMs + fault.forMs;
    // What comes from now on is due at the end of the stall, by the order of the output.
    this.#output.delayUntil(this.#stallEndMs);
  }

  #stop(stop: StreamStop, nowMs: number): void {
    if (stop === "mid-event" && this.#phase !== "cutting-event" && !this.#joiner.isInUnit) {
      this.#phase = "cutting-event";
      return;
    }
    this.#phase = "dropping";
    this.#outcome = { kind: "done" };
    switch (stop) {
      case "clean":
        this.#put(this.#joiner.end(), nowMs);
        this.#output.put({ kind: "end" }, nowMs);
        break;
      case "fin":
      case "mid-event":
        this.#output.put({ kind: "close" }, nowMs);
        break;
      case "reset":
        this.#output.put({ kind: "reset" }, nowMs);
        break;
      default:
        stop satisfies never;
    }
  }

  /** What is due, and the pings of a stall, which overtake what it holds. */
  #takeWithPings(nowMs: number): StreamAction[] {
    const actions: StreamAction[] = [];
    const everyMs = this.#nextPingInMs;
    if (everyMs !== null && this.#nextPingMs !== undefined && this.#nextPingMs <= nowMs) {
      // One ping for however long nobody woke the machine.
      const ping = this.#format.ping(this.#provider);
      if (ping !== null && this.#nextPingMs < this.#stallEndMs) actions.push({ kind: "bytes", bytes: ping });
      this.#nextPingMs += everyMs * Math.max(1, Math.ceil((nowMs - this.#nextPingMs) / everyMs));
    }
    if (this.#nextPingMs !== undefined && this.#nextPingMs >= this.#stallEndMs) this.#nextPingMs = undefined;
    if (this.#phase === "holding" && nowMs >= this.#stallEndMs) this.#phase = "passed";
    return [...actions, ...this.#output.take(nowMs)];
  }
}

const NOT_HELD = "the last events are larger than can be held";

const blockOf = (item: StreamItem, bytes: Uint8Array, meaning: EventMeaning | undefined): Block => ({
  item,
  bytes,
  isEvent: meaning?.isPing === false,
  isLast: meaning?.isLast ?? false,
});

/** An item with all of its bytes, where its parts were held. */
const wholeBlock = (item: StreamItem, meaning: EventMeaning | undefined): Block =>
  blockOf(item, item.kind === "event" ? item.whole : item.bytes, meaning);
