import { type FrameItem, isControl, OPCODES } from "@faultwire/websocket";
import type { MessageSender, WebSocketFault } from "../faults/websocket-faults.ts";
import type { FaultOutcome } from "../machines/fault-machine.ts";
import { ScheduledOutput } from "../machines/scheduled-output.ts";
import {
  receiverOf,
  type WebSocketAction,
  type WebSocketContext,
  type WebSocketMachine,
  webSocketLimits,
} from "./websocket-machine.ts";

type PaceFault = Extract<WebSocketFault, { readonly kind: "websocket.pace" }>;

/**
 * `websocket.pace`: the first message no earlier than its time after the WebSocket was opened, every other no earlier than
 * its time after the one before. What is slower anyhow is not slowed further; pings and the like keep their place in the order.
 */
export class MessagePaceMachine implements WebSocketMachine {
  readonly isStalled = false;
  readonly #fault: PaceFault;
  readonly #context: WebSocketContext;
  readonly #output = new ScheduledOutput();
  #parts = 0;
  #messages = 0;
  #previousAtMs = 0;
  /** When the message that is being read may go. */
  #dueMs = Number.NEGATIVE_INFINITY;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: PaceFault, context: WebSocketContext) {
    this.#fault = fault;
    this.#context = context;
  }

  get wakeAtMs(): number | undefined {
    return this.#output.nextAtMs;
  }
  get holdsEnd(): boolean {
    return this.#fault.from === "server" && this.#output.pendingBytes > 0;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  pendingBytes(from: MessageSender): number {
    return from === this.#fault.from ? this.#output.pendingBytes : 0;
  }

  isFull(from: MessageSender): boolean {
    return from === this.#fault.from && this.#parts >= webSocketLimits.maxQueuedParts;
  }

  push(from: MessageSender, items: readonly FrameItem[], nowMs: number): WebSocketAction[] {
    if (from !== this.#fault.from) {
      const to = receiverOf(from);
      return items.flatMap(({ bytes }) =>
        bytes.length === 0 ? [] : [{ kind: "bytes", to, bytes } as const],
      );
    }
    for (const item of items) this.#take(item, nowMs);
    return this.#given(nowMs);
  }

  ended(from: MessageSender, nowMs: number): WebSocketAction[] {
    if (this.#outcome.kind === "waiting")
      this.#outcome = { kind: "undone", reason: `the ${this.#fault.from} sent no message` };
    // What a client said last is not to be lost with its connection.
    return this.#given(from === "client" && this.#fault.from === "client" ? Number.POSITIVE_INFINITY : nowMs);
  }

  wake(nowMs: number): WebSocketAction[] {
    return this.#given(nowMs);
  }

  #take(item: FrameItem, nowMs: number): void {
    if (item.kind === "head" && !isControl(OPCODES[item.type]) && item.type !== "continuation")
      this.#dueMs = this.#nextMs();
    if (item.bytes.length > 0) {
      this.#parts++;
      this.#output.putBytes(item.bytes, Math.max(nowMs, this.#dueMs), nowMs);
    }
    if (item.kind !== "end" || item.message === null) return;
    this.#messages++;
    this.#previousAtMs = this.#output.lastAtMs;
    this.#dueMs = Number.NEGATIVE_INFINITY;
    this.#outcome = { kind: "done" };
  }

  #nextMs(): number {
    const { firstMessageMs, messageMs, jitterMs } = this.#fault;
    const jitter = jitterMs * this.#context.random("pace", this.#messages);
    return this.#messages === 0
      ? this.#context.startMs + firstMessageMs + jitter
      : this.#previousAtMs + messageMs + jitter;
  }

  #given(nowMs: number): WebSocketAction[] {
    const to = receiverOf(this.#fault.from);
    const taken = this.#output.take(nowMs);
    this.#parts -= taken.length;
    return taken.flatMap((action) =>
      action.kind === "bytes" ? [{ kind: "bytes", to, bytes: action.bytes } as const] : [],
    );
  }
}
