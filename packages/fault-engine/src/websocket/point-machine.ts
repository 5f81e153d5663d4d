import { encodeClose, type FrameItem } from "@faultwire/websocket";
import type { MessageSender, WebSocketFault } from "../faults/websocket-faults.ts";
import type { FaultOutcome } from "../machines/fault-machine.ts";
import { ScheduledOutput } from "../machines/scheduled-output.ts";
import { writeCount } from "../write-count.ts";
import { brokenFrame, frameFrom } from "./broken-frame.ts";
import { FrameFlow } from "./frame-flow.ts";
import {
  receiverOf,
  type WebSocketAction,
  type WebSocketContext,
  type WebSocketMachine,
  webSocketLimits,
} from "./websocket-machine.ts";

type PointFault = Extract<
  WebSocketFault,
  { readonly kind: "websocket.close" | "websocket.cut" | "websocket.stall" | "websocket.garbage" }
>;

type Phase =
  /** The point has not come. */
  | "passing"
  /** The point has come within a frame, or a message, that has to end first. */
  | "due"
  /** The server's next frame is going to be cut in its middle. */
  | "cutting"
  /** A close of ours was said; the client has still to answer it. */
  | "closing"
  /** What the stalled sides say waits. */
  | "holding"
  /** What the stalled sides say goes nowhere. */
  | "dropping"
  /** The client's connection has ended. */
  | "over"
  /** All done; what comes passes. */
  | "passed";

const going = encodeClose(1001);

