/** One client's connection and all that belongs to it: its name in the log, its upstreams, its times, its end. */

import { isIP, type Socket } from "node:net";
import {
  ConnectionSession,
  type EndKind,
  type NewConnection,
  type SessionEvent,
} from "@faultwire/fault-session";
import { joinBytes } from "@faultwire/http1/internal";
import { type Line, LineCarrier, SecureLineError, SocketLine, silentEars } from "@faultwire/lines";
import type { BridgeFailure } from "@faultwire/tls-bridge";
import type { Door } from "./front/addressed.ts";
import type {
  CarryOptions,
  ConnectionCarrier,
  Entrance,
  FrontConnection,
  RoutedOptions,
  Whom,
} from "./front/front-connection.ts";
import { HttpFront } from "./front/http-front.ts";
import { beginsHttp2, Http2Front, tellingBytes } from "./front/http2-front.ts";
import { ProxyProtocolFront, proxyProtocolByte } from "./front/proxy-protocol-front.ts";
import { secureUpstream } from "./front/secure-upstream.ts";
import { SocksFront, socksVersion } from "./front/socks-front.ts";
import { TlsFront, tlsByte } from "./front/tls-front.ts";
import { PluginCarrier } from "./plugin/plugin-carrier.ts";
import type { PluginTalk } from "./plugin/plugin-talk.ts";
import type { ProxyContext } from "./proxy-context.ts";
import { endsAtStandIn } from "./stand-in/ends-at-stand-in.ts";
import { whoAnswers } from "./stand-in/who-answers.ts";
import { PriorKnowledgeLine } from "./translate/prior-knowledge-line.ts";
import { tellTranslated } from "./translate/tell-translated.ts";
import { type Authority, authorityText } from "./upstream/authority.ts";
import { chain } from "./upstream/chain.ts";
import { ChainError } from "./upstream/chain-error.ts";
import { type Unreachable, unreachable } from "./upstream/dialler.ts";
import type { ChainKind } from "./upstream/upstream-proxies.ts";

export class Connection implements FrontConnection {
  readonly context: ProxyContext;
  /** Its number, as logs name it. */
  readonly id: number;
  #client: Line;
  readonly #sockets: Set<Socket> = new Set();
  readonly #onClosed: () => void;
  #carrier: ConnectionCarrier | undefined;
  /** Lets go of a silence. */
  #letGo: (() => void) | undefined;
  #isJoined = false;
  /** Whom the client wants is known. */
  #cameBy: readonly string[] = [];
  #isGreeted = false;
  /** We have answered all that it has asked of ourselves. */
  #isResting = false;
  /** Names that were given to what the client has asked for. */
  #names = 0;
  /** The client's address and port. */
  readonly peer: string;
  readonly #openedAtMs: number;
  #movedAtMs: number;
  /** Since when nothing goes to the client any more, and nothing that it still says is wanted. */
  #overAtMs: number | undefined;

