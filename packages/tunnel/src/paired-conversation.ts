/**
 * What two peers say to each other through a tunnel that the host wrapped on both sides: finds the protocol and the
 * target, asks the policy, and hands over to whoever carries the decision out. Every byte comes in a read call and
 * can be kept, changed, delayed; nothing is lost track of.
 */

import type { FaultMachine, UnreadReason } from "@faultwire/fault-engine";
import {
  type Acquaintance,
  hostOfHello,
  type Interception,
  meetTls,
  type Side,
  unsentReason,
  wireMachines,
} from "@faultwire/fault-session";
import { HeldBytes } from "@faultwire/http1";
import { tlsBridgeLimits } from "@faultwire/tls-bridge";
import { type ClientHello, ClientHelloReader, detectProtocol } from "@faultwire/tls-parser";
import type { ConversationContext, Watcher } from "./conversation-context.ts";
import { DecryptedSession } from "./decrypted-session.ts";
import { type PairedSession, PlainHttpSession } from "./plain-http-session.ts";
import type { TickSession, Ticks } from "./ticks.ts";
import { TlsConversation } from "./tls-conversation.ts";
import { closeReason, type Verdict } from "./verdict.ts";

export interface PairedConversationOptions
  extends Omit<ConversationContext, "close" | "leave" | "stall" | "whenEnded" | "wire" | "unwire"> {
  readonly ticks: Ticks;
  /** How HTTPS is opened; without it, it stays closed. */
  readonly interception: Interception | undefined;
  /** Answers a read call of this direction that has its answer already and waits for the host: the tunnel ends. */
  readonly closeWaiting: (from: Side, reason: string) => void;
}

export class PairedConversation implements TickSession {
  readonly #options: PairedConversationOptions;
  readonly #context: ConversationContext;
  readonly #ticks: Ticks;
  #session: PairedSession | undefined;
  /** `undefined` while the protocol is not known, `null` when nothing needs to be watched. */
  #watcher: Watcher | null | undefined;
  /** The client's first bytes, until they tell the protocol. */
  readonly #prefix: HeldBytes = new HeldBytes();
  #hello: ClientHelloReader | undefined;
  #closing: string | undefined;
  /** A fault of the connection's bytes, until it is told what became of it. */
  #wired:
    | {
        readonly machines: readonly FaultMachine[];
        readonly ofServer: FaultMachine | undefined;
        readonly told: (undoneReason: string | null) => void;
      }
    | undefined;

