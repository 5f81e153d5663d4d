/** One client of a replay that speaks HTTP/1.1: its requests, one after the other, and what answers them. */
import type { Socket } from "node:net";
import { headerValue, type RequestHead, RequestReader } from "@faultwire/http1";
import {
  type Answering,
  answerTo,
  type ReplayedRequest,
  refusal,
  resetGapMs,
  tooMuchHeld,
} from "./answering.ts";
import { authorityOf } from "./authority.ts";
import type { HeldExchange } from "./held-exchanges.ts";
import { joined } from "./joined.ts";
import { fromLatin1 } from "./latin1.ts";
import { wireOf } from "./other-version.ts";
import { PassedRequest, type RawRequest } from "./passed-request.ts";
import type { RecordedEnd, RecordedRequest, RecordedWire } from "./recorded-exchange.ts";
import { recordingLimits } from "./recording-limits.ts";

export interface ReplayConnectionOptions extends Answering {
  readonly socket: Socket;
  readonly scheme: "http" | "https";
  /** Breaks the client's connection (RST). */
  readonly reset: () => void;
}

/** A request that came, and is not answered yet. */
interface Asked extends HeldExchange {
  readonly head: RequestHead;
  readonly body: Uint8Array[];
  /** The same as it stood on the wire, where it may have to go on. */
  readonly wire: Uint8Array[];
  /** The client was told to send its body. */
  readonly isContinued: boolean;
  bodyBytes: number;
}

export class ReplayConnection {
  readonly #options: ReplayConnectionOptions;
  readonly #requests = new RequestReader();
  #coming: Asked | undefined;
  /** Requests that wait for the response before theirs. */
  readonly #waiting: Asked[] = [];
  #isAnswering = false;
  #isStarting = false;
  /** Nothing more is read, and this is said behind the answers that are due; it ends the connection. */
  #refusal: Uint8Array | undefined;
  #isOver = false;
  #passed: PassedRequest | undefined;
  #cancel = (): void => {};

