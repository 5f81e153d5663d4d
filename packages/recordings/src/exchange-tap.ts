/**
 * Listens to what is said to an upstream over one connection of HTTP/1.1, and to what it says, and gives each exchange once it
 * is over. A machine: it sends nothing, changes nothing and has no clock of its own.
 */
import { LENIENT_RESPONSES, type RequestHead, RequestReader, ResponseReader } from "@faultwire/http1";
import { authorityOf } from "./authority.ts";
import { type HeldExchange, HeldExchanges } from "./held-exchanges.ts";
import { joined } from "./joined.ts";
import type { RecordedBytes, RecordedEnd, RecordedExchange } from "./recorded-exchange.ts";
import { recordingLimits } from "./recording-limits.ts";

/**
 * Why something was not recorded.
 *
 * - `not-http1`: what was said is not HTTP/1.1, or not any more: a WebSocket, a tunnel
 * - `not-http2`: what was said is not HTTP/2 as it should be
 * - `interleaved`: a client of HTTP/2 said more of its request once it had read some of the answer: no replay could do that
 * - `too-large`: more than `maxExchangeBytes` of one exchange, or more than `maxFileBytes` of its file
 * - `too-much`: exchanges under way held more than `maxHeldBytes` together, and this one the most of them
 * - `compressed-secret`: a compressed body holds a secret, which can't be masked there
 * - `unopened`: a compressed body can't be opened, so that nobody knows whether it holds a secret
 * - `unreachable`: the real API could not be reached, which is no answer of its own
 * - `unanswered`: the connection ended before anything of a response had come
 * - `incomplete`: a client went away, or a fault cut it off, before all of an exchange had come
 * - `pipelined`: more requests than `maxOutstanding` waited for their responses
 */
export type LeftReason =
  | "not-http1"
  | "not-http2"
  | "interleaved"
  | "too-large"
  | "too-much"
  | "compressed-secret"
  | "unopened"
  | "unreachable"
  | "unanswered"
  | "incomplete"
  | "pipelined";

/** What a tap hears, and whom it tells. */
export interface TapOptions<Exchange> {
  /** Of the connection: `https` where TLS was opened. */
  readonly scheme: "http" | "https";
  /** The connection's host, for a request that names none. */
  readonly host: string;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly wallNow: () => number;
  /**
   * Told of each exchange when it is over, in the order of the requests; nothing of it is masked.
   *
   * @param letGo - Call it once nothing of the exchange is held any more: until then it counts among what {@link held} holds.
   */
  readonly recorded: (exchange: Exchange, letGo: () => void) => void;
  /** A total that other taps share. Default: one of this tap's own, of `maxHeldBytes`. */
  readonly held?: HeldExchanges;
  /** Told what was not recorded, and why. */
  readonly left: (reason: LeftReason) => void;
}

/** Of a tap for HTTP/1.1. */
export type ExchangeTapOptions = TapOptions<RecordedExchange>;

/** Hears one connection, whatever version of HTTP is spoken on it. */
export interface ConnectionTap {
  /** These bytes went to the upstream. */
  toUpstream(bytes: Uint8Array): void;
  /** The upstream said these bytes. */
  fromUpstream(bytes: Uint8Array): void;
  /** The upstream's connection has ended. */
  upstreamEnded(how: "fin" | "reset"): void;
  /** What is said here is not recorded, for that reason; nothing more is heard. */
  leave(reason: LeftReason): void;
  /** The connection is over. */
  finish(): void;
}

/** An exchange that is under way. */
interface Going extends HeldExchange {
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
export class ExchangeTap implements ConnectionTap {
  readonly #options: ExchangeTapOptions;
  readonly #held: HeldExchanges;
  readonly #requests = new RequestReader();
  readonly #responses = new ResponseReader({}, LENIENT_RESPONSES);
  /** In the order of their requests; the response of the first one is due. */
  #going: Going[] = [];
  /** Whether the response that is due says that its connection ends behind it. */
  #closes = false;
  #isOver = false;

  constructor(options: ExchangeTapOptions) {
    this.#options = options;
    this.#held = options.held ?? new HeldExchanges(recordingLimits.maxHeldBytes);
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

  /** What is said here is not recorded, for that reason; nothing more is heard. */
  leave(reason: LeftReason): void {
    if (!this.#isOver) this.#giveUp(reason);
  }

  /** The connection is over. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const [first] = this.#going;
    if (first?.parts.length) this.#options.left("incomplete");
    else if (first?.sentAtMs !== undefined) this.#options.left("unanswered");
    this.#forget();
  }

  #begin(head: RequestHead): void {
    if (this.#going.length >= recordingLimits.maxOutstanding) {
      this.#giveUp("pipelined");
      return;
    }
    this.#responses.expect(head.method);
    const going: Going = {
      head,
      recordedAt: new Date(this.#options.wallNow()).toISOString(),
      ...{ body: [], sentAtMs: undefined, end: undefined, parts: [], bytes: 0, isTooLarge: false },
      heldBytes: 0,
      giveWay: () => this.#giveWay(going, "too-much"),
    };
    this.#going.push(going);
    this.#held.add(going, head.bytes.length);
  }

  #heard(bytes: Uint8Array, atMs: number): void {
    const going = this.#going[0];
    if (!going) return;
    // One that is not kept only has to be known to have been answered.
    if (going.isTooLarge && going.parts.length > 0) return;
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
    if (going.bytes > recordingLimits.maxExchangeBytes) {
      this.#held.release(going);
      this.#giveWay(going, "too-large");
    } else if (this.#held.add(going, bytes.length)) place(going)?.push(new Uint8Array(bytes));
  }

  #giveWay(going: Going, reason: "too-large" | "too-much"): void {
    going.isTooLarge = true;
    going.body.length = 0;
    for (const { pieces } of going.parts) pieces.length = 0;
    this.#options.left(reason);
  }

  #forget(): void {
    for (const going of this.#going) this.#held.release(going);
    this.#going = [];
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
    if (going.isTooLarge) {
      this.#held.release(going);
      return;
    }
    const letGo = this.#held.keep(going);
    const { scheme, host, recorded } = this.#options;
    const { head, sentAtMs } = going;
    const parts = going.parts.map(
      ({ atMs, pieces }): RecordedBytes => ({
        atMs: Math.round(1000 * Math.max(0, atMs - sentAtMs)) / 1000,
        bytes: joined(pieces),
      }),
    );
    const exchange = {
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
    };
    recorded(exchange, letGo);
  }

  #giveUp(reason: LeftReason): void {
    this.#isOver = true;
    this.#forget();
    this.#options.left(reason);
  }
}
