import { CollectedBytes } from "@faultwire/http1/internal";
import { type FrameHead, type FrameItem, isControl, OPCODES } from "@faultwire/websocket";
import type { MessageSelector, MessageSender, WebSocketFault } from "../faults/websocket-faults.ts";
import type { FaultOutcome } from "../machines/fault-machine.ts";
import { writeCount } from "../write-count.ts";
import {
  receiverOf,
  type WebSocketAction,
  type WebSocketContext,
  type WebSocketMachine,
  webSocketLimits,
} from "./websocket-machine.ts";

type FilterFault = Extract<
  WebSocketFault,
  { readonly kind: "websocket.drop" | "websocket.duplicate" | "websocket.no-pong" }
>;

/** `websocket.drop`, `duplicate`, `no-pong`: chosen messages, or pongs, meet their fate; all else passes as it comes. */
export class MessageFilterMachine implements WebSocketMachine {
  readonly wakeAtMs: undefined = undefined;
  readonly holdsEnd = false;
  readonly isStalled = false;
  readonly #fault: FilterFault;
  readonly #random: WebSocketContext["random"];
  /** A chosen message that is to be sent again; `undefined` where it grew too long. */
  #copy: CollectedBytes | undefined;
  /** The frame that is being read. */
  #frame: FrameHead | undefined;
  /** Whether the message that is being read was chosen. */
  #isChosen = false;
  #messages = 0;
  #pongs = 0;
  #isTooLong = false;
  #isLost = false;
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: FilterFault, context: WebSocketContext) {
    this.#fault = fault;
    this.#random = context.random;
  }

  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  pendingBytes(from: MessageSender): number {
    return from === this.#fault.from ? (this.#copy?.length ?? 0) : 0;
  }

  isFull(): boolean {
    return false;
  }

  push(from: MessageSender, items: readonly FrameItem[]): WebSocketAction[] {
    const to = receiverOf(from);
    const actions: WebSocketAction[] = [];
    const put = (bytes: Uint8Array): void => {
      if (bytes.length > 0) actions.push({ kind: "bytes", to, bytes });
    };
    for (const item of items) {
      if (from === this.#fault.from) this.#take(item, put);
      else put(item.bytes);
    }
    return actions;
  }

  ended(): WebSocketAction[] {
    if (this.#outcome.kind === "waiting") this.#outcome = { kind: "undone", reason: this.#reason() };
    return [];
  }

  wake(): WebSocketAction[] {
    return [];
  }

  #reason(): string {
    const { kind, from } = this.#fault;
    if (this.#isLost) return "frames of the WebSocket can't be read";
    if (this.#isTooLong) return "a message is larger than can be held";
    return kind === "websocket.no-pong"
      ? `the ${from} sent no ${this.#pongs === 0 ? "pong" : "more pongs"}`
      : `of the ${from}'s ${writeCount(this.#messages, "message")} none was chosen`;
  }

  #take(item: FrameItem, put: (bytes: Uint8Array) => void): void {
    if (item.kind === "malformed" || item.kind === "opaque") {
      this.#isLost = true;
      put(item.bytes);
      return;
    }
    if (item.kind === "head") this.#begin(item);
    const isMeant = this.#isMeant();
    const fault = this.#fault;
    if (!isMeant || fault.kind === "websocket.duplicate") put(item.bytes);
    if (isMeant && fault.kind === "websocket.duplicate") this.#keep(item.bytes);
    if (item.kind !== "end") return;
    if (isMeant && fault.kind !== "websocket.duplicate") this.#outcome = { kind: "done" };
    if (item.message === null) return;
    this.#messages++;
    this.#isChosen = false;
    const copy = this.#copy?.take();
    this.#copy = undefined;
    if (copy === undefined) return;
    put(copy);
    this.#outcome = { kind: "done" };
  }

  #begin(head: FrameHead): void {
    this.#frame = head;
    const fault = this.#fault;
    if (fault.kind === "websocket.no-pong") {
      if (head.type === "pong") this.#pongs++;
      return;
    }
    if (head.type !== "text" && head.type !== "binary") return;
    this.#isChosen = isChosen(fault.messages, this.#messages, head.type, this.#random);
    if (this.#isChosen && fault.kind === "websocket.duplicate") this.#copy = new CollectedBytes();
  }

  /** Whether what is being read is what the fault is about. */
  #isMeant(): boolean {
    const type = this.#frame?.type;
    if (type === undefined) return false;
    if (this.#fault.kind === "websocket.no-pong")
      return type === "pong" && this.#pongs > this.#fault.afterPongs;
    return this.#isChosen && !isControl(OPCODES[type]);
  }

  #keep(bytes: Uint8Array): void {
    if (this.#copy === undefined) return;
    if (this.#copy.length + bytes.length <= webSocketLimits.maxDuplicateBytes) this.#copy.push(bytes);
    else {
      this.#copy = undefined;
      this.#isTooLong = true;
    }
  }
}

/** Whether a message is chosen. */
function isChosen(
  { indices, types, every, probability }: MessageSelector,
  index: number,
  type: "text" | "binary",
  random: WebSocketContext["random"],
): boolean {
  if (types !== null && !types.includes(type)) return false;
  if (indices !== null && !indices.includes(index)) return false;
  if (every !== null && (index + 1) % every !== 0) return false;
  return probability === null || random("select-message", index) < probability;
}
