import { CollectedBytes } from "@faultwire/http1/internal";
import type { ModelFault } from "../faults/model-faults.ts";
import { eventJson } from "../formats/event-meaning.ts";
import type { StreamFormat } from "../formats/stream-format.ts";
import type { EventItem, StreamItem, UnitReader } from "../formats/stream-item.ts";
import { UnitJoiner } from "../formats/unit-joiner.ts";
import { jsonMember } from "../json-value.ts";
import { fromUtf8, utf8 } from "../text.ts";
import { AnswerChanger } from "./change-answer.ts";
import type { FaultMachine, FaultOutcome, StreamAction } from "./fault-machine.ts";
import { ScheduledOutput } from "./scheduled-output.ts";

/** Bytes of a plain answer that are held to be changed. Answers are far smaller; a download is not to be stored. */
const MAX_ANSWER_BYTES = 4_194_304;

const NOTHING: Uint8Array = new Uint8Array(0);

const NOTHING_TO_CHANGE: FaultOutcome = {
  kind: "undone",
  reason: "nothing in the answer is touched by this fault",
};

/** Model faults on a stream: each event is changed, dropped or passed as it is. */
export class ModelStreamMachine implements FaultMachine {
  readonly #changer: AnswerChanger;
  readonly #format: StreamFormat;
  readonly #reader: UnitReader;
  readonly #joiner: UnitJoiner;
  readonly #output = new ScheduledOutput();
  /** The event that is not complete. */
  readonly #held = new CollectedBytes();
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: ModelFault, format: StreamFormat) {
    this.#changer = new AnswerChanger(fault);
    this.#format = format;
    this.#reader = format.reader();
    this.#joiner = new UnitJoiner(format);
  }

  readonly wakeAtMs: undefined = undefined;

  get pendingBytes(): number {
    return this.#held.length + this.#joiner.pendingBytes;
  }
  get isOver(): boolean {
    return this.#output.isOver;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    if (this.#output.isClosed) return [];
    for (const item of this.#reader.push(data)) this.#read(item, nowMs);
    return this.#output.take(nowMs);
  }

  wake(nowMs: number): StreamAction[] {
    return this.#output.take(nowMs);
  }

  finish(nowMs: number): StreamAction[] {
    for (const item of this.#reader.finish()) this.#read(item, nowMs);
    this.#put(this.#joiner.flush(), nowMs);
    if (this.#outcome.kind === "waiting") this.#outcome = NOTHING_TO_CHANGE;
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
  }

  #put(bytes: Uint8Array, nowMs: number): void {
    this.#output.putBytes(bytes, nowMs, nowMs);
  }

  #read(item: StreamItem, nowMs: number): void {
    if (item.kind === "part") {
      this.#held.push(item.bytes);
      return;
    }
    const held = item.kind === "event" || item.kind === "opaque" ? this.#held.take() : NOTHING;
    if (item.kind === "opaque" && held.length > 0) this.#put(this.#joiner.beginning(held), nowMs);
    if (item.kind === "event") this.#change(item, nowMs);
    else this.#put(this.#joiner.take(item), nowMs);
  }

  #change(item: EventItem, nowMs: number): void {
    const { event, whole, closing } = item;
    const json = eventJson(event);
    const answer = this.#changer.change(json);
    if (answer.kind === "same") {
      this.#put(this.#joiner.take(item, whole), nowMs);
      return;
    }
    this.#outcome = { kind: "done" };
    if (answer.kind === "dropped") {
      this.#joiner.skip();
      return;
    }
    for (const text of answer.before ?? []) this.#put(this.#joiner.unit(this.#format.encode(text)), nowMs);
    const type = jsonMember(answer.json, "type");
    // An event is named after the type in its data.
    const isRenamed =
      typeof type === "string" && event.name === jsonMember(json, "type") && event.name !== type;
    const change = { ...(isRenamed && { name: type }), data: JSON.stringify(answer.json) };
    this.#put(this.#joiner.unit(this.#format.change(whole, change), closing), nowMs);
  }
}

/** Model faults on a plain answer: it is held until it is complete, and goes out changed, in one piece. */
export class ModelBodyMachine implements FaultMachine {
  readonly #changer: AnswerChanger;
  readonly #output = new ScheduledOutput();
  readonly #held = new CollectedBytes();
  #outcome: FaultOutcome = { kind: "waiting" };

  constructor(fault: ModelFault) {
    this.#changer = new AnswerChanger(fault);
  }

  readonly wakeAtMs: undefined = undefined;

  get pendingBytes(): number {
    return this.#held.length;
  }
  get isOver(): boolean {
    return this.#output.isOver;
  }
  get outcome(): FaultOutcome {
    return this.#outcome;
  }

  push(data: Uint8Array, nowMs: number): StreamAction[] {
    if (this.#output.isClosed) return [];
    if (this.#outcome.kind === "waiting" && this.#held.length + data.length <= MAX_ANSWER_BYTES) {
      this.#held.push(data);
      return [];
    }
    this.#output.putBytes(this.#held.take(), nowMs, nowMs);
    if (this.#outcome.kind === "waiting")
      this.#outcome = { kind: "undone", reason: `the answer is larger than ${MAX_ANSWER_BYTES} bytes` };
    this.#output.putBytes(data, nowMs, nowMs);
    return this.#output.take(nowMs);
  }

  wake(nowMs: number): StreamAction[] {
    return this.#output.take(nowMs);
  }

  finish(nowMs: number): StreamAction[] {
    if (this.#outcome.kind === "waiting") {
      const body = this.#held.take();
      const changed = this.#changed(body);
      this.#outcome = changed === undefined ? NOTHING_TO_CHANGE : { kind: "done" };
      this.#output.putBytes(changed ?? body, nowMs, nowMs);
    }
    this.#output.put({ kind: "end" }, nowMs);
    return this.#output.take(nowMs);
  }

  #changed(body: Uint8Array): Uint8Array | undefined {
    let json: unknown;
    try {
      json = JSON.parse(fromUtf8(body));
    } catch {
      return undefined;
    }
    const answer = this.#changer.change(json);
    return answer.kind === "changed" ? utf8(JSON.stringify(answer.json)) : undefined;
  }
}