/** `websocket.close`, `cut`, `stall`, `garbage`: frames pass unchanged up to a point; there the WebSocket fails. */
export class WebSocketPointMachine implements WebSocketMachine {
  readonly #fault: PointFault;
  readonly #context: WebSocketContext;
  readonly #flows: Readonly<Record<MessageSender, FrameFlow>> = {
    client: new FrameFlow(),
    server: new FrameFlow(),
  };
  /** What waits during a stall, by who said it. */
  readonly #held: Readonly<Record<MessageSender, ScheduledOutput>> = {
    client: new ScheduledOutput(),
    server: new ScheduledOutput(),
  };
  readonly #parts: Record<MessageSender, number> = { client: 0, server: 0 };
  #phase: Phase = "passing";
  /** When what waits goes on, or a close is waited for no longer. */
  #untilMs = Number.POSITIVE_INFINITY;
  /** Bytes of the frame that is being cut, before the cut. */
  #leftBytes: number | undefined;
  #outcome: FaultOutcome = { kind: "waiting" };
  #actions: WebSocketAction[] = [];

  constructor(fault: PointFault, context: WebSocketContext) {
    this.#fault = fault;
    this.#context = context;
  }

  get wakeAtMs(): number | undefined {
    const { at } = this.#fault;
    if (this.#phase === "passing" && at.kind === "time") return this.#context.startMs + at.ms;
    return (this.#phase === "closing" || this.#phase === "holding") && Number.isFinite(this.#untilMs)
      ? this.#untilMs
      : undefined;
  }
  get holdsEnd(): boolean {
    if (this.#phase === "closing") return true;
    return (this.#phase === "holding" || this.#phase === "dropping") && this.#isStalledSide("server");
  }
  get isStalled(): boolean {
    return this.#phase === "dropping" && this.#isStalledSide("server");
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  pendingBytes(from: MessageSender): number {
    return this.#held[from].pendingBytes;
  }

  isFull(from: MessageSender): boolean {
    return this.#parts[from] >= webSocketLimits.maxQueuedParts;
  }

  push(from: MessageSender, items: readonly FrameItem[], nowMs: number): WebSocketAction[] {
    this.#checkTime(nowMs);
    for (const item of items) {
      const isWhole = this.#flows[from].take(item);
      this.#take(from, item, nowMs);
      const { at } = this.#fault;
      const isPoint = isWhole && at.kind === "messages" && at.from === from;
      if (this.#phase === "passing" && isPoint && this.#flows[from].messages === at.messages)
        this.#reach(nowMs);
      else if (this.#phase === "due") this.#tryStrike(nowMs);
    }
    return this.#given();
  }

  ended(from: MessageSender, nowMs: number): WebSocketAction[] {
    this.#checkTime(nowMs);
    if (from === "client") {
      // A client that has gone hears of no close, and what it said last is not to be lost.
      if (this.#phase === "closing") this.#end("fin");
      this.#letGo("client", Number.POSITIVE_INFINITY);
    }
    if (this.#outcome.kind === "waiting" && this.#phase !== "passed") this.#undone();
    return this.#given();
  }

  wake(nowMs: number): WebSocketAction[] {
    this.#checkTime(nowMs);
    return this.#given();
  }

  #given(): WebSocketAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #undone(): void {
    const { client, server } = this.#flows;
    const messages = `${writeCount(client.messages, "message")} of the client and ${server.messages} of the server`;
    const reason =
      client.isLost || server.isLost
        ? "frames of the WebSocket can't be read"
        : `the WebSocket ended after ${messages}, before the point of the fault`;
    this.#outcome = { kind: "undone", reason };
    this.#phase = "passed";
  }

  #checkTime(nowMs: number): void {
    const { at } = this.#fault;
    if (this.#phase === "passing") {
      const isDue = at.kind === "time" ? nowMs >= this.#context.startMs + at.ms : at.messages === 0;
      if (isDue) this.#reach(nowMs);
    } else if (this.#phase === "closing" && nowMs >= this.#untilMs) this.#end("fin");
    else if (this.#phase === "holding" && nowMs >= this.#untilMs) {
      this.#phase = "passed";
      this.#letGo("client", nowMs);
      this.#letGo("server", nowMs);
    }
  }

  #reach(nowMs: number): void {
    this.#phase = "due";
    this.#tryStrike(nowMs);
  }

  /** Strikes where the frames that are under way leave room for it. */
  #tryStrike(nowMs: number): void {
    const fault = this.#fault;
    const { client, server } = this.#flows;
    const isClosing = client.hasClosed || server.hasClosed;
    if (client.isLost || server.isLost || (isClosing && fault.kind !== "websocket.stall")) {
      this.#undone();
      return;
    }
    switch (fault.kind) {
      case "websocket.close":
        if (!server.isBetweenFrames) return;
        this.#say("server", { type: "close", payload: encodeClose(fault.code, fault.reason) });
        // So that the upstream, too, ends in order: for it the client goes away.
        if (client.isBetweenFrames) this.#say("client", { type: "close", payload: going });
        this.#untilMs = nowMs + webSocketLimits.maxCloseWaitMs;
        this.#phase = "closing";
        break;
      case "websocket.cut":
        if (fault.stop === "mid-frame") {
          this.#phase = "cutting";
          return;
        }
        this.#end(fault.stop);
        break;
      case "websocket.stall":
        this.#phase = fault.forMs === null ? "dropping" : "holding";
        this.#untilMs = nowMs + (fault.forMs ?? Number.POSITIVE_INFINITY);
        break;
      case "websocket.garbage":
        if (!this.#flows[fault.from].isBetweenMessages) return;
        this.#send(fault.from, brokenFrame(fault.how, fault.from, this.#context.random));
        this.#phase = "passed";
        break;
      default:
        fault satisfies never;
    }
    this.#outcome = { kind: "done" };
  }

  #take(from: MessageSender, item: FrameItem, nowMs: number): void {
    const { bytes } = item;
    switch (this.#phase) {
      case "passing":
      case "due":
      case "passed":
        this.#send(from, bytes);
        break;
      case "cutting":
        this.#cut(from, item);
        break;
      case "closing":
        if (from === "client" && item.kind === "end" && item.type === "close") this.#end("fin");
        break;
      case "holding":
        if (!this.#isStalledSide(from)) this.#send(from, bytes);
        else if (bytes.length > 0) {
          this.#held[from].putBytes(bytes, this.#untilMs, nowMs);
          this.#parts[from]++;
        }
        break;
      case "dropping":
        if (!this.#isStalledSide(from)) this.#send(from, bytes);
        break;
      case "over":
        break;
      default:
        this.#phase satisfies never;
    }
  }

  /** Lets the server's next frame through up to its middle. */
  #cut(from: MessageSender, item: FrameItem): void {
    if (from === "server" && item.kind === "head" && this.#leftBytes === undefined)
      this.#leftBytes = Math.max(1, Math.floor((item.bytes.length + item.payloadBytes) / 2));
    if (from === "client" || this.#leftBytes === undefined) {
      this.#send(from, item.bytes);
      return;
    }
    const before = item.bytes.subarray(0, this.#leftBytes);
    this.#send(from, before);
    this.#leftBytes -= before.length;
    if (this.#leftBytes > 0) return;
    this.#end("fin");
    this.#outcome = { kind: "done" };
  }

  #isStalledSide(from: MessageSender): boolean {
    const fault = this.#fault;
    return fault.kind === "websocket.stall" && (fault.of === from || fault.of === "both");
  }

  #say(from: MessageSender, frame: Parameters<typeof frameFrom>[1]): void {
    this.#send(from, frameFrom(from, frame, this.#context.random));
  }

  #send(from: MessageSender, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#actions.push({ kind: "bytes", to: receiverOf(from), bytes });
  }

  #letGo(from: MessageSender, nowMs: number): void {
    for (const action of this.#held[from].take(nowMs))
      if (action.kind === "bytes") this.#send(from, action.bytes);
    this.#parts[from] = 0;
  }

  #end(how: "fin" | "reset"): void {
    this.#phase = "over";
    this.#actions.push({ kind: "end", how });
  }
}
