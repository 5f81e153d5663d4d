/**
 * HTTPS that is opened inside a tunnel: a TLS session with the client and one with the upstream, ended by `tls-bridge`,
 * HTTP/1.1 between them, and the tunnel's ticks to carry both.
 */
import {
  type Acquaintance,
  bridgeFaultOf,
  type ClientEnd,
  HttpExchanges,
  type Interception,
  isOfBytes,
  isSpoiledBy,
  type RecordFault,
  recordFaultOf,
  type Side,
  unsentReason,
} from "@faultwire/fault-session";
import { HandshakeTracker } from "@faultwire/handshake-fsm";
import { joinBytes } from "@faultwire/http1";
import {
  type BridgeFailure,
  type BridgeSession,
  type BridgeSide,
  TlsBridge,
  type TlsBridgeHandler,
} from "@faultwire/tls-bridge";
import type { ClientHello } from "@faultwire/tls-parser";
import type { ConversationContext } from "./conversation-context.ts";
import { holdsCall, keepsCall, type PairedSession } from "./plain-http-session.ts";
import { provocation } from "./provocation.ts";
import type { Ticks } from "./ticks.ts";
import { closeReason } from "./verdict.ts";

export interface DecryptedSessionOptions {
  readonly context: ConversationContext;
  readonly ticks: Ticks;
  readonly interception: Interception;
  readonly met: Acquaintance;
  readonly hello: ClientHello;
  /** The session can't be, and nothing has been sent yet: the connection goes on closed, with all that the client said. */
  readonly stayClosed: (why: string, fromClient: Uint8Array) => void;
}

/**
 * A peer is asked for new keys after so many bytes of data, in TLS 1.3. Its answer wakes the host, which forgets the rest
 * of what it could write in part only until something wakes it (docs/fault-host.md, "Short writes wait for a wake-up").
 * Less than any socket buffer holds, so that a peer that has fallen behind always has one such question still to read.
 */
const pulseBytes = 32_768;

/**
 * A client that does not trust us and says so by no alert, as Node's, looks like one that has got our certificate and is
 * silent: it has gone, but a tunnel does not hear of that.
 */
const silentAfterMs = 5000;

export class DecryptedSession implements PairedSession {
  readonly #options: DecryptedSessionOptions;
  readonly #bridge: TlsBridge;
  readonly #tracker: HandshakeTracker;
  #exchanges: HttpExchanges | undefined;
  #recordFault: RecordFault | undefined;
  #hasSent = false;
  /** Whether the client waits for something of what is to go to it. */
  #isUrgent = true;
  /** The upstream has said that this is all; the client is told behind what still has to go to it. */
  #owesCloseNotify = false;
  #isReported = false;
  /** Data for each peer since it was asked to answer; undefined where it can't be. */
  #sincePulse: Record<BridgeSide, number> | undefined;
  /** Of the session, once there is one. */
  #version: BridgeSession["version"] | undefined;
  #failure: BridgeFailure | undefined;
  /** Behind what is to go to the client its connection ends. */
  #endsClient = false;
  /** It ends without a farewell, so that nothing but the end itself tells the client. */
  #endsWithFin = false;
  /** Who wants to know when what is to go to the client has gone; it is still to be sealed. */
  readonly #waiting: { readonly needsEnd: boolean; readonly told: (isGone: boolean) => void }[] = [];
  #isProvoked = false;
  /** The client has got the first flight of ours. */
  #isAnswered = false;
  /** When a client that has said nothing since is worth a word. */
  #silentAtMs: number | undefined;
  /** What the client has said until something was sent. */
  #firstBytes: Uint8Array = new Uint8Array(0);
  readonly hasChanged = true;

