/** Counts the events of streams that pass unchanged, whatever their format. */
import {
  type ContentCoding,
  type ContentCodings,
  STREAM_FORMATS,
  type StreamFormat,
  streamFormatOf,
} from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import { codingOf } from "./coded-body.ts";

/** Counts events as they pass. */
export interface PassingCounter {
  /** Events that are whole so far; `undefined` where the stream can't be read to its end. */
  readonly events: number | undefined;
  /** Where it is in its stream, where another counter can go on there. */
  readonly place?: EventCounterPlace;
  /** Takes a part of the body. */
  push(data: Uint8Array): void;
  /** The body has ended. */
  finish(): void;
}

const lf = 10;
const cr = 13;
const colon = 58;

/** Where a counter is in its stream. */
export interface EventCounterPlace {
  readonly events: number;
  readonly isLineEmpty: boolean;
  readonly hasField: boolean;
  readonly afterCr: boolean;
}

/**
 * Counts the events of a stream as readers of it would: blocks that an empty line ends and that hold more than comments
 * (HTML Standard section 9.2.6). Line ends are LF, CR or both.
 */
export class EventCounter implements PassingCounter {
  #events = 0;
  #isLineEmpty = true;
  #hasField = false;
  #afterCr = false;

  /** Events that are whole so far. */
  get events(): number {
    return this.#events;
  }

  /** Where it is, for another one to {@link resume}. */
  get place(): EventCounterPlace {
    return {
      events: this.#events,
      isLineEmpty: this.#isLineEmpty,
      hasField: this.#hasField,
      afterCr: this.#afterCr,
    };
  }

  /** Goes on where another counter was. */
  resume({ events, isLineEmpty, hasField, afterCr }: EventCounterPlace): void {
    this.#events = events;
    this.#isLineEmpty = isLineEmpty;
    this.#hasField = hasField;
    this.#afterCr = afterCr;
  }

  push(data: Uint8Array): void {
    for (const byte of data) {
      const isRestOfEnd = byte === lf && this.#afterCr;
      this.#afterCr = byte === cr;
      if (isRestOfEnd) continue;
      if (byte === lf || byte === cr) this.#endLine();
      else if (this.#isLineEmpty) {
        this.#isLineEmpty = false;
        if (byte !== colon) this.#hasField = true;
      }
    }
  }

  /** What is not whole is no event. */
  finish(): void {}

  #endLine(): void {
    if (this.#isLineEmpty && this.#hasField) {
      this.#events++;
      this.#hasField = false;
    }
    this.#isLineEmpty = true;
  }
}

/** Counts the units of any other format with its own reader, which holds one unit at the most. */
class UnitCounter implements PassingCounter {
  readonly #reader: ReturnType<StreamFormat["reader"]>;
  #events: number | undefined = 0;

  constructor(format: StreamFormat) {
    this.#reader = format.reader();
  }

  get events(): number | undefined {
    return this.#events;
  }

  push(data: Uint8Array): void {
    if (this.#events !== undefined) this.#count(this.#reader.push(data));
  }

  finish(): void {
    if (this.#events !== undefined) this.#count(this.#reader.finish());
  }

  #count(items: ReturnType<ReturnType<StreamFormat["reader"]>["push"]>): void {
    for (const { kind } of items)
      if (kind === "opaque") this.#events = undefined;
      else if (kind === "event" && this.#events !== undefined) this.#events++;
  }
}

/** A counter that goes on where another one was. */
export function eventCounterAt(place: EventCounterPlace): EventCounter {
  const counter = new EventCounter();
  counter.resume(place);
  return counter;
}

/** Counts the events of a stream that is coded; the stream itself passes as it came. */
class CodedCounter implements PassingCounter {
  readonly #coding: ContentCoding;
  #counter: PassingCounter | undefined;

  constructor(coding: ContentCoding, counter: PassingCounter) {
    this.#coding = coding;
    this.#counter = counter;
  }

  /** `undefined` also once the coding can't be read, since more may have come. */
  get events(): number | undefined {
    return this.#counter?.events;
  }

  push(data: Uint8Array): void {
    const counter = this.#counter;
    if (counter === undefined) return;
    if (this.#coding.opener.push(data, (content) => counter.push(content)) === null) return;
    this.#counter = undefined;
    this.#coding.close();
  }

  finish(): void {
    this.#counter?.finish();
    this.#coding.close();
  }
}

/** A counter for a response whose body is a stream of events that can be read; `undefined` for any other. */
export function eventCounterFor(
  headers: readonly Header[],
  target: string,
  codings: ContentCodings | null = null,
): PassingCounter | undefined {
  const format = streamFormatOf(headers, target);
  const coding = format === null ? null : codingOf(headers, codings);
  if (format === null || typeof coding === "string") return undefined;
  const counter = format === "sse" ? new EventCounter() : new UnitCounter(STREAM_FORMATS[format]);
  return coding === null ? counter : new CodedCounter(coding, counter);
}
