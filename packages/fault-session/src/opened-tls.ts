/** TLS that is opened: a session with the client and one with the upstream, ended by `tls-bridge`, HTTP between. */
import { joinBytes } from "@faultwire/http1/internal";
import {
  type BridgeFailure,
  type BridgeSession,
  TlsBridge,
  type TlsBridgeHandler,
  tlsBridgeLimits,
} from "@faultwire/tls-bridge";
import { alpnProtocolsOf } from "@faultwire/tls-parser";
import { type EndKind, otherSide, type UpstreamTls } from "./carrier.ts";
import type { Side } from "./events.ts";
import { exchangesInTls } from "./exchange-options.ts";
import { HandshakeTelling } from "./handshake-telling.ts";
import { endedFirst } from "./http/exchange-teller.ts";
import { HttpExchanges } from "./http/http-exchanges.ts";
import type { HttpPort } from "./http/http-port.ts";
import { Http2Exchanges } from "./http2/http2-exchanges.ts";
import type { Http2Port } from "./http2/http2-port.ts";
import { lessonOf } from "./interception.ts";
import { isUpstreamClear, type OpenedTlsOptions, openedBridge } from "./opened-bridge.ts";
import type { Part } from "./part.ts";
import { isFull } from "./plain-http.ts";
import type { SessionAtRest } from "./session-rest.ts";
import type { Spoken } from "./spoken.ts";
import { isSpoiledBy, type RecordFault, recordFaultOf } from "./tls-faults.ts";
import { isOfBytes } from "./wire-fault.ts";

/**
 * After so long a client that has our certificate and says nothing is reported, in ms. A client that does not trust us
 * and sends no alert, as Node's, looks like that.
 */
const silentAfterMs = 5000;

export class OpenedTls implements Part {
  readonly #options: Omit<OpenedTlsOptions, "from">;
  readonly #bridge: TlsBridge;
  readonly #handshake: HandshakeTelling;
  /** What is spoken inside, once the handshakes are done. */
  #spoken: Spoken | undefined;
  /** What the client is served with where TLS with the upstream is the carrier's: nearly every upstream has HTTP/1.1. */
  readonly #clearProtocol: string;
  #isFarewelled = false;
  #recordFault: RecordFault | undefined;
  #hasSent = false;
  /** Whether the client waits for something of what is to go to it. */
  #isAwaited = true;
  /** The upstream has said that this is all: the client is told behind what still has to go to it. */
  #owesCloseNotify = false;
  /** How a peer's connection has ended: the other one's ends behind what still has to go to it. */
  readonly #ends: Record<Side, EndKind | undefined> = { client: undefined, server: undefined };
  /** Ends that the exchanges, or who is told of a handshake, know of. */
  readonly #seenEnds: Record<Side, boolean> = { client: false, server: false };
  /** The connection goes on closed, without this part. */
  #isLeft = false;
  /** Of the session, once there is one. */
  #version: BridgeSession["version"] | undefined;
  #failure: BridgeFailure | undefined;
  /** TLS with the upstream is the carrier's: what is said to it, and what it says, is in clear. */
  #isClear: boolean;
  /** The upstream has answered. */
  #hasHeardUpstream = false;
  /** Why the upstream can't be reached, where it can't, as the carrier said it. */
  #unreachable: string | undefined;
  /** The upstream was told that nothing is wanted of it any more. */
  #hasLeftUpstream = false;
  /** How the client's connection ends behind what is to go to it. */
  #clientEnd: EndKind | undefined;
  /** Who wants to know when what is to go to the client has gone; it is still to be sealed. */
  readonly #waiting: { readonly what: "sent" | "ended"; readonly told: (isGone: boolean) => void }[] = [];
  /** The client's connection ends without a farewell of TLS, so that nothing but the end itself tells the client. */
  #endsWithFin = false;
  /** The client has got our first flight. */
  #isAnswered = false;
  /** Time at which a silent client is reported. */
  #silentAtMs: number | undefined;
  /** What the client has said until something was sent. */
  #said: Uint8Array[] = [];
  readonly hasChanged = true;

