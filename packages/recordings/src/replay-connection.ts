/** One client of a replay: its requests, one after the other, and the recorded bytes that answer them. */
import type { Socket } from "node:net";
import { encodeResponse, type Header, headerValue, type RequestHead, RequestReader } from "@faultwire/http1";
import { authorityOf } from "./authority.ts";
import { fromLatin1 } from "./latin1.ts";
import type { RecordedEnd, RecordedExchange, RecordedRequest } from "./recorded-exchange.ts";
import { recordingLimits } from "./recording-limits.ts";
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
}

export interface ReplayConnectionOptions {
  readonly socket: Socket;
  readonly scheme: "http" | "https";
  readonly recordings: Recordings;
  readonly speed: number;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  readonly after: (delayMs: number, action: () => void) => () => void;
  readonly log: (request: ReplayedRequest) => void;
  /** Breaks the client's connection (RST). */
  readonly reset: () => void;
}

/** How long a reset stays behind the last byte, in ms: clients of Node take one that comes together with bytes for a FIN. */
const resetGapMs = 50;

export class ReplayConnection {
  readonly #options: ReplayConnectionOptions;
  readonly #requests = new RequestReader();
  #head: RequestHead | undefined;
  #body: Uint8Array[] = [];
  #bodyBytes = 0;
  /** The client was told to send its body. */
  #isContinued = false;
  /** Requests that wait for the response before theirs, and whether each was told to go on. */
  readonly #waiting: { readonly request: RecordedRequest; readonly isContinued: boolean }[] = [];
  #isAnswering = false;
  #isStarting = false;
  #cancel = (): void => {};

  constructor(options: ReplayConnectionOptions) {
    this.#options = options;
    const { socket } = options;
    socket.setTimeout(recordingLimits.idleMs, () => {
      if (!this.#isAnswering) socket.destroy();
    });
    socket.on("data", (bytes: Uint8Array) => this.#read(bytes));
    socket.on("close", () => this.#cancel());
    // A client that breaks off is its own matter.
    socket.on("error", () => {});
  }

  #read(bytes: Uint8Array): void {
    for (const item of this.#requests.push(bytes)) {
      if (item.kind === "head") {
        this.#head = item;
        this.#body = [];
        this.#bodyBytes = 0;
        this.#isContinued = /^100-continue$/i.test(expectOf(item));
        if (this.#isContinued) this.#options.socket.write(continues);
      } else if (item.kind === "body") {
        this.#bodyBytes += item.data.length;
        if (this.#bodyBytes > recordingLimits.maxRequestBytes) {
          this.#refuse(413, `the request's body has more than ${recordingLimits.maxRequestBytes} bytes`);
          return;
        }
        this.#body.push(new Uint8Array(item.data));
      } else if (item.kind === "end") this.#asked();
      else if (item.kind !== "trailers") {
        this.#refuse(400, "what the client said is no request of HTTP/1.1");
        return;
      }
    }
  }

  #asked(): void {
    const head = this.#head;
    if (!head) return;
    const { scheme } = this.#options;
    const { method, target, headers } = head;
    const host = authorityOf(headers, scheme) ?? "";
    const body = new Uint8Array(Buffer.concat(this.#body));
    const request = { scheme, host, method, target, headers, body };
    this.#waiting.push({ request, isContinued: this.#isContinued });
    if (this.#waiting.length >= recordingLimits.maxOutstanding) this.#options.socket.pause();
    this.#next();
  }

  #next(): void {
    const { recordings, log, socket, now } = this.#options;
    // Called again from within, by an answer that was over at once.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (!this.#isAnswering) {
      const next = this.#waiting.shift();
      if (!next) break;
      const { request, isContinued } = next;
      socket.resume();
      this.#isAnswering = true;
      const found = recordings.take(request);
      const { method, target, host } = request;
      const missing = found.exchange ? undefined : found.why;
      log({ method, target, host, missing });
      const recorded = found.exchange ? found.exchange.response : notRecorded(method, found.why);
      this.#play(isContinued ? withoutContinue(recorded) : recorded, 0, now());
    }
    this.#isStarting = false;
  }

  /** Says the parts from that one on, each at its time since the answer was begun. */
  #play(response: RecordedExchange["response"], from: number, begunAtMs: number): void {
    const { socket, speed, after, now } = this.#options;
    for (let number = from; ; number++) {
      const part = response.parts[number];
      if (!part) {
        this.#over(response.end);
        return;
      }
      const waitMs = begunAtMs + part.atMs / speed - now();
      if (waitMs > 0) {
        this.#cancel = after(waitMs, () => this.#play(response, number, begunAtMs));
        return;
      }
      if (!socket.write(part.bytes)) {
        // A client that reads slowly makes the replay wait; what is late then comes at once.
        socket.once("drain", () => this.#play(response, number + 1, begunAtMs));
        return;
      }
    }
  }

  #over(end: RecordedEnd): void {
    const { socket } = this.#options;
    this.#isAnswering = false;
    if (end === "fin") socket.end();
    else if (end === "reset") this.#cancel = this.#options.after(resetGapMs, () => this.#options.reset());
    else this.#next();
  }

  #refuse(status: number, message: string): void {
    const { socket } = this.#options;
    socket.removeAllListeners("data");
    socket.resume();
    socket.end(answer("GET", status, "invalid_request_error", message));
  }
}

const continues = "HTTP/1.1 100 Continue\r\n\r\n";
const continued = /^HTTP\/1\.1 100 [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/;

/** A response without the 100 that it begins with, which the client has got already. */
function withoutContinue({ parts, end }: RecordedExchange["response"]): RecordedExchange["response"] {
  const [first, ...others] = parts;
  const length = first ? (continued.exec(fromLatin1(first.bytes))?.[0].length ?? 0) : 0;
  if (!first || length === 0) return { parts, end };
  return { parts: [{ atMs: first.atMs, bytes: first.bytes.subarray(length) }, ...others], end };
}

const expectOf = ({ headers }: RequestHead): string => headerValue(headers, "expect") ?? "";

/** What a request gets that was never recorded: an error as APIs write them, and a header that tells it from theirs. */
function notRecorded(method: string, why: string): RecordedExchange["response"] {
  const bytes = answer(method, 404, "not_recorded_error", `Faultwire's replay has no answer: ${why}`);
  return { parts: [{ atMs: 0, bytes }], end: "open" };
}

function answer(method: string, status: number, type: string, message: string): Uint8Array {
  const body = new TextEncoder().encode(`${JSON.stringify({ type: "error", error: { type, message } })}\n`);
  const headers: readonly Header[] = [
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
    ...(status === 404 ? ([["x-faultwire-replay", "not-recorded"]] as const) : []),
    ["x-should-retry", "false"],
  ];
  return encodeResponse({ status, headers, body }, { method, close: status !== 404 });
}
