/** What a replay says to a request, whichever version of HTTP asks. */
import type { Duplex } from "node:stream";
import { encodeResponse, type Header } from "@faultwire/http1";
import type { ConnectionTap } from "./exchange-tap.ts";
import type { HeldExchanges } from "./held-exchanges.ts";
import type { TappedConnection } from "./open-recorder.ts";
import type { RecordedRequest, RecordedResponse } from "./recorded-exchange.ts";
import type { Recordings } from "./recordings.ts";

/** A request that a replay has answered. */
export interface ReplayedRequest {
  /** As it stood in the request. */
  readonly method: string;
  /** Path and query, with what looks like a key in it. */
  readonly target: string;
  /** As the request named it, in small letters. */
  readonly host: string;
  /** Why no recording answered it, in words; `undefined` where one did. */
  readonly missing: string | undefined;
  /** What {@link ReplayOptions.markHeader} said of it; left out where there is none. */
  readonly mark?: string;
  /** It went on to the real API instead. */
  readonly isPassed?: true;
}

/** The way to the real APIs, for what was never recorded. */
export interface PassOn {
  /**
   * Opens a connection on which a request of HTTP/1.1 is said in absolute form (RFC 9112 section 3.2.2), as a proxy takes it, and
   * the API's answer comes. One for each request. An answer with `x-faultwire: upstream-unreachable` or `x-faultwire: refused` is
   * one of a proxy on the way, which did not reach the API.
   */
  readonly connect: () => Duplex;
  /** Who hears what is passed on: `tap` of a recorder. */
  readonly tap?: (connection: TappedConnection) => ConnectionTap | undefined;
}

/** What the connections of a replay share. */
export interface Answering {
  readonly recordings: Recordings;
  /** How many times as fast as recorded. */
  readonly speed: number;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly after: (delayMs: number, action: () => void) => () => void;
  readonly log: (request: ReplayedRequest) => void;
  readonly unreached: (request: ReplayedRequest) => void;
  /** Bodies of requests that are under way, of all connections. */
  readonly held: HeldExchanges;
  readonly pass: PassOn | undefined;
  /** As of the replay's options, in small letters. */
  readonly markHeader: string | undefined;
}

/** How long a reset stays behind the last byte, in ms: clients of Node take one that comes together with bytes for a FIN. */
export const resetGapMs = 50;

/** What becomes of a request. */
export interface Answer {
  /** As the log was told. */
  readonly told: ReplayedRequest;
  /** `undefined` where the request is to go on. */
  readonly response: RecordedResponse | undefined;
}

/** The response to a request, which is told to the log. */
export function answerTo({ recordings, log, pass, markHeader }: Answering, request: RecordedRequest): Answer {
  const { method, target, host } = request;
  const found = recordings.take(request);
  const missing = found.exchange ? undefined : found.why;
  const isPassed = missing !== undefined && pass !== undefined;
  const mark = request.headers.findLast(([name]) => name.toLowerCase() === markHeader)?.[1];
  const told: ReplayedRequest = {
    ...{ method, target, host, missing },
    ...(mark !== undefined && { mark }),
    ...(isPassed && { isPassed }),
  };
  log(told);
  if (found.exchange) return { told, response: found.exchange.response };
  return { told, response: isPassed ? undefined : notRecorded(method, found.why) };
}

/** What a request gets that was never recorded: an error as APIs write them, and a header that tells it from theirs. */
function notRecorded(method: string, why: string): RecordedResponse {
  const bytes = refusal(method, 404, "not_recorded_error", `Faultwire's replay has no answer: ${why}`);
  return { parts: [{ atMs: 0, bytes }], end: "open" };
}

/** A response of our own. All but a 404 end the connection. */
export function refusal(method: string, status: number, type: string, message: string): Uint8Array {
  const body = new TextEncoder().encode(`${JSON.stringify({ type: "error", error: { type, message } })}\n`);
  const headers: readonly Header[] = [
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
    ...(status === 404 ? ([["x-faultwire-replay", "not-recorded"]] as const) : []),
    ["x-should-retry", "false"],
  ];
  return encodeResponse({ status, headers, body }, { method, close: status !== 404 });
}

/** The bodies of all requests under way were too much together. */
export const tooMuchHeld = "the requests under way hold too many bytes together; fewer at a time may pass";