  constructor(id: number, socket: Socket, context: ProxyContext, onClosed: () => void) {
    this.id = id;
    this.context = context;
    this.#onClosed = onClosed;
    this.#openedAtMs = context.runtime.clock.now();
    this.#movedAtMs = this.#openedAtMs;
    const { remoteAddress = "", remotePort = 0 } = socket;
    this.peer = authorityText({ host: remoteAddress, port: remotePort });
    this.#own(socket);
    socket.on("close", () => this.guard(() => this.over()));
    this.#client = this.#line(socket);
    this.hear((bytes) => this.#first(socket, bytes));
    this.#client.setPaused(false);
  }

  /** The client's connection, or what is spoken in it. */
  get client(): Line {
    return this.#client;
  }

  /** Since when the client has what it now speaks on, as events tell it. */
  get askedAtMs(): number {
    // What a client asks for on a connection that it had already, it may have asked for at any time.
    return this.#carrier === undefined ? this.#openedAtMs : this.context.runtime.clock.now();
  }

  nextName(): string {
    this.#names++;
    return `${this.context.via}-${this.id}.${this.#names}`;
  }

  /** Whether nothing is under way, as far as can be told: between two requests, or before the first. */
  get isQuiet(): boolean {
    if (this.#isJoined) return false;
    if (!this.#carrier) return !this.#isGreeted || this.#isResting;
    return this.#carrier.isQuiet;
  }

  /** Hands on what the client says, while it is not known whom it wants. */
  hear(heard: (bytes: Uint8Array) => void): void {
    this.client.listen({
      ...silentEars,
      data: (bytes) => this.guard(() => heard(bytes)),
      ended: () => this.client.end("fin"),
    });
  }

  /** Does something of ours; whatever it throws ends this connection, and no other. */
  guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fail(error);
    }
  }

  bug(error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    try {
      this.#tell({ type: "bug", message });
    } catch {
      // What tells of errors is broken itself: there is nobody left to tell.
    }
  }

  /** Something has come or gone. */
  readonly moved = (): void => {
    this.#movedAtMs = this.context.runtime.clock.now();
  };

  /** It is known whom the client wants. */
  greeted(): void {
    this.#isGreeted = true;
    this.#isResting = false;
    this.moved();
  }

  /** Nothing goes to the client any more, and nothing that it still says is wanted. */
  readonly over = (): void => {
    this.#overAtMs ??= this.context.runtime.clock.now();
  };

  cameBy(via: readonly string[]): void {
    this.#cameBy = via;
  }

  /** Opens a connection to an upstream, through another proxy where there is one on the way; it ends with this one. */
  dial(authority: Authority, kind: ChainKind = "tunnel"): Line {
    const { dialler, upstreamProxies, runtime, limits, via } = this.context;
    const proxy = dialler.isOwnMatter(authority) ? undefined : upstreamProxies.find(authority, kind);
    if (!proxy) return this.#direct(authority);
    return chain(proxy, authority, kind, {
      open: (to) => this.#open(to, true),
      secure: (line, to) => secureUpstream(this, to, line, () => kind === "absolute-form"),
      clock: runtime.clock,
      guard: (act) => this.guard(act),
      handshakeMs: limits.connectMs,
      // A proxy on the way that leads back here is known by it, however many others are between.
      via: [...(kind === "tunnel" ? this.#cameBy : []), `1.1 ${via}`].join(", "),
    });
  }

  /** A replay that passes on has HTTP/1.1 alone. In clear nobody can learn that from it. */
  #direct(authority: Authority): Line {
    const { standIn, runtime, limits } = this.context;
    const open = (): Line => this.#open(authority, false);
    if (!standIn?.hasHttp1Alone || !endsAtStandIn(this.context, authority)) return open();
    return new PriorKnowledgeLine(open(), {
      open,
      maxConnections: limits.translatedConnections,
      now: runtime.clock.now,
      guard: (act) => this.guard(act),
      translated: () => tellTranslated(this, authority, { client: "h2", upstream: "http/1.1" }),
    });
  }

  /** @param isWanted - As of the dialler. */
  #open(authority: Authority, isWanted: boolean): Line {
    const socket = this.context.dialler.dial(authority, isWanted);
    this.context.outgoing.add(socket);
    this.#own(socket);
    return this.#line(socket);
  }

  /** Says in words why an upstream can't be reached, in the log and to whoever asks. */
  unreachable(authority: Authority, error: Error): Unreachable {
    const why = whyUnreachable(authority, error);
    const entry = {
      event: "upstream-unreachable",
      connection: this.id,
      upstream: authorityText(authority),
      code: why.code,
    };
    this.context.runtime.logger.warn(entry, why.reason);
    return why;
  }

  tlsFailed({ host }: Authority, { code, message }: BridgeFailure): void {
    this.#tell({ type: "session-failed", host, code, message });
  }

  /** The log's line for what is refused, and why. */
  refused(why: string, fields: object = {}): void {
    this.context.runtime.logger.warn({ event: "refused", connection: this.id, ...fields }, why);
  }

  /** Carries a session between the client, or the part of its connection that an upstream gets, and an upstream. */
  carry(client: Line, authority: Authority, options: CarryOptions): ConnectionCarrier {
    const { admission } = options;
    const whom = { authority, verdict: admission.kind === "ours" ? admission.verdict : undefined };
    this.#carrier =
      admission.kind === "plugin"
        ? this.#carryByPlugin(client, authority, admission.talk, options)
        : this.#carryByRules(client, () => whom, { host: authority.host, ...options });
    return this.#carrier;
  }

  /** The same where the client's first request tells whom its connection is for. */
  carryRouted(whom: () => Whom, options: RoutedOptions): ConnectionCarrier {
    this.#carrier = this.#carryByRules(this.client, whom, options);
    return this.#carrier;
  }

  #carryByPlugin(
    client: Line,
    authority: Authority,
    talk: PluginTalk,
    { upstream, chainKind }: CarryOptions,
  ): PluginCarrier {
    return new PluginCarrier({
      talk,
      client,
      dial: () => {
        const line = this.dial(authority, chainKind);
        return upstream?.(line) ?? line;
      },
      unreachable: (error) => this.unreachable(authority, error).reason,
      onMoved: this.moved,
    });
  }

