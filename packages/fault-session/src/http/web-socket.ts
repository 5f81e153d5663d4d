/**
 * An open WebSocket: the frames of both sides are read, counted and passed on, and a fault is carried out on them. Without
 * a fault every byte goes through as it came and at once.
 */
import type { Decision, ExchangeEnd, WebSocketFault, WebSocketTally } from "@faultwire/fault-engine";
import {
  createWebSocketMachine,
  isWebSocketFault,
  type WebSocketAction,
  type WebSocketMachine,
} from "@faultwire/fault-engine/internal";
import { type Header, headerValues } from "@faultwire/http1";
import { type FrameItem, FrameReader } from "@faultwire/websocket";
import { otherSide, sessionLimits } from "../carrier.ts";
import type { Side } from "../events.ts";

/** What an open WebSocket is connected to. */
export interface WebSocketOptions {
  /** Of the 101. */
  readonly headers: readonly Header[];
  /** Of the request that opened it; `null` where nothing is to happen. */
  readonly decision: Decision | null;
  readonly now: () => number;
  readonly send: (to: Side, bytes: Uint8Array) => void;
  /** The client's connection ends behind what was sent. */
  readonly end: (how: "fin" | "reset") => void;
  /**
   * The fault was carried out, or why not; done is what the client has got, by `sent` bytes or by the `ended` connection.
   * Calls `told` when that is known and told, which is not at all where the connection ends before.
   */
  readonly outcome: (reason: string | null, by: "sent" | "ended", told: () => void) => void;
  /** The connection was over before it was known that the client has got the fault. */
  readonly unsent: () => void;
  /** It is over for the client; told once. */
  readonly over: (how: ExchangeEnd) => void;
  /** Frames of this side can't be read: it passes as it comes. */
  readonly unread: (from: Side) => void;
}

/** Codes with which programs go on as they meant to; the client's own going away is one more. */
const isOrderly = (code: number | null, by: "client" | "server" | "fault"): boolean =>
  code === null || code === 1000 || code >= 3000 || (code === 1001 && by === "client");

type Tally = { messages: number; bytes: number };

