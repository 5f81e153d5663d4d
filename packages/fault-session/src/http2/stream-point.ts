/** Where in a response a fault of HTTP/2 strikes: bytes or events of its body, counted without changing it. */
import {
  eventMeaning,
  type FormatName,
  type Http2Fault,
  type Http2Point,
  STREAM_FORMATS,
  type StreamItem,
  type UnitReader,
} from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import { hasContentCoding } from "../http/coded-body.ts";

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

/** Why a response has no such point; `null` where it may have it. */
export function whyNoPoint(
  at: Http2Point,
  headers: readonly Header[],
  format: FormatName | null,
): string | null {
  if (at.kind !== "events") return null;
  if (format === null) return "the response is no event stream";
  return hasContentCoding(headers) ? "the response is compressed" : null;
}

/** Finds a point in a body that comes in parts. */
export class StreamPoint {
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