  constructor({ from, ...options }: OpenedTlsOptions) {
    this.#options = options;
    const { context, interception, met } = options;
    const handler = this.#handler();
    const preferredAlone = (): string | undefined => (this.#isClear ? this.#clearProtocol : undefined);
    this.#isClear = isUpstreamClear(context);
    if ("exchanges" in from) {
      this.#handshake = new HandshakeTelling(undefined, context);
      this.#clearProtocol = "http/1.1";
      this.#bridge = TlsBridge.resume(from.tls!.bridge, handler);
      this.#version = from.tls!.version;
      this.#hasSent = this.#isAnswered = this.#hasHeardUpstream = true;
      this.#isAwaited = false;
      this.#spoken = exchangesInTls("http/1.1", context, met, this.#port(), from);
      return;
    }
    this.#handshake = new HandshakeTelling(from, context);
    const offered = alpnProtocolsOf(from);
    this.#clearProtocol = offered.length === 0 || offered.includes("http/1.1") ? "http/1.1" : "h2";
    this.#recordFault = recordFaultOf(met.decision);
    this.#bridge = openedBridge({ context, interception, met, hello: from, handler, preferredAlone });
    if (met.decision && isOfBytes(met.decision)) context.faultBytes(met.decision, met);
  }

  get atRest(): SessionAtRest | undefined {
    const { host, facts, decision, isTold } = this.#options.met;
    const hasMore = this.#recordFault !== undefined || (decision !== null && !isTold);
    const isLeft = this.#failure ?? this.#clientEnd ?? this.#ends.client ?? this.#ends.server;
    const isBusy = this.#isLeft || this.#isFarewelled || this.#owesCloseNotify || this.#waiting.length > 0;
    const isQuiet = !hasMore && !isLeft && !isBusy && this.#silentAtMs === undefined;
    if (!isQuiet || this.#isClear || !this.#version || !this.#handshake.isTold) return undefined;
    const bridge = this.#bridge.atRest;
    const rest = bridge && this.exchanges?.atRest(facts);
    return rest && { ...rest, hasChanged: true, tls: { host, version: this.#version, bridge } };
  }

  get exchanges(): HttpExchanges | undefined {
    return this.#spoken instanceof HttpExchanges ? this.#spoken : undefined;
  }
  get http2(): Http2Exchanges | undefined {
    return this.#spoken instanceof Http2Exchanges ? this.#spoken : undefined;
  }

  get upstreamTls(): UpstreamTls | undefined {
    if (!this.#isClear || this.#isLeft) return undefined;
    return { host: this.#options.met.host, protocol: this.#clearProtocol };
  }

  drained(): void {
    this.http2?.flush();
    this.flush();
  }

  upstreamIsLate(): boolean {
    const { context } = this.#options;
    const isOver = this.#hasHeardUpstream || this.#spoken || this.#failure || this.#isLeft;
    if (isOver || this.#isClear || !context.needsNoUpstream) return false;
    this.#isClear = true;
    this.#bridge.unreachable("it is late");
    this.flush();
    return true;
  }

  get isMute(): boolean {
    return this.#spoken?.isStalled ?? false;
  }
  get isBusy(): boolean {
    return this.#bridge.isBusy;
  }
  get wakeAtMs(): number | undefined {
    const at = this.#spoken?.dueAtMs;
    return this.#silentAtMs === undefined ? at : Math.min(at ?? this.#silentAtMs, this.#silentAtMs);
  }
  heldBytes(from: Side): number {
    return this.#bridge.waitingBytes(from) + (this.#spoken?.heldBytes(from) ?? 0);
  }
  isFull(from: Side): boolean {
    if (this.exchanges) return isFull(this.exchanges, from);
    // Windows of HTTP/2 bound what a peer can say.
    if (this.#spoken) return false;
    return this.#bridge.waitingBytes(from) >= tlsBridgeLimits.bufferedBytes / 2;
  }

  /** Whether this peer has sent the beginning of a record whose rest is still to come. */
  isInRecord(from: Side): boolean {
    return this.#spoken !== undefined && !this.#failure && this.#bridge.isInRecord(from);
  }
  /** Whether the upstream has said by TLS that this is all: nothing more comes of it. */
  get isFarewelled(): boolean {
    return this.#isFarewelled;
  }
  /** Whether the session has failed, so that nothing but alerts and ends goes to the peers. */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }
  /** The fault of one record that has not struck yet. */
  get pendingRecordFault(): RecordFault | undefined {
    return this.#recordFault;
  }

  /** Asks a peer for new keys (RFC 8446 section 4.6.3); nothing in TLS 1.2 and before the handshake is over. */
  requestKeys(of: Side): void {
    if (this.#version !== "TLSv1.3" || this.#failure) return;
    this.#bridge.updateKeys(of, true);
  }

  receive(from: Side, bytes: Uint8Array): void {
    if (from === "server") {
      this.#hasHeardUpstream = true;
      if (this.#isClear) {
        this.#spoken?.fromServer(bytes);
        this.flush();
        return;
      }
    }
    if (from === "client") this.#handshake.follow("client", bytes);
    if (!this.#hasSent && from === "client") this.#said.push(new Uint8Array(bytes));
    this.#bridge.push(from, bytes);
    // What TLS 1.2 itself answers a client with is that it may not renegotiate, and for that the client waits.
    if (from === "client" && this.#version === "TLSv1.2" && this.#bridge.pendingBytes("client") > 0)
      this.#isAwaited = true;
    this.flush();
  }

  ended(from: Side, how: EndKind): void {
    const isAlone = this.#bridge.hasLeftUpstream && !this.#isClear;
    if (isAlone && from === "server") return;
    this.#ends[from] = how;
    // There is no upstream whose end would end the client's connection.
    if (isAlone) this.#ends.server = "fin";
    this.flush();
  }

  unreachable(reason: string): void {
    this.#unreachable = reason;
    if (this.#isClear) this.#spoken?.unreachable(reason);
    else this.#bridge.unreachable(reason);
    this.flush();
  }

  async idle(): Promise<void> {
    await this.#bridge.idle();
    this.flush();
  }

  wake(): void {
    const now = this.#options.context.now();
    if (this.#silentAtMs !== undefined && this.#silentAtMs <= now) this.#tellSilence();
    this.#spoken?.wake();
    this.flush();
  }

  finish(): void {
    this.#spoken?.finish();
    this.#options.met.outcome(endedFirst);
    this.#handshake.tell();
    this.#bridge.end();
  }

  /** Hands over what is to go to the peers. */
  flush(): void {
    const { context, met, stayClosed } = this.#options;
    if (this.#isLeft) return;
    if (this.#failure && !this.#hasSent && !isSpoiledBy(met.decision, this.#failure)) {
      this.#isLeft = true;
      stayClosed(this.#failure.message, joinBytes(this.#said));
      for (const from of ["client", "server"] as const) {
        const how = this.#ends[from];
        if (how) context.end(otherSide(from), how);
      }
      return;
    }
    if (this.#bridge.hasLeftUpstream && !this.#hasLeftUpstream && !this.#isClear) {
      if (this.#bridge.hasOtherProtocol) this.#renewUpstream();
      else this.#leaveUpstream();
    }
    // What a peer said before it ended may still be in work.
    if (!this.isBusy) this.#seeEnds();
    if (this.#owesCloseNotify && !this.#spoken?.owesClient) {
      this.#owesCloseNotify = false;
      this.#isAwaited = true;
      this.#bridge.closeNotify("client");
    }
    const toServer = this.#bridge.take("server");
    const toClient = this.#bridge.take("client");
    if (toServer.length + toClient.length > 0) {
      this.#hasSent = true;
      this.#said = [];
    }
    if (toClient.length > 0 && !this.#isAnswered && !this.#failure) {
      // Our certificate is on its way.
      this.#isAnswered = true;
      this.#silentAtMs = context.now() + silentAfterMs;
    }
    this.#handshake.follow("server", toClient);
    // A client may go without a word when it has seen it.
    const isShown = toClient.length > 0 && met.decision?.fault.kind === "tls.certificate";
    if (!this.#isClear) context.send("server", toServer);
    // Session tickets can wait for something to go with.
    context.send("client", toClient, !this.#isAwaited);
    if (isShown && !this.#failure) this.#outcomeWhenGone();
    if (this.#spoken) this.#isAwaited = false;
    const waiting = this.#waiting.splice(0);
    for (const { what, told } of waiting) if (what === "sent") context.whenGone("client", what, told);
    if (this.#failure) {
      context.end("client", "fin");
      context.end("server", "fin");
    } else if (this.#clientEnd) context.endClient(this.#clientEnd);
    for (const { what, told } of waiting) if (what === "ended") context.whenGone("client", what, told);
    this.#payEnds();
  }

  /** Tells of peers that have ended. */
  #seeEnds(): void {
    for (const from of ["client", "server"] as const) {
      const how = this.#ends[from];
      if (!how || this.#seenEnds[from]) continue;
      this.#seenEnds[from] = true;
      if (!this.#spoken) this.#endedInHandshake(from);
      else if (from === "server") {
        this.#spoken.serverEnded(how);
        // With TLS of its own the session hears of the upstream's farewell before.
        if (this.#isClear && how === "fin") this.#owesCloseNotify = this.#clientEnd === undefined;
      } else {
        if (this.#silentAtMs !== undefined) this.#tellSilence();
        this.#spoken.clientEnded();
      }
    }
  }

  /** A peer's end goes on to the other, behind what is still to go there. */
  #payEnds(): void {
    const { context } = this.#options;
    const { client, server } = this.#ends;
    if (this.isBusy) return;
    if (client) context.end("server", client);
    if (this.#failure || this.#clientEnd || !server || this.#spoken?.owesClient) return;
    context.end("client", server);
    this.#spoken?.leave();
  }

  #endedInHandshake(from: Side): void {
    // No handshake is under way with an upstream that is the carrier's.
    if (this.#failure || (from === "server" && this.#isClear)) return;
    if (from === "client" && this.#silentAtMs !== undefined) {
      this.#tellSilence();
      return;
    }
    const { context, met } = this.#options;
    const peer = from === "client" ? "client" : "upstream";
    const message = `the ${peer} ended the connection during the handshake`;
    context.tell({ type: "session-failed", host: met.host, code: "connection-lost", message });
  }

  #handler(): TlsBridgeHandler {
    return {
      established: (session) => this.#established(session),
      data: (from, plaintext) => {
        if (from === "client") {
          this.#silentAtMs = undefined;
          this.#spoken?.fromClient(plaintext);
        } else this.#spoken?.fromServer(plaintext);
      },
      closeNotify: (from) => {
        if (from === "client" && this.#isClear) this.#options.context.end("server", "fin");
        else if (from === "client") this.#bridge.closeNotify("server");
        else {
          this.#isFarewelled = true;
          this.#spoken?.serverEnded("fin");
          // Behind a fault that has struck nothing comes, least of all a proper end.
          this.#owesCloseNotify = this.#clientEnd === undefined;
        }
      },
      alert: (from, level, description) => {
        if (from === "server" && this.#clientEnd) return;
        this.#isAwaited = true;
        this.#bridge.sendAlert(otherSide(from), level, description);
      },
      failed: (failure) => {
        this.#failure = failure;
        this.#silentAtMs = undefined;
        this.#isAwaited = true;
        this.#failed(failure);
      },
    };
  }

  #established(session: BridgeSession): void {
    const { context, met } = this.#options;
    const { version, upstreamFailure } = session;
    this.#version = version;
    const { alpnProtocol } = session.client;
    // In TLS 1.2 the end of the handshake is ours; in TLS 1.3 only tickets follow.
    this.#isAwaited = version === "TLSv1.2";
    context.tell({ type: "opened", host: met.host, version, alpnProtocol });
    const kind = met.decision?.fault.kind;
    if (kind === "tls.handshake-slow") context.leaveBytes();
    else if (kind?.startsWith("tls.") && !this.#recordFault) met.outcome(null);
    this.#spoken = exchangesInTls(alpnProtocol, context, met, this.#port());
    this.#handshake.over();
    if (this.#isClear) {
      if (this.#unreachable !== undefined) this.#spoken.unreachable(this.#unreachable);
    } else if (upstreamFailure) this.#goAlone(upstreamFailure);
  }

  /** Where what is spoken inside goes. */
  #port(): HttpPort & Http2Port {
    const { context } = this.#options;
    return {
      toClient: (bytes) => this.#toClient(bytes),
      toServer: (bytes) => {
        if (this.#isClear) context.send("server", bytes);
        else this.#write("server", bytes);
      },
      endClient: (how) => this.#endClient(how),
      // TLS has a farewell of its own.
      whenGone: (what, told) => this.#waiting.push({ what: this.#endsWithFin ? what : "sent", told }),
      hold: (to, ms) => context.hold(to, ms),
      hasRoom: (to) => context.hasRoom(to),
      endServer: () => {
        if (!this.#isClear) this.#bridge.closeNotify("server");
        context.end("server", "fin");
      },
    };
  }

  /** Nothing is wanted of the upstream any more: its end is none of the client's. */
  #leaveUpstream(): void {
    this.#hasLeftUpstream = true;
    this.#ends.server = this.#ends.client && "fin";
    this.#seenEnds.server = true;
    const { context } = this.#options;
    context.send("server", this.#bridge.take("server"));
    context.end("server", "fin");
  }

  /** The upstream has another protocol than the client: from now on the carrier speaks with it. */
  #renewUpstream(): void {
    this.#isClear = true;
    this.#ends.server = undefined;
    this.#seenEnds.server = false;
    this.#bridge.take("server");
    this.#options.context.renewUpstream?.();
  }

  /** There is no upstream, and a session with the client: requests that need one are answered in its place. */
  #goAlone({ code, message }: BridgeFailure): void {
    const { context, met } = this.#options;
    // A carrier tells of those that it could not reach.
    if (code !== "upstream-unreachable")
      context.tell({ type: "session-failed", host: met.host, code, message });
    this.#spoken?.unreachable(this.#unreachable ?? message);
  }

  #write(to: Side, bytes: Uint8Array): void {
    // An empty record is legal, but a client that reads its socket in blocking mode waits behind it for a full one.
    if (bytes.length === 0) return;
    this.#bridge.write(to, bytes);
    this.#options.context.hooks.sealed?.(to, bytes.length);
  }

  #toClient(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#isAwaited = true;
    if (this.#clientEnd) return;
    const fault = this.#recordFault;
    if (!fault || this.#bridge.recordsTo("client") < fault.afterRecords) {
      this.#write("client", bytes);
      return;
    }
    this.#recordFault = undefined;
    fault.strike(this.#bridge, bytes);
    this.#clientEnd = "fin";
    this.#endsWithFin = fault.isEnd === true;
    this.#outcomeWhenGone();
  }

  /** The connection's fault is done once the client has got it. */
  #outcomeWhenGone(): void {
    const told = (isGone: boolean): void =>
      this.#options.met.outcome(isGone ? null : this.#options.context.unsentReason);
    this.#waiting.push({ what: this.#endsWithFin ? "ended" : "sent", told });
  }

  #tellSilence(): void {
    this.#silentAtMs = undefined;
    const { host, facts } = this.#options.met;
    this.#options.context.tell({ type: "silent", host, client: facts.client });
  }

  #endClient(how: EndKind): void {
    // A fault of a record has ended it already, in its own way.
    if (this.#clientEnd !== undefined) return;
    this.#isAwaited = true;
    if (how === "fin") this.#bridge.closeNotify("client");
    else this.#endsWithFin = true;
    this.#clientEnd = how;
  }

  #failed(failure: BridgeFailure): void {
    const { context, interception, met } = this.#options;
    const { hello } = this.#handshake;
    const { host, facts } = met;
    const { code, message } = failure;
    // The connection goes on closed: the part that follows it then has the rest to tell.
    if (!this.#hasSent && !isSpoiledBy(met.decision, failure)) return;
    if (isSpoiledBy(met.decision, failure)) this.#outcomeWhenGone();
    else if (code === "client-rejects-certificate")
      context.tell({ type: "untrusted", host, client: facts.client, message });
    else {
      const lesson = lessonOf(failure, this.#spoken === undefined);
      if (hello && lesson) interception.learn(host, lesson, hello);
      context.tell({ type: "session-failed", host, code, message });
    }
    this.#spoken?.finish();
    this.#handshake.tell();
  }
}
