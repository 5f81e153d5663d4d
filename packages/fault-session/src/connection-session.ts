/**
 * One connection, whoever carries it: finds out what is spoken and whose name is called, asks the policy whether that
 * is a target and what is to fail, and hands the bytes to the part that speaks the protocol.
 */
import type { Decision, FaultMachine, UnreadReason } from "@faultwire/fault-engine";
import { HeldBytes } from "@faultwire/http1/internal";
import { tlsBridgeLimits } from "@faultwire/tls-bridge";
import { type ClientHello, ClientHelloReader, detectProtocol } from "@faultwire/tls-parser";
import type { Carrier, CarrierHooks, EndKind, Session } from "./carrier.ts";
import { otherSide, sessionLimits } from "./carrier.ts";
import type { SessionEvent, Side } from "./events.ts";
import { endedFirst } from "./http/exchange-teller.ts";
import type { FaultDesk } from "./http/fault-desk.ts";
import type { HttpExchanges } from "./http/http-exchanges.ts";
import type { Http2Exchanges } from "./http2/http2-exchanges.ts";
import type { Http2Alias } from "./http2/http2-port.ts";
import type { Interception } from "./interception.ts";
import { Acquaintance, hostOfHello, meetTls } from "./introduction.ts";
import { OpaqueTls } from "./opaque-tls.ts";
import { OpenedTls } from "./opened-tls.ts";
import { Outlet } from "./outlet.ts";
import type { Part, PartContext } from "./part.ts";
import { PlainHttp } from "./plain-http.ts";
import { isPreface, PlainHttp2 } from "./plain-http2.ts";
import type { FaultPolicy } from "./policy.ts";
import { passesUnread, type SessionAtRest } from "./session-rest.ts";
import type { TapUpstream } from "./tap.ts";
import { unreadTeller } from "./unread-teller.ts";
import { isBetterClosed, wireMachines } from "./wire-fault.ts";

/** What a session is made from. */
export interface ConnectionSessionOptions {
  /** Sends what the session has to send, and knows the time. */
  readonly carrier: Carrier;
  /** What the carrier wants to hear of messages while they pass. */
  readonly hooks?: CarrierHooks;
  /** Says what fails. */
  readonly policy: FaultPolicy;
  /** What faults of requests share among connections. */
  readonly desk: FaultDesk;
  /** How HTTPS is opened; left out, it stays closed. */
  readonly interception?: Interception | undefined;
  /** Whom a client wants that names nobody in its ClientHello, where the carrier knows it: a host, lower case. */
  readonly host?: string | undefined;
  /** How messages of HTTP/2 in clear are turned to the upstream and back: such a client names the carrier, not the upstream. */
  readonly http2Alias?: Http2Alias | undefined;
  /** Takes what happens on the connection, in order. */
  readonly tell: (event: SessionEvent) => void;
  /** Who is to hear what exchanges say to upstreams, and what those say. */
  readonly tap?: TapUpstream | undefined;
}

const sides: readonly Side[] = ["client", "server"];

/** A fault of the connection's bytes, until it is told what became of it. */
interface FaultOfBytes {
  readonly machines: readonly FaultMachine[];
  /** Of the bytes that the upstream says. */
  readonly ofServer: FaultMachine | undefined;
  readonly met: Acquaintance;
}

/** Everything that is done to one connection: it reads what both sides say, asks the policy what fails, and tells the carrier what to send. */
export class ConnectionSession implements Session {
  readonly #options: ConnectionSessionOptions;
  readonly #carrier: Carrier;
  readonly #context: PartContext;
  readonly #outlets: Readonly<Record<Side, Outlet>>;
  /** `undefined` while the protocol is not known, `null` where nothing is to be read: every byte passes. */
  #part: Part | null | undefined;
  /** What the client has said while the protocol is not known. */
  readonly #prefix: HeldBytes = new HeldBytes();
  #hello: ClientHelloReader | undefined;
  #faultOfBytes: FaultOfBytes | undefined;
  /** The client's connection was ended by a fault. */
  #isCut = false;
  /** Peers that say no more. */
  readonly #hasEnded: Record<Side, boolean> = { client: false, server: false };

