import type { StreamFault, StreamStop } from "../faults/fault.ts";
import type { Provider } from "../providers/provider-error.ts";
import { errorEvent, pingEvent } from "../sse/encode-event.ts";
import { eventMeaning } from "../sse/event-meaning.ts";
import { type SseItem, SseReader } from "../sse/sse-reader.ts";
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

/**
 * `stream.error-event`, `stream.cut`, `stream.stall`: the stream passes unchanged up to a point; there it fails. Only
 * a point before the first delta needs events to be complete before they pass; all others let parts through.
 */
export class StreamPointMachine implements FaultMachine {
  readonly #fault: PointFault;
  readonly #context: MachineContext;
  readonly #reader = new SseReader();
  readonly #output = new ScheduledOutput();
  /** Bytes of an event that must not pass before it is complete. */
  #held: Uint8Array[] = [];
  #phase: Phase = "passing";
  #events = 0;
  #bytes = 0;
  #isInEvent = false;
  #provider: Provider | null;
  #nextPingMs: number | undefined;
  #stallEndMs = Number.POSITIVE_INFINITY;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: PointFault, context: MachineContext) {
    this.#fault = fault;
    this.#context = context;
    this.#provider = context.provider;
  }

  get wakeAtMs(): number | undefined {
    const { at } = this.#fault;
    const moments = [this.#output.nextAtMs, this.#nextPingMs];
    if (this.#phase === "passing" && at.kind === "time") moments.push(this.#context.startMs + at.ms);
    const known = moments.filter((moment) => moment !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }
  get pendingBytes(): number {
    return this.#output.pendingBytes + this.#held.reduce((sum, part) => sum + part.length, 0);
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
    const phase = this.#phase;
    if (phase === "passing") {
      const events = `${this.#events} events and ${this.#bytes} bytes`;
      this.#outcome = {
        kind: "undone",
        reason: `the stream ended after ${events}, before the point of the fault`,
      };
    }
    this.#releaseHeld(nowMs);
    // A stall for ever outlasts the source: the client must not learn that it ended.
    if (phase === "dropping" && this.#fault.kind === "stream.stall") return this.#takeWithPings(nowMs);
    if (phase === "ending-event") this.#strike(nowMs);
    if (phase === "cutting-event") this.#output.put({ kind: "close" }, nowMs);
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
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
    for (const item of this.#reader.push(data)) this.#read(item, nowMs);
  }

  #read(item: SseItem, nowMs: number): void {
    const meaning = item.kind === "event" ? eventMeaning(item.event) : undefined;
    this.#provider = meaning?.provider ?? this.#provider;
    this.#bytes += item.bytes.length;
    switch (this.#phase) {
      case "passing": {
        const { at } = this.#fault;
        const holds = at.kind === "first-delta" && at.side === "before";
        if (holds && item.kind === "part") {
          this.#held.push(item.bytes.slice());
          break;
        }
        if (holds && meaning?.isDelta) {
          const event = item.kind === "event" ? item.whole : item.bytes;
          this.#held = [];
          this.#reachPoint(nowMs);
          if (!this.#output.isClosed) this.#afterPoint(event, nowMs);
          break;
        }
        this.#releaseHeld(nowMs);
        this.#output.putBytes(item.bytes, nowMs, nowMs);
        this.#isInEvent = item.kind === "part";
        if (meaning === undefined) break;
        if (!meaning.isPing) this.#events++;
        const isPoint =
          (at.kind === "events" && !meaning.isPing && this.#events === at.events) ||
          (at.kind === "first-delta" && at.side === "after" && meaning.isDelta);
        if (isPoint) this.#reachPoint(nowMs);
        break;
      }
      case "ending-event":
        this.#output.putBytes(item.bytes, nowMs, nowMs);
        this.#isInEvent = item.kind === "part";
        if (item.kind === "event") this.#strike(nowMs);
        break;
      case "cutting-event":
        this.#cutEvent(item, nowMs);
        break;
      case "holding":
      case "dropping":
      case "passed":
        this.#afterPoint(item.bytes, nowMs);
        break;
      default:
        this.#phase satisfies never;
    }
  }

  #afterPoint(bytes: Uint8Array, nowMs: number): void {
    if (this.#phase === "dropping") return;
    if (this.#phase === "cutting-event") {
      this.#output.putBytes(bytes.subarray(0, Math.max(1, bytes.length >> 1)), nowMs, nowMs);
      this.#stop("fin", nowMs);
      return;
    }
    this.#output.putBytes(bytes, nowMs, nowMs);
  }

  /** An event of which the client gets one half. It is held until it is known how long it is. */
  #cutEvent(item: SseItem, nowMs: number): void {
    if (item.kind === "part") {
      this.#held.push(item.bytes.slice());
      return;
    }
    this.#held = [];
    const whole = item.kind === "event" ? item.whole : item.bytes;
    if (item.kind === "event" && eventMeaning(item.event).isPing) this.#output.putBytes(whole, nowMs, nowMs);
    else this.#afterPoint(whole, nowMs);
  }

  #releaseHeld(nowMs: number): void {
    for (const part of this.#held) this.#output.putBytes(part, nowMs, nowMs);
    this.#held = [];
  }

  /** The point has come; an error event has to wait until the event before it has ended. */
  #reachPoint(nowMs: number): void {
    if (this.#fault.kind === "stream.error-event" && this.#isInEvent) this.#phase = "ending-event";
    else this.#strike(nowMs);
  }

  #strike(nowMs: number): void {
    const fault = this.#fault;
    this.#outcome = { kind: "done" };
    switch (fault.kind) {
      case "stream.error-event": {
        const message = fault.message ?? DEFAULT_MESSAGES[fault.type] ?? "The stream failed";
        const bytes = errorEvent(this.#provider, fault.type, message, this.#context.requestId);
        this.#output.putBytes(bytes, nowMs, nowMs);
        this.#stop(fault.stop, nowMs);
        break;
      }
      case "stream.cut":
        this.#stop(fault.stop, nowMs);
        break;
      case "stream.stall":
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
    const everyMs = this.#fault.kind === "stream.stall" ? this.#fault.pingEveryMs : null;
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

const DEFAULT_MESSAGES: Readonly<Record<string, string>> = {
  overloaded_error: "Overloaded",
  api_error: "Internal server error",
  rate_limit_error: "This request would exceed your organization's rate limit.",
  timeout_error: "The request timed out.",
};
