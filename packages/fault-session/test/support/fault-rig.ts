/**
 * One connection with one fault, on a clock that is turned by hand: what exactly arrives at the client, when, what the
 * upstream saw, how it ended and what was told, whichever way the traffic goes and whoever carries it.
 */
import type { EngineEvent, Fault, TrafficWay } from "@faultwire/fault-engine";
import type { EndKind, InterceptionOptions, Side } from "../../src/index.ts";
import type { Link, RigCarrier } from "./link.ts";
import { type ScriptedPolicy, scriptedPolicy } from "./scripted-policy.ts";
import { openedByTests, TlsPeers, type TlsPeersOptions } from "./tls-peers.ts";

/** A piece of what the upstream answers; `afterMs` counts from the piece before. `null` is its end. */
export type Said = string | { readonly afterMs: number; readonly text: string } | null;

/** How the traffic goes, and who carries it. */
export interface Setting<Carried extends Link = Link> {
  readonly way: TrafficWay;
  readonly carrier: RigCarrier<Carried>;
}

export interface FaultRigOptions<Carried extends Link = Link> extends Setting<Carried> {
  /** Happens to the connection. */
  readonly connection?: Fault | undefined;
  /** Happens to a request, by its number from 0. */
  readonly requests?: readonly (Fault | null)[];
  /** What the upstream answers to a request's head; a question of the carrier's is answered with an empty 404 unless given. */
  readonly answer?: (head: string, number: number) => readonly Said[];
  readonly chunkBytes?: number;
  readonly tls?: Omit<TlsPeersOptions, "chunkBytes"> & { readonly intercept?: Partial<InterceptionOptions> };
  readonly needsBody?: boolean;
  readonly isOneRule?: boolean;
  /** Happen to a response beside the fault of a request. */
  readonly also?: readonly Fault[];
  /** Decides, and remembers what was told; by `connection` and `requests` unless given. */
  readonly policy?: ScriptedPolicy;
  /** What the upstream answers to a question of the carrier's own: an empty 404 unless given. */
  readonly onQuestion?: readonly Said[];
  /** The upstream leaves the connection open, whatever it is asked. */
  readonly keepsOpen?: boolean;
}

/** Something that arrived at the client, in clear. */
export interface Arrival {
  readonly atMs: number;
  readonly text: string;
}