  constructor(options: DecryptedSessionOptions) {
    this.#options = options;
    const { context, interception, met, hello } = options;
    this.#tracker = new HandshakeTracker({ now: context.now });
    const { decision } = met;
    const fault = bridgeFaultOf(decision, hello, interception.options);
    this.#recordFault = recordFaultOf(decision);
    if (fault.undone !== undefined) met.outcome(fault.undone);
    if (decision && isOfBytes(decision)) context.wire?.(decision, (reason) => met.outcome(reason));
    const { upstream } = interception.options;
    this.#bridge = new TlsBridge({
      identityFor: fault.identityFor ?? ((request) => interception.options.identityFor(request)),
      ...(upstream ? { upstream } : {}),
      ...(fault.versions ? { versions: fault.versions } : {}),
      ...(fault.cipherSuites ? { cipherSuites: fault.cipherSuites } : {}),
      ...(fault.handshakeAlert ? { handshakeAlert: fault.handshakeAlert } : {}),
      contexts: interception.contexts,
      handler: this.#handler(),
    });
  }

  get isBusy(): boolean {
    return this.#bridge.isBusy;
  }
  get wakeAtMs(): number | undefined {
    const at = this.#exchanges?.wakeAtMs;
    return this.#silentAtMs === undefined ? at : Math.min(at ?? this.#silentAtMs, this.#silentAtMs);
  }

  get isFull(): boolean {
    return this.#exchanges?.isFull ?? false;
  }

  see(from: Side, chunk: Uint8Array): void {
    if (!this.#isReported && from === "client") this.#follow("client", chunk);
    if (!this.#hasSent && from === "client") this.#firstBytes = joinBytes([this.#firstBytes, chunk]);
    this.#bridge.push(from, chunk);
    // What TLS 1.2 itself answers a client with is that it may not renegotiate, and for that the client waits.
    if (from === "client" && this.#version === "TLSv1.2" && this.#bridge.pendingBytes("client") > 0)
      this.#isUrgent = true;
    this.#flush();
  }

  async idle(): Promise<void> {
    await this.#bridge.idle();
    this.#flush();
  }

  keeps(from: Side): boolean {
    return this.#exchanges !== undefined && keepsCall(this.#exchanges, from);
  }
  holds(from: Side, hasOutput: boolean): boolean {
    return this.#exchanges !== undefined && holdsCall(this.#exchanges, from, hasOutput);
  }
  isInRecord(from: Side): boolean {
    return this.#exchanges !== undefined && !this.#failure && this.#bridge.isInRecord(from);
  }
  get isScheduled(): boolean {
    return this.#exchanges?.isScheduled ?? false;
  }
  get isMute(): boolean {
    return this.#exchanges?.isMute ?? false;
  }
  wake(atMs: number): void {
    if (this.#silentAtMs !== undefined && this.#silentAtMs <= atMs) this.#tellSilence();
    this.#exchanges?.wake(atMs);
    this.#flush();
  }
  ask(): void {
    if (this.#exchanges?.ask()) this.#flush();
  }

  finish(): void {
    this.#exchanges?.finish();
    this.#options.met.outcome("the connection ended first");
    this.#report();
    this.#bridge.end();
  }

  /** Hands over what is to go to the peers. */
  #flush(): void {
    const { ticks, stayClosed } = this.#options;
    if (this.#failure && !this.#hasSent) {
      if (!isSpoiledBy(this.#options.met.decision, this.#failure)) {
        stayClosed(this.#failure.message, this.#firstBytes);
        return;
      }
      // The upstream's answer to the client's own hello brings the call to refuse the client with.
      ticks.send("client", this.#firstBytes);
    }
    if (this.#owesCloseNotify && !this.#exchanges?.isSending) {
      this.#owesCloseNotify = false;
      this.#isUrgent = true;
      this.#bridge.closeNotify("client");
    }
    const toServer = this.#bridge.take("server");
    const toClient = this.#bridge.take("client");
    if (toServer.length + toClient.length > 0) this.#hasSent = true;
    if (toClient.length > 0 && !this.#isAnswered && !this.#failure) {
      // Our certificate is on its way.
      this.#isAnswered = true;
      this.#silentAtMs = this.#options.context.now() + silentAfterMs;
    }
    if (!this.#isReported) this.#follow("server", toClient);
    // A client may go without a word when it has seen it.
    const isShown = toClient.length > 0 && this.#options.met.decision?.fault.kind === "tls.certificate";
    if (isShown && !this.#failure) this.#outcomeWhenGone();
    ticks.send("client", toServer);
    // Session tickets can wait for something to go with: a call that brings nothing else is worth more.
    ticks.send("server", toClient, !this.#isUrgent);
    for (const { needsEnd, told } of this.#waiting.splice(0)) ticks.whenGone("server", needsEnd, told);
    if (this.#exchanges) this.#isUrgent = false;
    if (this.#endsClient) ticks.end("server", closeReason);
    if (!this.#failure) return;
    // The handshake with the upstream may be over, so that it waits for a request that will not come.
    const fault = this.#options.met.decision?.fault;
    if (fault?.kind === "tls.alert" && fault.at === "established" && !this.#isProvoked) {
      this.#isProvoked = true;
      ticks.send("client", provocation);
    }
    ticks.end("server", closeReason);
  }

  #handler(): TlsBridgeHandler {
    return {
      established: (session) => this.#established(session),
      data: (from, plaintext) => {
        if (from === "client") {
          this.#silentAtMs = undefined;
          this.#exchanges?.fromClient(plaintext);
        } else this.#exchanges?.fromServer(plaintext);
      },
      closeNotify: (from) => {
        if (from === "client") this.#bridge.closeNotify("server");
        else {
          this.#exchanges?.serverEnded();
          // Behind a fault that has struck nothing comes, least of all a proper end.
          this.#owesCloseNotify = !this.#endsClient;
        }
      },
      alert: (from, level, description) => {
        if (from === "server" && this.#endsClient) return;
        this.#isUrgent = true;
        this.#bridge.sendAlert(otherOf(from), level, description);
      },
      failed: (failure) => {
        this.#failure = failure;
        this.#silentAtMs = undefined;
        this.#isUrgent = true;
        this.#failed(failure);
      },
    };
  }

  #established(session: BridgeSession): void {
    const { context, ticks, met } = this.#options;
    const { version } = session;
    this.#version = version;
    const { alpnProtocol } = session.client;
    // In TLS 1.2 the end of the handshake is ours; in TLS 1.3 only tickets follow.
    this.#isUrgent = version === "TLSv1.2";
    if (version === "TLSv1.3") this.#sincePulse = { client: 0, server: 0 };
    context.tell({ type: "opened", host: met.host, version, alpnProtocol });
    this.#firstBytes = new Uint8Array(0);
    const kind = met.decision?.fault.kind;
    if (kind === "tls.handshake-slow") context.unwire?.();
    else if (kind?.startsWith("tls.") && !this.#recordFault) met.outcome(null);
    const { policy, desk, now, userAgent } = context;
    this.#exchanges = new HttpExchanges({
      policy,
      desk,
      now,
      userAgent,
      insteadOf: context.insteadOf,
      introduce: () => met.facts,
      unread: (reason, from) => context.unread(reason, from, met),
      // A client ends a connection with a broken record itself; one that is cut off has to be ended.
      wantsSpare: () => this.#recordFault && (this.#recordFault.isEnd ? "last" : "kept"),
      port: {
        toClient: (bytes) => this.#toClient(bytes),
        toServer: (bytes) => {
          if (bytes.length === 0) return;
          this.#bridge.write("server", bytes);
          this.#pulse("server", bytes.length);
        },
        endClient: (how) => this.#endClient(how),
        // TLS has a farewell of its own.
        whenGone: (what, told) =>
          this.#waiting.push({ needsEnd: what === "ended" && this.#endsWithFin, told }),
        stall: (from, ms) => ticks.stall(from, ms),
      },
    });
  }

  #toClient(bytes: Uint8Array): void {
    // An empty record is legal, but a client that reads its socket in blocking mode waits behind it for a full one.
    if (bytes.length === 0) return;
    this.#isUrgent = true;
    if (this.#endsClient) return;
    const fault = this.#recordFault;
    if (!fault || this.#bridge.recordsTo("client") < fault.afterRecords) {
      this.#bridge.write("client", bytes);
      this.#pulse("client", bytes.length);
      return;
    }
    this.#recordFault = undefined;
    fault.strike(this.#bridge, bytes);
    this.#endsClient = true;
    this.#endsWithFin = fault.isEnd === true;
    this.#outcomeWhenGone();
  }

  /** The connection's fault is done once the client has got it. */
  #outcomeWhenGone(): void {
    const told = (isGone: boolean): void => this.#options.met.outcome(isGone ? null : unsentReason);
    this.#waiting.push({ needsEnd: this.#endsWithFin, told });
  }

  #tellSilence(): void {
    this.#silentAtMs = undefined;
    const { host, facts } = this.#options.met;
    this.#options.context.tell({ type: "silent", host, client: facts.client });
  }

  #pulse(to: BridgeSide, bytes: number): void {
    const since = this.#sincePulse;
    if (!since) return;
    since[to] += bytes;
    if (since[to] < pulseBytes) return;
    since[to] = 0;
    this.#bridge.updateKeys(to, true);
  }

  #endClient(how: ClientEnd): void {
    this.#isUrgent = true;
    if (how === "close") this.#bridge.closeNotify("client");
    else this.#endsWithFin = true;
    this.#endsClient = true;
  }

  #failed(failure: BridgeFailure): void {
    const { context, interception, met } = this.#options;
    const { host, facts } = met;
    const { code, message } = failure;
    // The connection goes on closed: whoever follows it then has the rest to tell.
    if (!this.#hasSent && !isSpoiledBy(met.decision, failure)) return;
    if (isSpoiledBy(met.decision, failure)) this.#outcomeWhenGone();
    else if (code === "client-rejects-certificate")
      context.tell({ type: "untrusted", host, client: facts.client, message });
    else {
      if (code === "upstream-asks-for-certificate") interception.learn(host, "asks-for-certificate");
      const isHandshake = this.#exchanges === undefined;
      if (isHandshake && (code === "upstream-alert" || (code === "handshake" && failure.from === "server")))
        interception.learn(host, "upstream-refuses");
      context.tell({ type: "session-failed", host, code, message });
    }
    this.#exchanges?.finish();
    this.#report();
  }

  #follow(from: BridgeSide, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    for (const event of this.#tracker.push(from, bytes)) if (event.kind === "established") this.#report();
  }

  #report(): void {
    if (this.#isReported) return;
    this.#isReported = true;
    this.#tracker.end();
    this.#options.context.tell({
      type: "handshake",
      clientHello: this.#options.hello,
      handshake: this.#tracker.summary(),
    });
  }
}

const otherOf = (side: BridgeSide): BridgeSide => (side === "client" ? "server" : "client");
