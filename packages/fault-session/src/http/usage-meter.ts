/** Reads what a response says about the tokens that it has used, without holding anything up. */
import {
  type ContentCoding,
  type FormatName,
  readUsage,
  STREAM_FORMATS,
  type UnitReader,
} from "@faultwire/fault-engine";
import { CollectedBytes } from "@faultwire/http1/internal";
import type { SettleUsage } from "./request-plan.ts";

/** A plain answer that is longer tells nothing of its usage: an answer of a model is far below. */
const maxAnswerBytes = 4_194_304;

/** Reads from a response how many tokens it says it used, whole or as a stream. */
export class UsageMeter {
  readonly #settle: SettleUsage;
  readonly #events: UnitReader | null;
  readonly #coding: ContentCoding | null;
  /** The body can't be read: nothing is known of what was used. */
  #isUnreadable: boolean;
  readonly #body = new CollectedBytes();
  #isTooLong = false;
  #input: number | null = null;
  #output: number | null = null;
  #isKnown = false;

  /**
   * @param format - What a stream is written in; `null` for a plain answer.
   * @param settle - Called once at the end, with what was found; not at all where nothing was.
   * @param coding - How the body is coded, `null` where it is not; a text says why that can't be undone, so that nothing is found.
   */
  constructor(format: FormatName | null, settle: SettleUsage, coding: ContentCoding | string | null = null) {
    this.#settle = settle;
    this.#isUnreadable = typeof coding === "string";
    this.#coding = typeof coding === "string" ? null : coding;
    this.#events = format && STREAM_FORMATS[format].reader();
  }

  /** Takes the next data of the body. */
  push(data: Uint8Array): void {
    if (this.#isUnreadable) return;
    if (this.#coding === null) this.#take(data);
    else if (this.#coding.opener.push(data, (content) => this.#take(content)) !== null) {
      this.#isUnreadable = true;
      this.#coding.close();
    }
  }

  #take(data: Uint8Array): void {
    if (this.#events) {
      for (const item of this.#events.push(data))
        if (item.kind === "event") this.#read(item.event.data ?? "");
      return;
    }
    this.#isTooLong ||= this.#body.length + data.length > maxAnswerBytes;
    if (this.#isTooLong) this.#body.take();
    else this.#body.push(data);
  }

  /** The body is over: what it said of tokens is settled. */
  finish(): void {
    this.#coding?.close();
    if (this.#body.length > 0) this.#read(new TextDecoder().decode(this.#body.take()));
    if (this.#isKnown) this.#settle(this.#input, this.#output);
  }

  #read(text: string): void {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return;
    }
    const usage = readUsage(json);
    if (!usage) return;
    this.#isKnown = true;
    this.#input = usage.inputTokens ?? this.#input;
    this.#output = usage.outputTokens ?? this.#output;
  }
}
