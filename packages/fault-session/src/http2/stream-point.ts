/** Where in a response a fault of HTTP/2 strikes: bytes or events of its body, counted without changing it. */
import {
  type ContentCoding,
  type ContentCodings,
  eventMeaning,
  type FormatName,
  type Http2Fault,
  type Http2Point,
  STREAM_FORMATS,
  type StreamItem,
  type UnitReader,
} from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import { codingOf } from "../http/coded-body.ts";

/** The point of a fault; `undefined` where it has none: it strikes with the request, or with the response's head. */
export function pointOf(fault: Http2Fault): Http2Point | undefined {
  switch (fault.kind) {
    case "http2.reset":
    case "http2.goaway":
      return fault.at;
    case "http2.frame":
      return fault.at ?? undefined;
    case "http2.settings":
    case "http2.window":
    case "http2.ping":
    case "http2.headers":
      return undefined;
    default:
      return fault satisfies never;
  }
}

/** A point that is looked for in a body as it comes. */
export interface BodyPoint {
  /** The point is where the body begins. */
  readonly isAtStart: boolean;
  /** Why it can't be found any more, in words; `null` while it may be. */
  readonly lostReason: string | null;
  /** Takes the next part of the body. @returns how many bytes of it come before the point, where that is in it. */
  push(data: Uint8Array): number | undefined;
  /** It is not looked for any more. */
  close(): void;
}

/**
 * The point of a response; a text says why it has none.
 *
 * @param format - What the body is written in, where it is a stream.
 */
export function pointIn(
  at: Exclude<Http2Point, { readonly kind: "moment" }>,
  headers: readonly Header[],
  format: FormatName | null,
  codings: ContentCodings | null,
): BodyPoint | string {
  if (at.kind !== "events") return new StreamPoint(at, format);
  if (format === null) return "the response is no event stream";
  if (at.events === 0) return new StreamPoint(at, format);
  const ahead = codingOf(headers, codings);
  if (typeof ahead === "string") return ahead;
  if (ahead === null) return new StreamPoint(at, format);
  const behind = codingOf(headers, codings);
  if (behind !== null && typeof behind !== "string") return new CodedPoint(at, format, ahead, behind);
  ahead.close();
  return behind ?? "the response is compressed";
}

/**
 * The same in a body that is compressed, which passes as it came: the point is behind the byte with which the last of the events can be
 * read. Two readers go over the body. The first takes a part as a whole; where the events come in it, the second one, which has
 * what was before, takes it byte by byte. Single bytes cost much, and so only that part is read so.
 */
class CodedPoint implements BodyPoint {
  readonly isAtStart = false;
  lostReason: string | null = null;
  readonly #ahead: CodedEvents;
  readonly #behind: CodedEvents;

  constructor(
    at: Extract<Http2Point, { readonly kind: "events" }>,
    format: FormatName,
    ahead: ContentCoding,
    behind: ContentCoding,
  ) {
    this.#ahead = new CodedEvents(ahead, new StreamPoint(at, format));
    this.#behind = new CodedEvents(behind, new StreamPoint(at, format));
  }

  push(data: Uint8Array): number | undefined {
    if (this.lostReason !== null) return undefined;
    const { hasCome, lostReason } = this.#ahead.push(data);
    if (!hasCome) {
      if (lostReason === null) this.#behind.push(data);
      else this.#lose(lostReason);
      return undefined;
    }
    for (let at = 0; at < data.length; at++)
      if (this.#behind.push(data.subarray(at, at + 1)).hasCome) return at + 1;
    return data.length;
  }

  close(): void {
    this.#ahead.close();
    this.#behind.close();
  }

  #lose(reason: string): void {
    this.lostReason = reason;
    this.close();
  }
}

/** Opens a body, and looks for a point in its content. */
class CodedEvents {
  readonly #coding: ContentCoding;
  readonly #point: StreamPoint;
  hasCome = false;
  lostReason: string | null = null;

  constructor(coding: ContentCoding, point: StreamPoint) {
    this.#coding = coding;
    this.#point = point;
  }

  push(data: Uint8Array): this {
    const why = this.#coding.opener.push(data, (content) => {
      if (!this.hasCome && this.#point.push(content) !== undefined) this.hasCome = true;
    });
    if (why !== null)
      this.lostReason = `the response is compressed, and its ${this.#coding.name} can't be read: ${why}`;
    return this;
  }

  close(): void {
    this.#coding.close();
  }
}

/** Finds a point in a body that comes in parts. */
export class StreamPoint implements BodyPoint {
  readonly lostReason = null;
  readonly #at: Exclude<Http2Point, { readonly kind: "moment" }>;
  readonly #reader: UnitReader;
  /** Bytes, or events, that are still to come before it. */
  #left: number;
  /** Bytes that the reader of events has taken and not given out: a CR whose LF may follow. */
  #unread = 0;

  /** @param format - What the body is written in, where it is a stream. */
  constructor(at: Exclude<Http2Point, { readonly kind: "moment" }>, format: FormatName | null) {
    this.#at = at;
    this.#reader = STREAM_FORMATS[format ?? "sse"].reader();
    this.#left = at.kind === "bytes" ? at.bytes : at.events;
  }

  /** The point is where the body begins. */
  get isAtStart(): boolean {
    return this.#left === 0;
  }

  /** Takes the next part of the body. @returns how many bytes of it come before the point, where that is in it. */
  push(data: Uint8Array): number | undefined {
    if (this.#at.kind === "events") return this.#countEvents(data);
    if (data.length < this.#left) {
      this.#left -= data.length;
      return undefined;
    }
    return this.#left;
  }

  close(): void {}

  #countEvents(data: Uint8Array): number | undefined {
    let read = -this.#unread;
    for (const item of this.#reader.push(data)) {
      read += item.bytes.length;
      if (isCounted(item) && --this.#left === 0) return Math.max(0, read);
    }
    this.#unread = data.length - read;
    return undefined;
  }
}

const isCounted = (item: StreamItem): boolean => item.kind === "event" && !eventMeaning(item.event).isPing;