  constructor(options: ReplayConnectionOptions) {
    this.#options = options;
    const { socket } = options;
    socket.setTimeout(recordingLimits.idleMs, () => {
      if (!this.#isAnswering) socket.destroy();
    });
    socket.on("data", (bytes: Uint8Array) => this.#read(bytes));
    socket.on("close", () => this.#close());
    // A client that breaks off is its own matter.
    socket.on("error", () => {});
  }

  #close(): void {
    this.#isOver = true;
    this.#cancel();
    this.#passed?.destroy();
    this.#passed = undefined;
    this.#forget();
  }

  /** Lets go of requests that nobody answers any more. */
  #forget(): void {
    const { held } = this.#options;
    for (const asked of [this.#coming, ...this.#waiting.splice(0)]) if (asked) held.release(asked);
    this.#coming = undefined;
  }

  #read(bytes: Uint8Array): void {
    if (this.#isOver || this.#refusal) return;
    if (this.#passed?.isUpgraded) {
      for (const { bytes: before } of this.#requests.becomeOpaque()) this.#passed.write(before);
      this.#passed.write(bytes);
      return;
    }
    for (const item of this.#requests.push(bytes)) {
      if (this.#isOver || this.#refusal) return;
      if (item.kind === "head") this.#begin(item);
      else if (item.kind === "end") this.#asked();
      else if (item.kind === "body") this.#keep(item.bytes, item.data);
      else if (item.kind === "trailers") this.#keep(item.bytes, nothing);
      else this.#refuse(400, "what the client said is no request of HTTP/1.1");
    }
  }

  #begin(head: RequestHead): void {
    const isContinued = /^100-continue$/i.test(headerValue(head.headers, "expect") ?? "");
    const asked: Asked = {
      ...{ head, isContinued, body: [], wire: [], bodyBytes: 0, heldBytes: 0 },
      giveWay: () => this.#refuse(503, tooMuchHeld, asked),
    };
    this.#coming = asked;
    this.#options.held.add(asked, head.bytes.length);
    if (isContinued && !this.#isOver && !this.#refusal) this.#options.socket.write(continues);
  }

  #keep(bytes: Uint8Array, data: Uint8Array): void {
    const { held, pass } = this.#options;
    const asked = this.#coming;
    if (!asked) return;
    asked.bodyBytes += data.length;
    if (asked.bodyBytes > recordingLimits.maxRequestBytes) {
      this.#refuse(413, `the request's body has more than ${recordingLimits.maxRequestBytes} bytes`);
      return;
    }
    const isBoth = pass !== undefined && bytes !== data;
    if (!held.add(asked, data.length + (isBoth ? bytes.length : 0))) return;
    const kept = new Uint8Array(data);
    if (data.length > 0) asked.body.push(kept);
    if (pass) asked.wire.push(isBoth ? new Uint8Array(bytes) : kept);
  }

  #asked(): void {
    const asked = this.#coming;
    if (!asked) return;
    this.#coming = undefined;
    this.#waiting.push(asked);
    if (this.#waiting.length >= recordingLimits.maxOutstanding) this.#options.socket.pause();
    this.#next();
  }

  #next(): void {
    // Called again from within, by an answer that was over at once.
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (!this.#isAnswering && !this.#isOver) {
      const asked = this.#waiting.shift();
      if (!asked) break;
      this.#options.socket.resume();
      this.#isAnswering = true;
      this.#answer(asked);
    }
    this.#isStarting = false;
    if (this.#refusal && !this.#isAnswering && !this.#isOver) {
      this.#isOver = true;
      this.#options.socket.end(this.#refusal);
    }
  }

  #answer(asked: Asked): void {
    const { held, now } = this.#options;
    const { head, isContinued } = asked;
    const { response: found, told } = answerTo(this.#options, this.#requestOf(asked));
    if (!found) {
      this.#passOn(asked, told);
      held.release(asked);
      return;
    }
    held.release(asked);
    const recorded = "frames" in found ? wireOf(found, head.method) : found;
    this.#play(isContinued ? withoutContinue(recorded) : recorded, 0, now());
  }

  #requestOf({ head: { method, target, headers }, body }: Asked): RecordedRequest {
    const { scheme } = this.#options;
    const host = authorityOf(headers, scheme) ?? "";
    return { scheme, host, method, target, headers, body: joined(body) };
  }

  #passOn({ head, wire, isContinued }: Asked, told: ReplayedRequest): void {
    const { pass, scheme, socket, markHeader, unreached } = this.#options;
    if (!pass) return;
    const request: RawRequest = { head, body: wire };
    let isFirst = isContinued;
    this.#passed = new PassedRequest({
      ...{ pass, scheme, request, markHeader },
      unreached: () => unreached(told),
      toClient: (bytes) => {
        const said = isFirst ? bytes.subarray(lengthOfContinue(bytes)) : bytes;
        isFirst = false;
        if (socket.write(said)) return true;
        socket.once("drain", () => this.#passed?.drained());
        return false;
      },
      over: (how) => {
        this.#passed = undefined;
        this.#over(how);
      },
    });
  }

  /** Says the parts from that one on, each at its time since the answer was begun. */
  #play(response: RecordedWire, from: number, begunAtMs: number): void {
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
    const { socket, after, reset } = this.#options;
    this.#isAnswering = false;
    if (end === "open") {
      this.#next();
      return;
    }
    // What else was asked is answered no more: the connection ends here.
    this.#isOver = true;
    this.#forget();
    if (end === "fin") socket.end();
    else this.#cancel = after(resetGapMs, reset);
  }

  /** Answers with an error of our own and ends the connection, in the turn of `asked`, or of the request that comes. */
  #refuse(status: number, message: string, asked?: Asked): void {
    const { socket, held } = this.#options;
    const at = asked ? this.#waiting.indexOf(asked) : -1;
    for (const dropped of [this.#coming, ...(at < 0 ? [] : this.#waiting.splice(at))])
      if (dropped) held.release(dropped);
    this.#coming = undefined;
    this.#refusal = refusal("GET", status, "invalid_request_error", message);
    socket.removeAllListeners("data");
    socket.resume();
    this.#next();
  }
}

const nothing = new Uint8Array(0);
const continues = "HTTP/1.1 100 Continue\r\n\r\n";
const continued = /^HTTP\/1\.1 100 [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/;

/** Bytes of the 100 that a response begins with. */
const lengthOfContinue = (bytes: Uint8Array): number => continued.exec(fromLatin1(bytes))?.[0].length ?? 0;

/** A response without that 100, which the client has got already. */
function withoutContinue({ parts, end }: RecordedWire): RecordedWire {
  const [first, ...others] = parts;
  const length = first ? lengthOfContinue(first.bytes) : 0;
  if (!first || length === 0) return { parts, end };
  return { parts: [{ atMs: first.atMs, bytes: first.bytes.subarray(length) }, ...others], end };
}