  constructor(options: ConnectionSessionOptions) {
    this.#options = options;
    const { carrier, policy, desk, tell, hooks = {} } = options;
    this.#carrier = carrier;
    const broken = (how: EndKind): void => this.#cut(how, true);
    this.#outlets = {
      client: new Outlet("client", carrier, broken),
      server: new Outlet("server", carrier, broken),
    };
    const now = (): number => carrier.now();
    this.#context = {
      policy,
      desk,
      hooks,
      unsentReason: carrier.unsentReason ?? endedFirst,
      needsNoUpstream: carrier.needsNoUpstream ?? false,
      speaksUpstreamTls: carrier.speaksUpstreamTls ?? false,
      http2Mode: carrier.http2Mode ?? "off",
      ...(carrier.renewUpstream
        ? {
            renewUpstream: () => {
              this.#hasEnded.server = false;
              carrier.renewUpstream?.();
            },
          }
        : {}),
      hasRoom: (to) =>
        this.#outlets[to].pendingBytes < sessionLimits.maxHeldBytes && (carrier.hasRoom?.(to) ?? true),
      now,
      openedAtMs: carrier.openedAtMs ?? now(),
      tell,
      ...(options.http2Alias ? { http2Alias: options.http2Alias } : {}),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.tap ? { tap: options.tap } : {}),
      unread: unreadTeller({ policy, now, tell }),
      send: (to, bytes, canWait) => this.#outlets[to].send(bytes, canWait),
      end: (to, how) => this.#outlets[to].end(how),
      endClient: (how) => this.#cut(how, false),
      whenGone: (to, what, told) => this.#outlets[to].whenGone(what, told),
      ...(carrier.insteadOf ? { insteadOf: carrier.insteadOf } : {}),
      hold: (to, ms) => this.#outlets[to].hold(ms),
      faultBytes: (decision, met) => this.#faultBytes(decision, met),
      leaveBytes: () => {
        for (const side of sides) this.#outlets[side].clearMachine();
      },
    };
  }

  /** Whether the peers have got something else than what was said to them, or less. */
  get hasChanged(): boolean {
    return this.#isCut || (this.#part?.hasChanged ?? false);
  }
  /**
   * What has to be kept so that a new session can {@link resume} this connection; `undefined` while something waits, is to be
   * changed, or where nothing but this session can go on: a WebSocket, for instance.
   */
  get atRest(): SessionAtRest | undefined {
    const part = this.#part;
    if (part === undefined || this.#isCut || this.#faultOfBytes || this.isBusy) return undefined;
    if (sides.some((side) => this.#hasEnded[side] || !this.#outlets[side].isClear)) return undefined;
    return part === null ? passesUnread : part.atRest;
  }

  /** Goes on with a connection that rested; before anything else. Nothing is told of it again. */
  resume(rest: SessionAtRest): void {
    const { interception } = this.#options;
    if (!rest.exchanges) this.#part = null;
    else if (!rest.tls || !interception) this.#part = new PlainHttp(this.#context, rest);
    else {
      const known = { facts: rest.exchanges.connection, decision: null };
      const met = new Acquaintance(this.#context, rest.tls.host, known, true);
      // Its handshakes are over: nothing of it can go on closed.
      const stayClosed = (): void => {};
      this.#part = new OpenedTls({ context: this.#context, interception, met, from: rest, stayClosed });
    }
  }

  /** Whether a fault has ended the client's connection, or is to behind what still goes there: nothing more is wanted. */
  get isCut(): boolean {
    return this.#isCut;
  }
  /** Whether work is under way that goes on by itself, such as a handshake: {@link idle} waits for it. */
  get isBusy(): boolean {
    return this.#part?.isBusy ?? false;
  }
  /** The requests and responses of the connection, once HTTP is spoken and read. */
  get exchanges(): HttpExchanges | undefined {
    return this.#part?.exchanges;
  }
  /** The same where HTTP/2 is spoken. */
  get http2(): Http2Exchanges | undefined {
    return this.#part?.http2;
  }
  /** As of a session: where HTTP/2 is spoken, whose windows bound what comes. */
  get readsFreely(): boolean {
    return this.#part?.http2 !== undefined;
  }
  /** TLS that is opened, where it is. */
  get openedTls(): OpenedTls | undefined {
    return this.#part instanceof OpenedTls ? this.#part : undefined;
  }

  /** Whom the carrier is to speak TLS with, and what is spoken inside. */
  get upstreamTls(): Session["upstreamTls"] {
    return this.#part?.upstreamTls;
  }

  /** When {@link wake} has to be called; `undefined` while the session waits for nothing but bytes. */
  get wakeAtMs(): number | undefined {
    const { client, server } = this.#outlets;
    const at = Math.min(
      this.#part?.wakeAtMs ?? Number.POSITIVE_INFINITY,
      client.wakeAtMs ?? Number.POSITIVE_INFINITY,
      server.wakeAtMs ?? Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(at) ? at : undefined;
  }

  /** What goes to a peer by time alone. */
  outlet(
    to: Side,
  ): Pick<
    Outlet,
    "hasMachine" | "heldUntilMs" | "isClosed" | "isScheduled" | "pendingBytes" | "wake" | "wakeAtMs"
  > {
    return this.#outlets[to];
  }

  /** Bytes of that side that the session keeps back. */
  heldBytes(from: Side): number {
    const prefix = from === "client" ? this.#prefix.length : 0;
    return prefix + this.#outlets[otherSide(from)].pendingBytes + (this.#part?.heldBytes?.(from) ?? 0);
  }

  /** Whether no more is to be read from that side for now. */
  isFull(from: Side): boolean {
    const { pendingBytes } = this.#outlets[otherSide(from)];
    return pendingBytes >= sessionLimits.maxHeldBytes || (this.#part?.isFull?.(from) ?? false);
  }

  /** Takes bytes that came from that side. */
  receive(from: Side, bytes: Uint8Array): void {
    const part = this.#part;
    if (part === null) this.#outlets[otherSide(from)].send(bytes);
    else {
      // Copied once where parts of it are kept for later; not by `slice`, which copies nothing of a Buffer.
      if (part) part.receive(from, part.keepsBytes ? new Uint8Array(bytes) : bytes);
      else this.#detect(from, new Uint8Array(bytes));
    }
    this.#checkBytes();
  }

  /** Takes the end of that side's stream. */
  ended(from: Side, how: EndKind): void {
    this.#hasEnded[from] = true;
    // Where a connection broke, nothing can be sent to its peer any more.
    if (how === "reset") this.#outlets[from].forget();
    if (from === "client" && how === "reset") this.#outlets.server.cut("reset");
    else if (this.#part) this.#part.ended(from, how);
    else {
      if (this.#part === undefined) this.#pass();
      this.#outlets[otherSide(from)].end(how);
    }
    this.#leaveSilence();
  }

  /** Says that there is no connection to the upstream, and why. Called once, by a carrier that has tried. */
  unreachable(reason: string): void {
    if (this.#part?.unreachable) this.#part.unreachable(reason);
    else this.#outlets.client.end("fin");
  }

  /** Whether the upstream is still to be connected to, and something of the client waits for it. */
  upstreamIsLate(): boolean {
    return this.#part?.upstreamIsLate?.() ?? false;
  }

  /** Does what is due now. */
  wake(): void {
    const now = this.#carrier.now();
    const at = this.#part?.wakeAtMs;
    if (at !== undefined && at <= now) this.#part?.wake?.();
    for (const side of sides) this.#outlets[side].wake(now);
    // What a fault held has made room.
    if (this.readsFreely) for (const side of sides) this.#part?.drained?.(side);
    this.#checkBytes();
  }

  /** A peer takes more again: what waited for that goes. */
  drained(to: Side): void {
    this.#part?.drained?.(to);
    this.#checkBytes();
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#part?.idle?.();
    this.#checkBytes();
  }

  /** Lets go of everything that faults hold: for a shutdown. What is under way goes on, and nothing new is held. */
  release(): void {
    for (const side of sides) this.#outlets[side].release();
  }

  /** Whether it only follows a handshake that is not over: {@link leave} changes nothing for the peers then. */
  get isFollowing(): boolean {
    return this.#part?.isFollowing ?? false;
  }

  /** Goes on without looking. Only where {@link hasChanged} is false: a peer could not go on with halves. */
  leave(): void {
    this.#part?.finish();
    this.#pass();
  }

  /**
   * Something of ours has thrown: goes on without looking where nothing was changed, and ends otherwise.
   *
   * @param isWhole - Whether all that the peers have said has gone on, or will: a peer could not go on with a part of it.
   * @returns whether it goes on.
   */
  abandon(isWhole = true): boolean {
    const isChanged = this.hasChanged || !isWhole;
    try {
      this.#part?.finish();
    } catch {
      // The part is broken; what it had to tell is lost.
    }
    if (isChanged) {
      this.#part = null;
      for (const side of sides) this.#outlets[side].cut("fin");
    } else this.#pass();
    return !isChanged;
  }

  /** Ends the session: nothing is sent any more, and what became of its exchanges is told. */
  finish(): void {
    const { machines = [], met } = this.#faultOfBytes ?? {};
    for (const machine of machines) {
      machine.finish(this.#carrier.now());
      const { outcome } = machine;
      met?.outcome(outcome.kind === "undone" ? outcome.reason : null);
    }
    this.#faultOfBytes = undefined;
    this.#part?.finish();
    this.#part = null;
    this.#prefix.take();
  }

  #cut(how: EndKind, isNow: boolean): void {
    const wasCut = this.#isCut;
    this.#isCut = true;
    if (isNow) this.#outlets.client.cut(how);
    else this.#outlets.client.end(how);
    if (wasCut) return;
    // Nothing is wanted of the upstream any more.
    this.#outlets.client.whenGone("ended", (isGone) => {
      if (isGone) this.#outlets.server.cut("fin");
    });
  }

  /**
   * Nobody waits for the end of a silence that lasts for ever once both peers have ended: a client that gave up would
   * otherwise stay half open as long as the program runs. What a client has said that is never to arrive needs no wait.
   */
  #leaveSilence(): void {
    const { client, server } = this.#outlets;
    if (this.#hasEnded.client && server.isMute) server.cut("fin");
    if (!this.#hasEnded.client || !this.#hasEnded.server) return;
    if (client.isMute || this.#part?.isMute) client.cut("fin");
  }

  #faultBytes(decision: Decision, met: Acquaintance): void {
    const found = wireMachines(decision, this.#carrier.now());
    for (const side of sides) {
      const machine = found[side];
      // Machines are named by the peer whose bytes they work on.
      if (machine) this.#outlets[otherSide(side)].setMachine(machine);
    }
    this.#faultOfBytes = { machines: Object.values(found), ofServer: found.server, met };
  }

  #checkBytes(): void {
    const { machines = [], ofServer, met } = this.#faultOfBytes ?? {};
    if (!machines.some(({ outcome }) => outcome.kind === "done")) return;
    this.#faultOfBytes = undefined;
    // Where the client's bytes reach the point, the upstream may end first, of which a carrier may not hear.
    if (ofServer?.isOver)
      this.#outlets.client.whenGone("ended", (isGone) =>
        met?.outcome(isGone ? null : this.#context.unsentReason),
      );
    else met?.outcome(null);
  }

  /** Nothing is read: what was kept goes on, and so does everything that comes. */
  #pass(): void {
    this.#part = null;
    this.#outlets.server.send(this.#prefix.take());
  }

  #detect(from: Side, bytes: Uint8Array): void {
    // A server that speaks first speaks neither TLS nor HTTP.
    if (from === "server") {
      this.#unknown("other-protocol", from, NOTHING);
      this.#outlets.client.send(bytes);
      return;
    }
    // A beginning that is too short to tell waits for what follows: what has gone on can't be opened any more.
    const prefix = this.#prefix.join(bytes);
    if (this.#hello) {
      this.#readHello(this.#hello, prefix, bytes);
      return;
    }
    const detection = detectProtocol(prefix);
    switch (detection.kind) {
      case "more":
        this.#prefix.keep(prefix, 0);
        return;
      case "tls":
        if (!this.#options.interception) {
          this.#begin(new OpaqueTls(this.#context), prefix);
          return;
        }
        // As the bridge reads it: OpenSSL judges what is in extensions, and takes much that their RFCs don't allow.
        this.#hello = new ClientHelloReader({
          malformedExtensions: "keep",
          maxMessageBytes: tlsBridgeLimits.clientHelloBytes,
        });
        this.#readHello(this.#hello, prefix, prefix);
        return;
      case "http":
        if (detection.message === "response") this.#unknown("other-protocol", from, prefix);
        else if (this.#isHttp2(prefix)) this.#begin(new PlainHttp2(this.#context), prefix);
        else this.#begin(new PlainHttp(this.#context), prefix);
        return;
      case "sslv2":
        this.#unknown("malformed-hello", from, prefix);
        return;
      case "other":
        this.#unknown("other-protocol", from, prefix);
        return;
      default:
        detection satisfies never;
    }
  }

  /** Whether it is HTTP/2 with prior knowledge, to a target that the carrier knows: requests come too late to tell. */
  #isHttp2(prefix: Uint8Array): boolean {
    const { http2Mode, http2Alias, host, policy } = this.#context;
    if (http2Alias) return isPreface(prefix);
    return http2Mode !== "off" && isPreface(prefix) && host !== undefined && policy.isTarget(host);
  }

  /** @param said - All that the client has said; `fresh` what the reader has not seen of it. */
  #readHello(reader: ClientHelloReader, said: Uint8Array, fresh: Uint8Array): void {
    const { interception } = this.#options;
    const result = reader.push(fresh);
    if (result.status === "more") {
      this.#prefix.keep(said, 0);
      return;
    }
    this.#hello = undefined;
    if (result.status === "done" && interception) this.#meet(result.clientHello, interception, said);
    else {
      this.#context.unread("malformed-hello", "client");
      this.#begin(new OpaqueTls(this.#context), said);
    }
  }

  #meet(hello: ClientHello, interception: Interception, said: Uint8Array): void {
    const { tell } = this.#options;
    const { policy } = this.#context;
    const host = hostOfHello(hello, this.#context.host);
    if (host === undefined || !policy.isTarget(host)) {
      this.#begin(new OpaqueTls(this.#context), said);
      return;
    }
    const why = interception.obstacle(host, hello, this.#context.http2Mode);
    if (why !== undefined) {
      tell({ type: "not-opened", host, why });
      this.#begin(new OpaqueTls(this.#context), said);
      return;
    }
    const met = meetTls(this.#context, hello, "decrypted");
    if (!met || isBetterClosed(met.decision)) {
      this.#begin(new OpaqueTls(this.#context, met), said);
      return;
    }
    const stayClosed = (detail: string, all: Uint8Array): void => {
      tell({ type: "not-opened", host, why: "unsupported-offer", detail });
      this.#begin(new OpaqueTls(this.#context, met), all);
    };
    this.#begin(new OpenedTls({ context: this.#context, interception, met, from: hello, stayClosed }), said);
  }

  /** This part takes over, with all that the client has said. */
  #begin(part: Part, said: Uint8Array): void {
    this.#part = part;
    this.#prefix.take();
    part.receive("client", said);
  }

  /** Nothing is read: the bytes speak no protocol that is known here. `said`: by the client. */
  #unknown(reason: UnreadReason, from: Side, said: Uint8Array): void {
    const { tell } = this.#options;
    tell({ type: "detected", protocol: "other", host: undefined, alpnProtocols: [], target: false });
    this.#context.unread(reason, from);
    if (said.length > 0) this.#prefix.take();
    this.#pass();
    this.#outlets.server.send(said);
  }
}

const NOTHING = new Uint8Array(0);