  constructor(options: PairedConversationOptions) {
    const { ticks, now } = options;
    this.#options = options;
    this.#ticks = ticks;
    this.#context = {
      ...options,
      close: () => {
        this.close();
      },
      leave: () => {
        this.#watcher = null;
      },
      stall: (from, ms) => ticks.stall(from, ms),
      whenEnded: (told) => ticks.whenGone("server", true, told),
      wire: (decision, told) => {
        const machines = wireMachines(decision, now());
        for (const [side, machine] of Object.entries(machines)) ticks.setWire(side as Side, machine);
        this.#wired = { machines: Object.values(machines), ofServer: machines.server, told };
      },
      unwire: () => {
        for (const side of ["client", "server"] as const) ticks.clearWire(side);
      },
    };
  }

  /** Whether the peers have got something else than what was said to them. */
  get hasChanged(): boolean {
    return this.#closing !== undefined || (this.#session?.hasChanged ?? false);
  }
  get isBusy(): boolean {
    return this.#session?.isBusy ?? false;
  }
  get isFull(): boolean {
    return this.#session?.isFull ?? false;
  }
  get wakeAtMs(): number | undefined {
    return this.#session?.wakeAtMs;
  }

  see(from: Side, chunk: Uint8Array): void {
    this.#take(from, chunk);
    this.#checkWire();
  }

  #checkWire(): void {
    const wired = this.#wired;
    if (!wired?.machines.some(({ outcome }) => outcome.kind === "done")) return;
    // Where the client's bytes reach the point, the upstream ends first, and the host takes that on without a call.
    const isEnd = wired.ofServer?.isOver === true;
    if (!isEnd) {
      this.#tellWire(null);
      return;
    }
    this.#wired = undefined;
    this.#ticks.whenGone("server", true, (isGone) => wired.told(isGone ? null : unsentReason));
  }

  #tellWire(undoneReason: string | null): void {
    this.#wired?.told(undoneReason);
    this.#wired = undefined;
  }

  #take(from: Side, chunk: Uint8Array): void {
    if (this.#session) this.#session.see(from, chunk);
    else if (this.#closing !== undefined)
      this.#carryOut(from, this.#watcher?.endingRead(from) ?? closedVerdict, chunk);
    else if (this.#watcher === null) this.#ticks.send(from, chunk);
    else if (this.#watcher) this.#watch(this.#watcher, from, chunk);
    else this.#detect(from, chunk);
  }

  async idle(): Promise<void> {
    await this.#session?.idle();
    this.#checkWire();
  }
  keeps(from: Side): boolean {
    return this.#session?.keeps(from) ?? false;
  }
  holds(from: Side, hasOutput: boolean): boolean {
    return this.#session?.holds(from, hasOutput) ?? false;
  }
  isInRecord(from: Side): boolean {
    return this.#session?.isInRecord(from) ?? false;
  }
  get isScheduled(): boolean {
    return this.#session?.isScheduled ?? false;
  }
  get isMute(): boolean {
    return this.#session?.isMute ?? false;
  }
  wake(atMs: number): void {
    this.#session?.wake(atMs);
  }
  ask(): void {
    this.#session?.ask();
  }

  /** Ends the tunnel with the next call that can. */
  close(): void {
    this.#closing ??= closeReason;
  }

  /** Goes on without looking: the host has turned out not to wrap both sides. */
  leave(): void {
    this.#session?.finish();
    this.#session = undefined;
    this.#watcher?.finish();
    this.#watcher = null;
    this.#ticks.send("client", this.#prefix.take());
  }

  /** Something here has thrown: goes on without looking where nothing was changed, and ends otherwise. */
  abandon(): void {
    const isChanged = this.hasChanged;
    const session = this.#session;
    this.#session = undefined;
    this.#watcher = null;
    try {
      session?.finish();
    } catch {
      // It is broken; what it had to tell is lost.
    }
    this.#ticks.send("client", this.#prefix.take());
    if (!isChanged) return;
    for (const side of ["client", "server"] as const) this.#ticks.end(side, "faultwire: an error of ours");
  }

  /** The tunnel is over: tells what is left to tell. */
  finish(): void {
    const { now } = this.#options;
    for (const machine of this.#wired?.machines ?? []) {
      machine.finish(now());
      const { outcome } = machine;
      this.#tellWire(outcome.kind === "undone" ? outcome.reason : null);
    }
    this.leave();
  }

  #watch(watcher: Watcher, from: Side, chunk: Uint8Array): void {
    const verdict = from === "client" ? watcher.fromClient(chunk, "read") : watcher.fromServer(chunk, "read");
    this.#carryOut(from, verdict, chunk);
    if (this.#closing === undefined) return;
    // What this call brought may still have to go on; what the other direction has in hand has not.
    const to = from === "client" ? "server" : "client";
    this.#options.closeWaiting(to, this.#closing);
  }

  #carryOut(from: Side, verdict: Verdict, chunk: Uint8Array): void {
    if (verdict.kind === "pass") this.#ticks.send(from, chunk);
    else if (verdict.kind === "bytes") this.#ticks.send(from, verdict.bytes);
    else {
      this.close();
      this.#ticks.end(from, verdict.reason);
    }
  }

  #detect(from: Side, chunk: Uint8Array): void {
    if (from === "server") {
      // A server that speaks first speaks neither TLS nor HTTP.
      this.#unknown("other-protocol", from, chunk);
      return;
    }
    // A beginning that is too short to tell waits for what follows it: what has gone on can't be opened any more.
    const bytes = this.#prefix.join(chunk);
    if (this.#hello) {
      this.#readHello(this.#hello, bytes, chunk);
      return;
    }
    const detection = detectProtocol(bytes);
    switch (detection.kind) {
      case "more":
        this.#prefix.keep(bytes, 0);
        return;
      case "tls":
        if (!this.#options.interception) {
          this.#opaque(bytes);
          return;
        }
        // As the bridge reads it: OpenSSL judges what is in extensions, and takes much that their RFCs don't allow.
        this.#hello = new ClientHelloReader({
          malformedExtensions: "keep",
          maxMessageBytes: tlsBridgeLimits.clientHelloBytes,
        });
        this.#readHello(this.#hello, bytes, bytes);
        return;
      case "http":
        if (detection.message === "response") this.#unknown("other-protocol", from, bytes);
        else this.#begin(new PlainHttpSession(this.#context, this.#ticks), bytes);
        return;
      case "sslv2":
        this.#unknown("malformed-hello", from, bytes);
        return;
      case "other":
        this.#unknown("other-protocol", from, bytes);
        return;
      default:
        detection satisfies never;
    }
  }

  /** @param bytes - All that the client has sent; `fresh` what the reader has not seen of it. */
  #readHello(reader: ClientHelloReader, bytes: Uint8Array, fresh: Uint8Array): void {
    const { interception } = this.#options;
    const result = reader.push(fresh);
    if (result.status === "more") this.#prefix.keep(bytes, 0);
    else if (result.status === "done" && interception) this.#meet(result.clientHello, interception, bytes);
    else {
      this.#options.unread("malformed-hello", "client");
      this.#opaque(bytes);
    }
  }

  #begin(session: PairedSession, bytes: Uint8Array): void {
    this.#session = session;
    this.#prefix.take();
    session.see("client", bytes);
  }

  #meet(hello: ClientHello, interception: Interception, bytes: Uint8Array): void {
    const { policy, tell, ticks } = this.#options;
    const host = hostOfHello(hello);
    if (host === undefined || !policy.isTarget(host)) {
      this.#opaque(bytes);
      return;
    }
    const why = interception.obstacle(host, hello);
    if (why !== undefined) {
      tell({ type: "not-opened", host, why });
      this.#opaque(bytes);
      return;
    }
    const met = meetTls(this.#context, hello, "decrypted");
    if (!met) this.#opaque(bytes);
    else if (isBetterClosed(met)) this.#opaque(bytes, met);
    else {
      const stayClosed = (detail: string, all: Uint8Array): void => {
        tell({ type: "not-opened", host, why: "unsupported-offer", detail });
        this.#session = undefined;
        this.#opaque(all, met);
      };
      const session = { context: this.#context, ticks, interception, met, hello, stayClosed };
      this.#begin(new DecryptedSession(session), bytes);
    }
  }

  #opaque(bytes: Uint8Array, met?: Acquaintance): void {
    const watcher = new TlsConversation(this.#context, new Uint8Array(0), met);
    this.#watcher = watcher;
    this.#prefix.take();
    this.#watch(watcher, "client", bytes);
  }

  #unknown(reason: UnreadReason, from: Side, chunk: Uint8Array): void {
    this.#watcher = null;
    const { sides, tell, unread } = this.#options;
    tell({ type: "connection", protocol: "other", host: undefined, alpnProtocols: [], target: false, sides });
    unread(reason, from);
    const held = this.#prefix.take();
    if (held.length > 0 && from === "server") this.#ticks.send("client", held);
    this.#ticks.send(from, chunk);
  }
}

const closedVerdict: Verdict = { kind: "close", reason: closeReason };

/** Whether a connection's fault strikes before there is anything to read, so that opening it would be for nothing. */
function isBetterClosed({ decision }: Acquaintance): boolean {
  const fault = decision?.fault;
  switch (fault?.kind) {
    case "connection.close":
    case "connection.reset":
    case "connection.stall":
      return fault.at.kind === "moment";
    case "tls.handshake-stall":
      return true;
    case "tls.alert":
      return fault.at === "client-hello";
    default:
      return false;
  }
}
