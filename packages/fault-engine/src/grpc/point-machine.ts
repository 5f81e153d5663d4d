import {
  encodePrefix,
  type MessageHead,
  type MessageItem,
  MessageReader,
  PREFIX_BYTES,
} from "@faultwire/grpc";
import type { GrpcFault, GrpcGarbage } from "../faults/grpc-faults.ts";
import type { FaultMachine, FaultOutcome, MachineContext, StreamAction } from "../machines/fault-machine.ts";
import { writeCount } from "../write-count.ts";
import { statusTrailers } from "./status-answer.ts";

/** A fault at a point of a call's response. */
export type GrpcPointFault = GrpcFault & { readonly afterMessages: number };

type Phase =
  /** The point has not come. */
  | "passing"
  /** The point has come, and the message behind it has not. */
  | "due"
  /** A message is going to be cut in its middle. */
  | "cutting"
  /** All done; what comes passes. */
  | "passed"
  /** The call has ended; what comes is dropped. */
  | "over";

/** `grpc.status` behind messages, `grpc.cut`, `grpc.garbage`: messages pass unchanged up to a point; there the call fails. */
export class GrpcPointMachine implements FaultMachine {
  readonly #fault: GrpcPointFault;
  readonly #context: MachineContext;
  readonly #reader = new MessageReader();
  #phase: Phase = "passing";
  #messages = 0;
  /** Bytes of the message that is being cut, before the cut. */
  #leftBytes = 0;
  #outcome: FaultOutcome = { kind: "waiting" };
  #actions: StreamAction[] = [];
  /** Bytes that go out as one. */
  #bytes: Uint8Array[] = [];

  constructor(fault: GrpcPointFault, context: MachineContext) {
    this.#fault = fault;
    this.#context = context;
    if (fault.afterMessages === 0 && !this.#endsAtOnce) this.#phase = "due";
  }

  get wakeAtMs(): number | undefined {
    return this.#phase === "passing" && this.#fault.afterMessages === 0 ? this.#context.startMs : undefined;
  }
  get pendingBytes(): number {
    return this.#reader.pendingBytes;
  }
  get isOver(): boolean {
    return this.#phase === "over";
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  push(data: Uint8Array, _nowMs: number): StreamAction[] {
    this.#begin();
    if (this.#phase !== "over") for (const item of this.#reader.push(data)) this.#take(item);
    return this.#given();
  }

  wake(_nowMs: number): StreamAction[] {
    this.#begin();
    return this.#given();
  }

  finish(_nowMs: number): StreamAction[] {
    this.#begin();
    if (this.#phase === "over") return this.#given();
    for (const item of this.#reader.finish()) this.#take(item);
    if (this.#outcome.kind === "waiting") {
      const messages = writeCount(this.#messages, "message");
      this.#undone(`the call ended after ${messages}, before the point of the fault`);
    }
    this.#end({ kind: "end" });
    return this.#given();
  }

  /** Whether the call ends at its point, and not in the message behind it. */
  get #endsAtOnce(): boolean {
    const fault = this.#fault;
    return fault.kind === "grpc.status" || (fault.kind === "grpc.cut" && !fault.midMessage);
  }

  /** A point behind no message at all has come. */
  #begin(): void {
    if (this.#phase === "passing" && this.#fault.afterMessages === 0) this.#reach();
  }

  #take(item: MessageItem): void {
    switch (this.#phase) {
      case "passing":
        this.#pass(item.bytes);
        if (item.kind === "end" && ++this.#messages === this.#fault.afterMessages) this.#reach();
        break;
      case "due":
        if (item.kind === "head") this.#strike(item);
        else this.#pass(item.bytes);
        break;
      case "cutting":
        this.#cut(item.bytes);
        break;
      case "passed":
        this.#pass(item.bytes);
        break;
      case "over":
        return;
      default:
        this.#phase satisfies never;
    }
    if (item.kind === "malformed") this.#undone("the messages of the response can't be read");
  }

  #reach(): void {
    if (this.#endsAtOnce) this.#stop();
    else this.#phase = "due";
  }

  /** The message behind the point begins. */
  #strike(head: MessageHead): void {
    const fault = this.#fault;
    if (fault.kind === "grpc.garbage") {
      this.#pass(brokenPrefix(fault.how, head));
      this.#phase = "passed";
      this.#outcome = { kind: "done" };
      return;
    }
    this.#phase = "cutting";
    this.#leftBytes = Math.floor((PREFIX_BYTES + head.messageBytes) / 2);
    this.#cut(head.bytes);
  }

  #cut(bytes: Uint8Array): void {
    const before = bytes.subarray(0, this.#leftBytes);
    this.#pass(before);
    this.#leftBytes -= before.length;
    if (this.#leftBytes === 0) this.#stop();
  }

  /** The call ends here. */
  #stop(): void {
    const fault = this.#fault;
    this.#outcome = { kind: "done" };
    if (fault.kind === "grpc.status")
      this.#end({ kind: "end", trailers: statusTrailers(fault, this.#context.marker ?? null) });
    else if (fault.kind === "grpc.cut" && fault.stop === "no-trailers")
      this.#end({ kind: "end", trailers: [] });
    else this.#end({ kind: fault.kind === "grpc.cut" && fault.stop === "reset" ? "reset" : "close" });
  }

  #end(action: StreamAction): void {
    this.#flush();
    this.#phase = "over";
    this.#actions.push(action);
  }

  #undone(reason: string): void {
    if (this.#outcome.kind === "waiting") this.#outcome = { kind: "undone", reason };
    if (this.#phase !== "over") this.#phase = "passed";
  }

  #pass(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#bytes.push(bytes);
  }

  #flush(): void {
    const [first, ...more] = this.#bytes;
    this.#bytes = [];
    if (first)
      this.#actions.push({ kind: "bytes", bytes: more.length === 0 ? first : concat([first, ...more]) });
  }

  #given(): StreamAction[] {
    this.#flush();
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Every bit of the length is set: 4 GiB less one. */
const longest = 0xffff_ffff;
/** A flag that PROTOCOL-HTTP2 does not have. */
const reserved = 2;

function brokenPrefix(how: GrpcGarbage, { messageBytes, isCompressed }: MessageHead): Uint8Array {
  const flag = isCompressed ? 1 : 0;
  switch (how) {
    case "compressed-flag":
      return encodePrefix(messageBytes, 1 - flag);
    case "reserved-flag":
      return encodePrefix(messageBytes, reserved | flag);
    case "oversized-length":
      return encodePrefix(longest, flag);
    case "long-length":
      return encodePrefix(Math.min(messageBytes + 1, longest), flag);
    default:
      return how satisfies never;
  }
}