const asked = [{ afterMs: 2, text: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" }];
const ok = ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"];

export class FaultRig<Carried extends Link = Link> {
  readonly policy: ScriptedPolicy;
  readonly carrier: RigCarrier<Carried>;
  readonly link: Carried;
  readonly arrivals: Arrival[] = [];
  /** Heads and bodies of the requests that the upstream got whole. */
  readonly upstreamRequests: string[] = [];
  /** Everything that the upstream got, in clear. */
  upstreamText = "";
  readonly #way: TrafficWay;
  readonly #tls: TlsPeers | undefined;
  readonly #answer: NonNullable<FaultRigOptions["answer"]>;
  readonly #chunkBytes: number;
  readonly #keepsOpen: boolean;
  readonly #due: { readonly atMs: number; readonly text: string | null }[] = [];
  #pending = "";
  readonly #seenBytes = { client: 0, server: 0 };

  constructor(options: FaultRigOptions<Carried>) {
    const { way, carrier, connection, requests = [], needsBody = false, isOneRule = false, also } = options;
    this.#way = way;
    this.carrier = carrier;
    this.#chunkBytes = options.chunkBytes ?? 4096;
    this.#answer = (head, number) =>
      head.startsWith("OPTIONS / ") ? (options.onQuestion ?? asked) : (options.answer?.(head, number) ?? ok);
    this.#keepsOpen = options.keepsOpen ?? false;
    this.policy =
      options.policy ??
      scriptedPolicy({
        connection: () => connection ?? null,
        request: (number) => requests[number] ?? null,
        needsBody,
        isOneRule,
        ...(also && { also }),
      });
    const { intercept, ...peers } = options.tls ?? {};
    const { policy } = this;
    this.link = carrier.link(
      way === "decrypted" ? { policy, intercept: openedByTests(intercept) } : { policy },
    );
    if (way === "plain") return;
    const chunkBytes = this.#chunkBytes;
    this.#tls = new TlsPeers(this.link, { chunkBytes, tellsClientEnd: carrier.hearsClientEnd, ...peers });
    this.#tls.client.socket.on("data", (chunk: Buffer) => this.#arrived(chunk.toString("latin1")));
    this.#tls.upstream.socket.on("data", (chunk: Buffer) => this.#upstreamGot(chunk.toString("latin1")));
  }

  get nowMs(): number {
    return this.link.timers.now();
  }
  /** All that the client got, in clear. */
  get received(): string {
    return this.arrivals.map(({ text }) => text).join("");
  }
  /** Whether the client's connection was ended. */
  get hasEnded(): boolean {
    return this.clientEnd !== undefined;
  }
  /** How the client's connection was ended; undefined while it is not. */
  get clientEnd(): EndKind | undefined {
    return this.link.endOf("client");
  }
  get upstreamEnd(): EndKind | undefined {
    return this.link.endOf("server");
  }
  /** Whether the client was told by TLS that this is all. */
  get hasCloseNotify(): boolean {
    return this.#tls?.hasCloseNotify ?? false;
  }
  /** OpenSSL's code of what went wrong at the client. */
  get clientError(): string | undefined {
    return this.#tls?.client.error?.code;
  }
  get upstreamError(): string | undefined {
    return this.#tls?.upstream.error?.code;
  }
  get tls(): TlsPeers {
    if (!this.#tls) throw new Error("there is no TLS in clear");
    return this.#tls;
  }

  /** Events of that type. */
  told<Type extends EngineEvent["type"]>(type: Type): Extract<EngineEvent, { readonly type: Type }>[] {
    return this.policy.events.filter(
      (event): event is Extract<EngineEvent, { readonly type: Type }> => event.type === type,
    );
  }

  /** Waits for the handshake and what belongs to it; at once where there is none. */
  async handshake(): Promise<void> {
    if (!this.#tls) return;
    let isDone = false;
    this.#tls.client.socket.once("secureConnect", () => {
      isDone = true;
    });
    for (let ms = 0; ms < 5000 && !isDone; ms++) await this.run(1);
    await this.run(30);
  }

  /** The client says something. */
  send(text: string): void {
    if (this.#tls) this.#tls.client.socket.write(text, "latin1");
    else this.link.says("client", Buffer.from(text, "latin1"), this.#chunkBytes);
  }

  /** Says something and waits; gives what has arrived in between, with times counted from the moment of saying. */
  async exchange(text: string, ms = 100): Promise<Arrival[]> {
    const fromMs = this.nowMs;
    const from = this.arrivals.length;
    this.send(text);
    await this.run(ms);
    return this.arrivals.slice(from).map((arrival) => ({ ...arrival, atMs: arrival.atMs - fromMs }));
  }

  /** Lets time pass. */
  async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at++) {
      this.#say();
      if (this.#tls) await this.#tls.carry();
      else {
        await this.link.run(1);
        this.#takePlain();
        // As Node's own servers and clients do, and most others.
        if (this.upstreamEnd !== undefined) this.link.ends("server");
        if (this.hasEnded && this.carrier.hearsClientEnd) this.link.ends("client");
      }
    }
  }

  /** Lets time pass until something is so; false where it is not within so long. */
  async runUntil(isSo: () => boolean, maxMs: number): Promise<boolean> {
    for (let ms = 0; ms < maxMs && !isSo(); ms++) await this.run(1);
    return isSo();
  }

  #takePlain(): void {
    this.#take("server", (text) => this.#upstreamGot(text));
    this.#take("client", (text) => this.#arrived(text));
  }

  #take(to: Side, taken: (text: string) => void): void {
    const got = this.link.got(to);
    if (got.length === this.#seenBytes[to]) return;
    const fresh = got.subarray(this.#seenBytes[to]);
    this.#seenBytes[to] = got.length;
    taken(Buffer.from(fresh).toString("latin1"));
  }

  #arrived(text: string): void {
    this.arrivals.push({ atMs: this.nowMs, text });
  }

  #upstreamGot(text: string): void {
    this.upstreamText += text;
    this.#pending += text;
    for (let end = this.#pending.indexOf("\r\n\r\n"); end >= 0; end = this.#pending.indexOf("\r\n\r\n")) {
      const head = this.#pending.slice(0, end + 4);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (this.#pending.length < head.length + length) return;
      const request = this.#pending.slice(0, head.length + length);
      this.#pending = this.#pending.slice(request.length);
      this.upstreamRequests.push(request);
      let atMs = Math.max(this.nowMs, this.#due.at(-1)?.atMs ?? 0);
      for (const said of this.#answer(head, this.upstreamRequests.length - 1)) {
        if (typeof said === "object" && said !== null) atMs += said.afterMs;
        this.#due.push({ atMs, text: typeof said === "object" && said !== null ? said.text : said });
      }
      // An HTTP/1.1 upstream that is asked to close does so.
      if (!this.#keepsOpen && /^connection: close\r$/im.test(head)) this.#due.push({ atMs, text: null });
    }
  }

  /** The upstream says what it is to say by now. */
  #say(): void {
    for (let due = this.#due[0]; due && due.atMs <= this.nowMs; due = this.#due[0]) {
      this.#due.shift();
      if (this.#way === "plain") {
        if (due.text === null) this.link.ends("server");
        else this.link.says("server", Buffer.from(due.text, "latin1"), this.#chunkBytes);
      } else if (due.text === null) this.tls.upstream.socket.end();
      else this.tls.upstream.socket.write(due.text, "latin1");
    }
  }
}
