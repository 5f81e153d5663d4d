/**
 * Listens to what is said to an upstream over one connection of HTTP/1.1, and to what it says, and gives each exchange once it
 * is over. A machine: it sends nothing, changes nothing and has no clock of its own.
 */
import { LENIENT_RESPONSES, type RequestHead, RequestReader, ResponseReader } from "@faultwire/http1";
import { authorityOf } from "./authority.ts";
import type { RecordedBytes, RecordedEnd, RecordedExchange } from "./recorded-exchange.ts";
import { recordingLimits } from "./recording-limits.ts";

/**
 * Why something was not recorded.
 *
 * - `not-http1`: what was said is not HTTP/1.1, or not any more: a WebSocket, a tunnel
 * - `http2`: what is spoken is HTTP/2
 * - `too-large`: more than `maxExchangeBytes` of one exchange
 * - `unanswered`: the connection ended before anything of a response had come
 * - `incomplete`: a client went away, or a fault cut it off, before all of an exchange had come
 * - `pipelined`: more requests than `maxOutstanding` waited for their responses
 */
export type LeftReason = "not-http1" | "http2" | "too-large" | "unanswered" | "incomplete" | "pipelined";

/** What a tap hears, and whom it tells. */
export interface ExchangeTapOptions {
  /** Of the connection: `https` where TLS was opened. */
  readonly scheme: "http" | "https";
  /** The connection's host, for a request that names none. */
  readonly host: string;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly wallNow: () => number;
  /** Told of each exchange when it is over, in the order of the requests; nothing of it is masked. */
  readonly recorded: (exchange: RecordedExchange) => void;
  /** Told what was not recorded, and why. */
  readonly left: (reason: LeftReason) => void;
}

/** An exchange that is under way. */
interface Going {
  readonly head: RequestHead;
  readonly recordedAt: string;
  readonly body: Uint8Array[];
  sentAtMs: number | undefined;
  /** How its connection was left behind its response, where that has come before all of the request. */
  end: RecordedEnd | undefined;
  readonly parts: { readonly atMs: number; readonly pieces: Uint8Array[] }[];
  bytes: number;
  isTooLarge: boolean;
}

/**
 * Hears one connection. It never throws over what it hears; what it can't read it tells of once, and hears no more.
 *
 * @example
 * ```ts
 * const { now } = Date;
 * const tap = new ExchangeTap({
 *   scheme: "https",
 *   host: "api.example.com",
 *   now,
 *   wallNow: now,
 *   recorded: ({ request }) => console.log(request.method, request.target),
 *   left: (reason) => console.log("not recorded:", reason),
 * });
 * tap.toUpstream(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n"));
 * ```
 */
export class ExchangeTap {
  readonly #options: ExchangeTapOptions;
  readonly #requests = new RequestReader();
  readonly #responses = new ResponseReader({}, LENIENT_RESPONSES);
  /** In the order of their requests; the response of the first one is due. */
  #going: Going[] = [];
  /** Whether the response that is due says that its connection ends behind it. */
  #closes = false;
  #isOver = false;

  constructor(options: ExchangeTapOptions) {
    this.#options = options;
  }

  /** These bytes went to the upstream. */
  toUpstream(bytes: Uint8Array): void {
    if (this.#isOver) return;
    for (const item of this.#requests.push(bytes)) {
      if (item.kind === "head") this.#begin(item);
      else if (item.kind === "opaque" || item.kind === "malformed") this.#giveUp("not-http1");
      else if (item.kind === "body") this.#keep(this.#going.at(-1), item.data, (going) => going.body);
      else if (item.kind === "end") {
        const going = this.#going.at(-1);
        if (!going) continue;
        going.sentAtMs = this.#options.now();
        if (going.end !== undefined) this.#done(going.end);
      }
      if (this.#isOver) return;
    }
  }

  /** The upstream said these bytes. */
  fromUpstream(bytes: Uint8Array): void {
    if (this.#isOver) return;
    // One moment for all that came together.
    const atMs = this.#options.now();
    for (const item of this.#responses.push(bytes)) {
      if (item.kind === "opaque" || item.kind === "malformed") {
        this.#giveUp("not-http1");
        return;
      }
      if (item.bytes.length > 0) this.#heard(item.bytes, atMs);
      if (item.kind === "head" && !item.keepAlive) this.#closes = true;
      if (item.kind === "end") this.#done(this.#closes ? "fin" : "open");
    }
  }

  /** The upstream's connection has ended. What had come of a response until then is recorded with that end. */
  upstreamEnded(how: "fin" | "reset"): void {
    if (this.#isOver) return;
    const rest = this.#responses.finish();
    for (const { bytes } of rest) if (bytes.length > 0) this.#heard(bytes, this.#options.now());
    if (this.#going[0]?.parts.length) this.#done(how);
    this.finish();
  }

  /** The connection is over. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const [first] = this.#going;
    if (first?.parts.length) this.#options.left("incomplete");
    else if (first?.sentAtMs !== undefined) this.#options.left("unanswered");
    this.#going = [];
  }

  #begin(head: RequestHead): void {
    if (this.#going.length >= recordingLimits.maxOutstanding) {
      this.#giveUp("pipelined");
      return;
    }
    this.#responses.expect(head.method);
    this.#going.push({
      head,
      recordedAt: new Date(this.#options.wallNow()).toISOString(),
      ...{ body: [], sentAtMs: undefined, end: undefined, parts: [], bytes: 0, isTooLarge: false },
    });
  }

  #heard(bytes: Uint8Array, atMs: number): void {
    const going = this.#going[0];
    if (!going) return;
    if (going.parts.at(-1)?.atMs !== atMs) going.parts.push({ atMs, pieces: [] });
    this.#keep(going, bytes, ({ parts }) => parts.at(-1)?.pieces);
  }

  /** Keeps a copy: the memory is the caller's. */
  #keep(
    going: Going | undefined,
    bytes: Uint8Array,
    place: (going: Going) => Uint8Array[] | undefined,
  ): void {
    if (!going || going.isTooLarge || bytes.length === 0) return;
    going.bytes += bytes.length;
    if (going.bytes <= recordingLimits.maxExchangeBytes) {
      place(going)?.push(new Uint8Array(bytes));
      return;
    }
    going.isTooLarge = true;
    going.body.length = 0;
    for (const { pieces } of going.parts) pieces.length = 0;
    this.#options.left("too-large");
  }

  #done(end: RecordedEnd): void {
    this.#closes = false;
    const [going] = this.#going;
    if (!going) return;
    if (going.sentAtMs === undefined) {
      // An early answer: by half of its body no request is found again.
      going.end = end;
      return;
    }
    this.#going.shift();
    if (going.isTooLarge) return;
    const { scheme, host, recorded } = this.#options;
    const { head, sentAtMs } = going;
    const parts = going.parts.map(
      ({ atMs, pieces }): RecordedBytes => ({
        atMs: Math.round(1000 * Math.max(0, atMs - sentAtMs)) / 1000,
        bytes: joined(pieces),
      }),
    );
    recorded({
      recordedAt: going.recordedAt,
      request: {
        scheme,
        host: authorityOf(head.headers, scheme) ?? host,
        method: head.method,
        target: head.target,
        headers: head.headers,
        body: joined(going.body),
      },
      response: { parts, end },
    });
  }

  #giveUp(reason: LeftReason): void {
    this.#isOver = true;
    this.#going = [];
    this.#options.left(reason);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only ? only : new Uint8Array(Buffer.concat(pieces));
}
