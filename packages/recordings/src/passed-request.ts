/** One request that goes on to the real API, and what comes back, byte for byte. */
import type { Duplex } from "node:stream";
import {
  encodeHead,
  headerValue,
  LENIENT_RESPONSES,
  type RequestHead,
  type ResponseItem,
  ResponseReader,
} from "@faultwire/http1";
import type { PassOn } from "./answering.ts";
import { authorityOf } from "./authority.ts";
import type { ConnectionTap } from "./exchange-tap.ts";

/** A request as it came. */
export interface RawRequest {
  readonly head: RequestHead;
  /** What stood behind its head, chunk sizes included. */
  readonly body: readonly Uint8Array[];
}

/** Who asked. */
export interface PassedRequestOptions {
  readonly scheme: "http" | "https";
  readonly request: RawRequest;
  readonly pass: PassOn;
  /** A proxy on the way answers that it did not reach the API; told before that answer goes to the client. */
  readonly unreached: () => void;
  /** A header that does not go on, in small letters. */
  readonly markHeader: string | undefined;
  /** These bytes are the client's. @returns false where it takes no more for now */
  readonly toClient: (bytes: Uint8Array) => boolean;
  /** All of the response has come; how the connection goes on. */
  readonly over: (how: "open" | "fin" | "reset") => void;
}

/** What a proxy on the way says in `x-faultwire` of an answer of its own. A rule's name stands there where a fault made the answer. */
const ofTheWay: ReadonlySet<string> = new Set(["upstream-unreachable", "refused"]);

export class PassedRequest {
  readonly #options: PassedRequestOptions;
  readonly #upstream: Duplex;
  readonly #responses = new ResponseReader({}, LENIENT_RESPONSES);
  #tap: ConnectionTap | undefined;
  #isOver = false;
  #closes = false;
  /** Both say what they like: a WebSocket. */
  #isUpgraded = false;

  constructor(options: PassedRequestOptions) {
    this.#options = options;
    const { scheme, request, pass } = options;
    const { head, body } = request;
    const host = authorityOf(head.headers, scheme) ?? "";
    this.#tap = pass.tap?.({ scheme, host, protocol: "http/1.1" });
    this.#responses.expect(head.method);
    // The client was told to go on already.
    const kept: readonly (string | undefined)[] = ["expect", options.markHeader];
    const headers = head.headers.filter(([name]) => !kept.includes(name.toLowerCase()));
    const origin = `${scheme}://${headerValue(head.headers, "host")?.trim() ?? ""}`;
    const url = head.target === "*" ? origin : `${origin}${head.target}`;
    const say = (target: string): Uint8Array =>
      encodeHead(`${head.method} ${target} HTTP/${head.version}`, headers);
    this.#upstream = pass.connect();
    this.#upstream.on("data", (bytes: Uint8Array) => this.#heard(bytes));
    this.#upstream.on("end", () => this.#ended("fin"));
    this.#upstream.on("error", () => this.#ended("reset"));
    this.#upstream.on("close", () => this.#ended("reset"));
    this.#tap?.toUpstream(say(head.target));
    this.#upstream.write(say(url));
    for (const piece of body) {
      this.#tap?.toUpstream(piece);
      this.#upstream.write(piece);
    }
  }

  /** Whether what the client says is no request any more, but for the upstream as it is. */
  get isUpgraded(): boolean {
    return this.#isUpgraded;
  }

  /** What the client says behind an upgrade. */
  write(bytes: Uint8Array): void {
    this.#upstream.write(bytes);
  }

  /** The client takes more again. */
  drained(): void {
    this.#upstream.resume();
  }

  /** The client has gone. */
  destroy(): void {
    this.#isOver = true;
    this.#tap?.finish();
    this.#upstream.destroy();
  }

  #heard(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const items = this.#isUpgraded ? [] : this.#responses.push(bytes);
    // An answer of the way there is no answer of the API.
    if (items.some(isOfTheWay)) {
      this.#tap?.leave("unreachable");
      this.#tap = undefined;
      this.#options.unreached();
    }
    this.#tap?.fromUpstream(bytes);
    if (!this.#options.toClient(bytes)) this.#upstream.pause();
    this.#read(items);
  }

  #read(items: readonly ResponseItem[]): void {
    for (const item of items) {
      if (item.kind === "interim" && item.status === 101) this.#isUpgraded = true;
      else if (item.kind === "head" && !item.keepAlive) this.#closes = true;
      else if (item.kind === "end" && !this.#isUpgraded) this.#finish(this.#closes ? "fin" : "open");
    }
  }

  #ended(how: "fin" | "reset"): void {
    if (this.#isOver) return;
    this.#tap?.upstreamEnded(how);
    this.#finish(how);
  }

  #finish(how: "open" | "fin" | "reset"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tap?.finish();
    this.#upstream.on("error", () => {});
    this.#upstream.destroy();
    this.#options.over(how);
  }
}

const isOfTheWay = (item: ResponseItem): boolean =>
  item.kind === "head" && ofTheWay.has(headerValue(item.headers, "x-faultwire") ?? "");