export class WebSocketTalk {
  readonly #options: WebSocketOptions;
  readonly #readers: Readonly<Record<Side, FrameReader>>;
  readonly #fault: WebSocketFault | undefined;
  readonly #machine: WebSocketMachine | undefined;
  readonly #said: Readonly<Record<Side, Tally>> = {
    client: { messages: 0, bytes: 0 },
    server: { messages: 0, bytes: 0 },
  };
  #close: WebSocketTally["close"] = null;
  /** A close that a stall keeps: it is one as soon as that is over. */
  #keptClose: WebSocketTally["close"] = null;
  /** What became of the fault: not known, being found out, told. */
  #telling: "not" | "begun" | "done" = "not";
  /** How it ended, where that is told behind the fault. */
  #end: ExchangeEnd | undefined;
  #hasTold = false;
  #isOver = false;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    const { headers, decision, now } = options;
    const isDeflated = headerValues(headers, "sec-websocket-extensions").some((line) =>
      /(?:^|,)\s*permessage-deflate\b/i.test(line),
    );
    this.#readers = {
      client: new FrameReader({ from: "client", isDeflated }),
      server: new FrameReader({ from: "server", isDeflated }),
    };
    if (decision === null || !isWebSocketFault(decision.fault)) return;
    this.#fault = decision.fault;
    this.#machine = createWebSocketMachine(decision.fault, { startMs: now(), random: decision.random });
  }

  /** Does what is due as soon as it is open. */
  open(): void {
    this.wake();
  }

  /** What went over it, and how it was closed. */
  get tally(): WebSocketTally {
    const { client, server } = this.#said;
    return { client: { ...client }, server: { ...server }, close: this.#close };
  }

  /** When to call {@link wake}; `undefined` while nothing waits for a time. */
  get wakeAtMs(): number | undefined {
    return this.#isOver ? undefined : this.#machine?.wakeAtMs;
  }

  /** Whether the upstream's end is not to reach the client yet, or never. */
  get holdsEnd(): boolean {
    return !this.#isOver && (this.#machine?.holdsEnd ?? false);
  }

  /** Whether nothing of the upstream goes to the client any more, for ever. */
  get isStalled(): boolean {
    return !this.#isOver && (this.#machine?.isStalled ?? false);
  }

  /** Bytes of this side that are kept. */
  heldBytes(from: Side): number {
    return this.#readers[from].pendingBytes + this.waitingBytes(from);
  }

  /** Bytes of this side that the fault keeps. */
  waitingBytes(from: Side): number {
    return this.#machine?.pendingBytes(from) ?? 0;
  }

  /** Whether so much of this side waits for a time that nothing more is to be read from it. */
  isFull(from: Side): boolean {
    const machine = this.#machine;
    if (machine?.wakeAtMs === undefined) return false;
    return machine.isFull(from) || machine.pendingBytes(from) >= sessionLimits.maxHeldBytes;
  }

  /** A side has said this. */
  receive(from: Side, bytes: Uint8Array): void {
    if (this.#isOver) return;
    const items = this.#readers[from].push(bytes);
    const isHeard = !this.#isKept(from);
    for (const item of items) this.#count(from, item, isHeard);
    const machine = this.#machine;
    if (machine) this.#perform(machine.push(from, items, this.#options.now()));
    else this.#options.send(otherSide(from), bytes);
    this.#check();
  }

  /** A side says no more. */
  ended(from: Side): void {
    if (this.#isOver) return;
    const machine = this.#machine;
    if (machine) this.#perform(machine.ended(from, this.#options.now()));
    this.#check();
    if (!this.holdsEnd) this.#over(from);
  }

  /** Time has passed. */
  wake(): void {
    const machine = this.#machine;
    if (this.#isOver || !machine) return;
    this.#perform(machine.wake(this.#options.now()));
    this.#check();
  }

  /** The connection is over: tells what is left to tell. */
  finish(): void {
    const machine = this.#machine;
    if (machine?.outcome.kind === "waiting") machine.ended("client", this.#options.now());
    this.#isOver = true;
    this.#check();
    this.#over(undefined);
    if (this.#telling !== "begun") return;
    this.#options.unsent();
    this.#told();
  }

  /** Whether what this side says does not reach the other, for now or any more. */
  #isKept(from: Side): boolean {
    const fault = this.#fault;
    const hasBegun = fault?.kind === "websocket.stall" && this.#machine?.outcome.kind === "done";
    return hasBegun && !this.#isStallOver && fault.of !== otherSide(from);
  }

  /** Whether a stall that has an end has come to it. */
  get #isStallOver(): boolean {
    const fault = this.#fault;
    const isTimed = fault?.kind === "websocket.stall" && fault.forMs !== null;
    return isTimed && this.#machine?.outcome.kind === "done" && this.#machine.wakeAtMs === undefined;
  }

  #count(from: Side, item: FrameItem, isHeard: boolean): void {
    if (item.kind === "malformed") this.#options.unread(from);
    if (item.kind !== "end") return;
    const said = this.#said[from];
    if (item.message) {
      said.messages++;
      said.bytes += item.message.bytes;
    }
    if (!item.close || this.#close) return;
    const close = { by: from, code: item.close.code };
    if (isHeard) this.#close = close;
    else this.#keptClose ??= close;
  }

  #perform(actions: readonly WebSocketAction[]): void {
    for (const action of actions) {
      if (action.kind === "bytes") this.#options.send(action.to, action.bytes);
      else {
        this.#isOver = true;
        this.#options.end(action.how);
        return;
      }
    }
  }

  /** Tells what can be told by now. */
  #check(): void {
    const outcome = this.#machine?.outcome;
    const fault = this.#fault;
    if (this.#isStallOver) this.#close ??= this.#keptClose;
    if (outcome?.kind === "done" && fault?.kind === "websocket.close")
      this.#close ??= { by: "fault", code: fault.code };
    if (this.#telling === "not" && outcome && outcome.kind !== "waiting") {
      this.#telling = "begun";
      const reason = outcome.kind === "undone" ? outcome.reason : null;
      this.#options.outcome(reason, fault?.kind === "websocket.cut" ? "ended" : "sent", () => this.#told());
    }
    const by = this.#close?.by;
    if (by === "server" || by === "fault" || this.#isOver) this.#over(undefined);
  }

  /** @param first - Who ended first, where it ended without a close. */
  #over(first: Side | undefined): void {
    const close = this.#close;
    const unclosed = first === "client" ? "abandoned" : "cut";
    this.#end ??= close ? (isOrderly(close.code, close.by) ? "complete" : "cut") : unclosed;
    if (this.#telling === "begun" || this.#hasTold) return;
    this.#hasTold = true;
    this.#options.over(this.#end);
  }

  /** What became of the fault is told: now it may be told how all ended. */
  #told(): void {
    this.#telling = "done";
    if (this.#end !== undefined) this.#over(undefined);
  }
}
