import { CollectedBytes } from "@faultwire/http1/internal";
import type { StreamFault, StreamStop } from "../faults/stream-faults.ts";
import type { Provider } from "../providers/provider-table.ts";
import { encodeErrorEvent, pingEvent } from "../sse/encode-event.ts";
import { type EventMeaning, eventMeaning } from "../sse/event-meaning.ts";
import { type SseItem, SseReader } from "../sse/sse-reader.ts";
import { EventTail, MAX_TAIL_BYTES } from "./event-tail.ts";
import type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "./fault-machine.ts";
import { ScheduledOutput } from "./scheduled-output.ts";

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

const NOT_HELD = "an event is larger than can be held";

/**
 * `stream.error-event`, `stream.cut`, `stream.stall`: the stream passes unchanged up to a point; there it fails. Only
 * a point before the first delta, or before the end, needs events to be complete before they pass; all others let parts
 * through.
 */
export class StreamPointMachine implements FaultMachine {
  readonly #fault: PointFault;
  readonly #context: MachineContext;
  readonly #reader = new SseReader();
  readonly #output = new ScheduledOutput();
  /** Bytes of an event that must not pass before it is complete. */
  readonly #held = new CollectedBytes();
  /** For a point before the end: the events that may be the last ones. */
  readonly #tail: EventTail | null;
  /** What the event lacks in which the stream ended. */
  #closing: Uint8Array = new Uint8Array(0);
  #phase: Phase = "passing";
  #events = 0;
  #bytes = 0;
  #isInEvent = false;
  /** The event has passed with which the answer is complete. */
  #isAnswered = false;
  #provider: Provider | null;
  #nextPingMs: number | undefined;
  #stallEndMs = Number.POSITIVE_INFINITY;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: PointFault, context: MachineContext) {
    this.#fault = fault;
    this.#context = context;
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
    return this.#output.pendingBytes + this.#held.length + (this.#tail?.bytes ?? 0);
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
      const events = `${this.#events} events and ${this.#bytes} bytes`;
      this.#undone(`the stream ended after ${events}, before the point of the fault`);
    }
    for (const { bytes, isEvent } of this.#tail?.release() ?? []) this.#pastPoint(bytes, !isEvent, nowMs);
    this.#releaseHeld(nowMs);
    // A stall for ever outlasts the source: the client must not learn that it ended.
    if (this.#phase === "dropping" && this.#fault.kind === "stream.stall") return this.#takeWithPings(nowMs);
    if (this.#phase === "cutting-event") this.#stop("fin", nowMs);
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
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
    this.#reachPoint(nowMs);
    if (data.length > left) this.#pushData(data.subarray(left), nowMs);
  }

  #pushData(data: Uint8Array, nowMs: number): void {
    this.#bytes += data.length;
    for (const item of this.#reader.push(data)) this.#read(item, nowMs);
  }

  #read(item: SseItem, nowMs: number): void {
    const meaning = item.kind === "event" ? eventMeaning(item.event) : undefined;
    this.#provider = meaning?.provider ?? this.#provider;
    switch (this.#phase) {
      case "passing":
        this.#readBefore(item, meaning, nowMs);
        break;
      case "ending-event":
        this.#pass(item, nowMs);
        if (item.kind === "event") this.#strike(nowMs);
        if (item.kind === "opaque") this.#giveUp(nowMs);
        break;
      case "cutting-event":
        // It is held until it is known how long it is, and whether it is one.
        if (item.kind === "part") this.#held.push(item.bytes);
        else {
          this.#held.take();
          const whole = item.kind === "event" ? item.whole : item.bytes;
          this.#pastPoint(whole, item.kind === "mark" || meaning?.isPing === true, nowMs);
        }
        break;
      case "holding":
      case "dropping":
      case "passed":
        this.#pastPoint(item.bytes, false, nowMs);
        break;
      default:
        this.#phase satisfies never;
    }
  }

  /** Takes an item while the point has not come. */
  #readBefore(item: SseItem, meaning: EventMeaning | undefined, nowMs: number): void {
    const { at } = this.#fault;
    const isBeforeDelta = at.kind === "first-delta" && at.side === "before";
    if (item.kind === "part" && (isBeforeDelta || this.#tail !== null)) {
      this.#held.push(item.bytes);
      return;
    }
    if (item.kind === "opaque") {
      this.#giveUp(nowMs);
      this.#output.putBytes(item.bytes, nowMs, nowMs);
      return;
    }
    if (meaning !== undefined && !meaning.isPing) this.#events++;
    // Those of the tail have not passed.
    if (this.#tail === null && meaning?.isLast) this.#isAnswered = true;
    if (item.kind === "event" && meaning !== undefined && this.#tail !== null) {
      this.#held.take();
      for (const bytes of this.#tail.push({ bytes: item.whole, isEvent: !meaning.isPing }))
        this.#output.putBytes(bytes, nowMs, nowMs);
      if (this.#tail.bytes > MAX_TAIL_BYTES) this.#giveUp(nowMs);
      return;
    }
    if (item.kind === "event" && isBeforeDelta && meaning?.isDelta) {
      this.#held.take();
      this.#reachPoint(nowMs);
      this.#pastPoint(item.whole, false, nowMs);
      return;
    }
    this.#releaseHeld(nowMs);
    this.#pass(item, nowMs);
    const isPoint =
      (at.kind === "events" && meaning?.isPing === false && this.#events === at.events) ||
      (at.kind === "first-delta" && at.side === "after" && meaning?.isDelta);
    if (isPoint) this.#reachPoint(nowMs);
  }

  #pass(item: SseItem, nowMs: number): void {
    this.#output.putBytes(item.bytes, nowMs, nowMs);
    this.#isInEvent = item.kind === "part";
    if (item.kind === "event") this.#closing = item.closing;
  }

  /** From here on no event is known any more. What needs none may still come. */
  #giveUp(nowMs: number): void {
    for (const { bytes } of this.#tail?.release() ?? []) this.#output.putBytes(bytes, nowMs, nowMs);
    this.#releaseHeld(nowMs);
    const { at } = this.#fault;
    if (this.#phase === "passing" && !this.#needsWholeEvents && (at.kind === "bytes" || at.kind === "time"))
      return;
    this.#undone(NOT_HELD);
    this.#phase = "passed";
  }

  /** What comes behind the point. */
  #pastPoint(bytes: Uint8Array, isPing: boolean, nowMs: number): void {
    if (this.#phase === "dropping") return;
    if (this.#phase === "cutting-event" && !isPing) {
      this.#output.putBytes(bytes.subarray(0, Math.max(1, bytes.length >> 1)), nowMs, nowMs);
      this.#stop("fin", nowMs);
      return;
    }
    this.#output.putBytes(bytes, nowMs, nowMs);
  }

  #releaseHeld(nowMs: number): void {
    this.#output.putBytes(this.#held.take(), nowMs, nowMs);
  }

  /** The fault puts an event of its own between others. */
  get #needsWholeEvents(): boolean {
    return this.#fault.kind === "stream.error-event" || this.#nextPingInMs !== null;
  }

  get #nextPingInMs(): number | null {
    return this.#fault.kind === "stream.stall" ? this.#fault.pingEveryMs : null;
  }

  /** The point has come; an event of ours has to wait until the one before it has ended. */
  #reachPoint(nowMs: number): void {
    if (this.#needsWholeEvents && this.#isInEvent) this.#phase = "ending-event";
    else this.#strike(nowMs);
  }

  #strike(nowMs: number): void {
    const fault = this.#fault;
    switch (fault.kind) {
      case "stream.error-event": {
        this.#output.putBytes(this.#closing, nowMs, nowMs);
        this.#output.putBytes(encodeErrorEvent(fault, this.#provider, this.#context.requestId), nowMs, nowMs);
        this.#outcome = { kind: "done" };
        this.#stop(fault.stop, nowMs);
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
        this.#outcome = { kind: "done" };
        if (this.#nextPingInMs !== null) this.#output.putBytes(this.#closing, nowMs, nowMs);
        if (fault.forMs === null) this.#phase = "dropping";
        else {
          this.#phase = "holding";
          this.#stallEndMs = nowMs + fault.forMs;
          // What comes from now on is due at the end of the stall, by the order of the output.
          this.#output.delayUntil(this.#stallEndMs);
        }
        if (fault.pingEveryMs !== null) this.#nextPingMs = nowMs + fault.pingEveryMs;
        break;
      default:
        fault satisfies never;
    }
  }

  #stop(stop: StreamStop, nowMs: number): void {
    if (stop === "mid-event" && this.#phase !== "cutting-event" && !this.#isInEvent) {
      this.#phase = "cutting-event";
      return;
    }
    this.#phase = "dropping";
    this.#outcome = { kind: "done" };
    switch (stop) {
      case "clean":
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
      if (this.#nextPingMs < this.#stallEndMs)
        actions.push({ kind: "bytes", bytes: pingEvent(this.#provider) });
      this.#nextPingMs += everyMs * Math.max(1, Math.ceil((nowMs - this.#nextPingMs) / everyMs));
    }
    if (this.#nextPingMs !== undefined && this.#nextPingMs >= this.#stallEndMs) this.#nextPingMs = undefined;
    if (this.#phase === "holding" && nowMs >= this.#stallEndMs) this.#phase = "passed";
    return [...actions, ...this.#output.take(nowMs)];
  }
}