  #carryByRules(
    client: Line,
    whom: () => Whom,
    options: Omit<CarryOptions, "admission" | "chainKind"> & RoutedOptions & { readonly host?: string },
  ): LineCarrier {
    const { answer, upstream, isTunnel = false, http2Alias, host } = options;
    const { runtime, policy, interception, limits, isLazy, http2Mode } = this.context;
    // What the client itself said that it wants, where its connection is to an address.
    let named: string | undefined;
    const upstreamOf = (): Authority => this.#ledByName(whom().authority, named);
    const dial = (): Line => this.dial(upstreamOf(), whom().chainKind ?? options.chainKind);
    const { standIn } = this.context;
    const answers = standIn && whoAnswers(standIn, () => endsAtStandIn(this.context, upstreamOf()));
    const known = (): Partial<NewConnection> => {
      const { authority, verdict } = whom();
      return { port: authority.port, ...(verdict ? { connect: verdict } : {}) };
    };
    const carrier: LineCarrier = new LineCarrier({
      client,
      openedAtMs: this.askedAtMs,
      dial: () => {
        const line = dial();
        return upstream?.(line) ?? line;
      },
      secure: (line, named, protocol) =>
        secureUpstream(
          this,
          { ...whom().authority, host: named },
          line,
          () => (carrier.session.exchanges ?? carrier.session.http2)?.upstreamOwes ?? false,
          {
            spoken: protocol === "h2" ? "h2" : "http/1.1",
            open: dial,
          },
        ),
      translates: true,
      http2Mode,
      isLazy,
      upstreamAnswerMs: limits.upstreamAnswerMs,
      silentClientMs: isTunnel && !isLazy ? limits.silentClientMs : undefined,
      session: (carries) =>
        new ConnectionSession({
          carrier: carries,
          policy: {
            ...policy,
            connection: (news) => policy.connection({ ...news, ...known() }),
            record: (event) => policy.record(answers ? answers.told(event) : event),
          },
          ...(answers && { hooks: answers.hooks }),
          desk: runtime.desk,
          interception,
          host: host === undefined || isIP(host) ? undefined : host,
          http2Alias,
          tell: (event) => {
            if (event.type === "detected") named = event.host;
            this.#tell(event);
          },
          tap: this.context.tap,
        }),
      clock: runtime.clock,
      maxUnreadBytes: limits.maxUnreadBytes,
      unreachable: (error) => {
        const why = this.unreachable(whom().authority, error);
        return answer?.(why) ? undefined : why.reason;
      },
      onBug: (error) => this.bug(error),
      onMoved: this.moved,
      onOver: this.over,
    });
    return carrier;
  }

  /** An address whose client names a host that something stands in for is that host: else it would be the real one. */
  #ledByName(authority: Authority, named: string | undefined): Authority {
    const { standIn } = this.context;
    if (named === undefined || !isIP(authority.host) || !standIn?.answersFor(named)) return authority;
    return { host: named, port: authority.port };
  }

  /** Says a last word of our own to the client, and ends. What the client still says is dropped, so that it gets to read it. */
  sayAndEnd(bytes: Uint8Array, closed: () => void = () => {}, how: EndKind = "fin"): void {
    this.client.listen({ ...silentEars, closed });
    this.client.write(bytes);
    this.client.end(how);
    this.client.setPaused(false);
    this.over();
  }

  /** Whom the client wants is no target: nothing of it is read. */
  passesUnread({ host }: Authority): void {
    this.#tell({ type: "detected", protocol: "unread", host, alpnProtocols: [], target: false });
  }

  /** Says nothing to the client, and drops what it says, until `then`. */
  holdClient(ms: number | null, then: () => void, closed: () => void): void {
    const cancel =
      ms === null ? () => {} : this.context.runtime.clock.after(ms, () => this.guard(() => this.release()));
    this.#letGo = () => {
      cancel();
      this.#letGo = undefined;
      then();
    };
    this.client.listen({
      ...silentEars,
      ended: () => this.client.end("fin"),
      closed: () => {
        cancel();
        this.#letGo = undefined;
        closed();
      },
    });
    this.client.setPaused(false);
  }

  /** The client and an upstream are joined from now on. */
  joined(): void {
    this.#isJoined = true;
  }

  /** Lets go of what faults hold: for a shutdown. */
  release(): void {
    this.#carrier?.release();
    this.#letGo?.();
  }

  /** Looks whether a time is over; call it now and then. */
  look(nowMs: number): void {
    const { headMs, lingerMs, idleMs } = this.context.limits;
    const quietMs = nowMs - this.#movedAtMs;
    if (this.#overAtMs !== undefined && (this.client.isClosed || this.client.waitingBytes === 0)) {
      if (nowMs - this.#overAtMs >= lingerMs) this.destroy();
    } else if (!this.#isGreeted && nowMs - this.#openedAtMs >= headMs) {
      this.refused(`a client has not said within ${headMs} ms whom it wants`);
      this.destroy();
    } else if ((this.client.peerEnd ?? this.client.hasEnded) && quietMs >= this.#halfOpenMs()) this.destroy();
    else if (quietMs >= idleMs) this.destroy();
  }

  /** A client that closes looks like one that ends its half alone; one that has had all its answers waits for no more. */
  #halfOpenMs(): number {
    const { lingerMs, halfOpenMs } = this.context.limits;
    return this.isQuiet ? Math.min(lingerMs, halfOpenMs) : halfOpenMs;
  }

  /** Everything ends at once. */
  destroy(): void {
    this.#carrier?.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  enter({ client = this.#client, known, scheme, rest }: Entrance): void {
    this.#client = client;
    const first = (bytes: Uint8Array): void => this.#begin(bytes, { known, scheme });
    if (rest && rest.length > 0) first(rest);
    else this.hear(first);
  }

  rests(): void {
    this.#isResting = true;
  }

  /** The first bytes of all. */
  #first(socket: Socket, bytes: Uint8Array): void {
    if (this.context.outgoing.has(socket)) {
      this.refused(
        "the proxy has dialled itself: a name leads back to it, by a hosts file for one; `resolve` can lead it to its real address",
      );
      this.destroy();
    } else this.#begin(bytes, { known: "no", scheme: "http" });
  }

  #begin(bytes: Uint8Array, door: Door): void {
    if (beginsHttp2(bytes) && bytes.length < tellingBytes) {
      this.hear((more) => this.#begin(joinBytes([bytes, more]), door));
      return;
    }
    const http = (said: Uint8Array): void => {
      if (beginsHttp2(said)) new Http2Front(this, door).begin(said);
      else new HttpFront(this, door).receive(said);
    };
    // What is said inside of TLS, or of a tunnel that leads here, is HTTP or TLS.
    const isFirst = door.known === "no" && door.scheme === "http";
    if (bytes[0] === tlsByte && door.scheme === "http") new TlsFront(this, door.known).receive(bytes);
    else if (bytes[0] === socksVersion && isFirst) new SocksFront(this).receive(bytes);
    else if (bytes[0] === proxyProtocolByte && isFirst) new ProxyProtocolFront(this, http).receive(bytes);
    else http(bytes);
  }

  /** An error of ours has met this connection: it ends. */
  readonly #fail = (error: unknown): void => {
    this.bug(error);
    try {
      this.destroy();
    } catch (again) {
      this.bug(again);
    }
    // Whatever became of the rest, no socket stays.
    for (const socket of this.#sockets) socket.destroy();
  };

  #line(socket: Socket): Line {
    return new SocketLine(socket, this.context.runtime.clock, this.#fail);
  }

  #tell(event: SessionEvent): void {
    this.context.runtime.tell(event, { connection: this.id });
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onClosed();
    });
  }
}

/** Why there is no TLS with an upstream, in the words for one that can't be reached. */
function whyUnreachable(authority: Authority, error: Error): Unreachable {
  if (error instanceof SecureLineError) return tlsUnreachable(authority, error);
  if (!(error instanceof ChainError)) return unreachable(authority, error);
  const { code, message, proxy, status } = error;
  const reason = `${authorityText(authority)} can't be reached through the proxy ${proxy}: ${message} (${code})`;
  return { code, reason, status };
}

function tlsUnreachable(authority: Authority, { code, message }: SecureLineError): Unreachable {
  const reason = `${authorityText(authority)} can't be reached: ${message}`;
  return { code, reason, status: code === "TIMEOUT" ? 504 : 502 };
}

/** Whether an authority is that port of this machine. */
