import {
  AlertDescription,
  AlertLevel,
  RecordReader,
  recordLimits,
  type TlsRecord,
} from "@faultwire/tls-parser";
import type { SealOptions } from "../record-protection/record-sealer.ts";
import { ByteQueue } from "../session/byte-queue.ts";
import { PeerSession, type PeerSessionAtRest, type PeerSessionPort } from "../session/peer-session.ts";
import { TlsBridgeError } from "../tls-bridge-error.ts";
import {
  alertSender,
  BridgeFailed,
  type BridgeFailure,
  failureAlerts,
  failureFrom,
  isFarewell,
  nameOf,
} from "./bridge-failure.ts";
import { BridgeHandshake, type ShakenHands } from "./bridge-handshake.ts";
import type { BridgeSide, BridgeVersion } from "./bridge-peers.ts";
import { RecordInbox } from "./record-inbox.ts";
import { checkBridgeOptions, type TlsBridgeHandler, type TlsBridgeOptions } from "./tls-bridge-options.ts";

/** How far a bridge is. `closed`: close_notify went both ways with both peers, or {@link TlsBridge.end} was called. */
export type BridgeState = "handshaking" | "established" | "failed" | "closed";

const SIDES: readonly BridgeSide[] = ["client", "server"];

/**
 * What has to be kept of a bridge behind its handshakes, while neither peer is in the middle of a record: the keys of both
 * sessions, and their places. A bridge can {@link TlsBridge.resume} it, one alone and once: two that go on with the same keys give
 * both away.
 */
export interface BridgeAtRest {
  /** The session with the client. */
  readonly client: PeerSessionAtRest;
  /** The session with the upstream. */
  readonly server: PeerSessionAtRest;
}

/** What a peer is to get, and what it has become. */
interface Peer {
  readonly out: ByteQueue;
  /** Of its stream, once it has a session and nothing waits any more. */
  reader: RecordReader | undefined;
  session: PeerSession | undefined;
  /** What the session had counted when it ended. */
  dataRecords: number;
  /** Whether it was told, in the handshake, that nothing more comes. */
  isDismissed: boolean;
  /** Whether its stream is over. */
  hasEnded: boolean;
  /** Whether the session goes on without it: what it says is dropped, and nothing is said to it. */
  isLeft: boolean;
}

/**
 * Ends TLS on both sides of a connection, in memory: bytes of both peers in, bytes for both peers out, and what they
 * say to each other in clear in between. The client gets what the upstream chose, and only once the upstream's
 * certificate has verified.
 *
 * No socket, no timer. OpenSSL (`node:tls`) does the handshakes, which takes turns of the event loop: whoever needs all
 * the answers to what was pushed awaits {@link idle}. Behind the handshakes everything happens within {@link push}, and
 * OpenSSL's objects are gone.
 *
 * @example
 * ```ts
 * const bridge = new TlsBridge({
 *   identityFor: ({ serverName }) => ca.forHost(serverName),
 *   handler: {
 *     ...ignoring,
 *     data: (from, plaintext) => bridge.write(from === "client" ? "server" : "client", plaintext),
 *   },
 * });
 * bridge.push("client", chunk);
 * await bridge.idle();
 * upstream.write(bridge.take("server"));
 * ```
 */
export class TlsBridge {
  readonly #handler: TlsBridgeHandler;
  readonly #peers: Readonly<Record<BridgeSide, Peer>> = { client: newPeer(), server: newPeer() };
  readonly #goesOnAlone: boolean;
  /** Until both handshakes are over, and nothing waits any more. */
  #inbox: RecordInbox | undefined;
  #state: BridgeState = "handshaking";
  #handshake: BridgeHandshake | undefined;
  #isRunning = true;
  #idleWaiters: (() => void)[] = [];

  /**
   * @throws TlsBridgeError `bad-option` for an option that does not exist.
   * @param rest - For {@link TlsBridge.resume}.
   */
  constructor(options: TlsBridgeOptions, rest?: BridgeAtRest) {
    checkBridgeOptions(options);
    this.#handler = options.handler;
    this.#goesOnAlone = options.withoutUpstream ?? false;
    if (rest) {
      this.#state = "established";
      this.#isRunning = false;
      this.#begin(rest);
      return;
    }
    const inbox = new RecordInbox(() => this.#tellIdle());
    this.#inbox = inbox;
    const handshake = new BridgeHandshake(options, {
      next: (from) => inbox.next(from),
      send: (to, bytes) => this.#send(to, bytes),
      leaveUpstream: () => {
        this.#peers.server.isLeft = true;
      },
    });
    this.#handshake = handshake;
    void this.#run(handshake);
  }

  /** Whether the client's session goes on, or has come about, without an upstream. */
  get hasLeftUpstream(): boolean {
    return this.#peers.server.isLeft;
  }

  /** Whether that is because the upstream has no application protocol of the client's. */
  get hasOtherProtocol(): boolean {
    return this.#handshake?.hasOtherProtocol ?? false;
  }

  /** How far it is. */
  get state(): BridgeState {
    return this.#state;
  }

  /** Whether OpenSSL or `identityFor` is at work, so that more may come out without anything being pushed. */
  get isBusy(): boolean {
    return this.#isAlive && this.#isRunning && !this.#inbox?.isWaitedFor;
  }

  /**
   * Resolves when the bridge is not busy: everything that follows from what was pushed has been done, and what is to be
   * sent can be taken. At once where that is so already, as it always is behind the handshakes.
   *
   * It can't miss output: the handshake is one procedure, busy until it waits for a peer's next record, and between
   * two records it waits for OpenSSL until nothing more can come (`MemoryHandshake.feed`). No time is measured.
   */
  idle(): Promise<void> {
    if (!this.isBusy) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /**
   * Takes a peer's next bytes. Never throws for what is in them, nor for what the handler does; the memory may be used
   * again afterwards. Does nothing once the bridge has failed or is closed.
   */
  push(from: BridgeSide, bytes: Uint8Array): void {
    const { session, reader, isLeft } = this.#peers[from];
    if (!this.#isAlive || isLeft) return;
    try {
      // Records may wait still when a handler pushes in answer to `established`.
      if (!session || !reader) this.#inbox?.push(from, bytes);
      else for (const record of reader.push(bytes)) this.#takeRecord(session, record);
    } catch (error) {
      this.#fail(failureFrom(from, error, "postHandshakeBytes"));
    }
  }

  /**
   * A peer's stream is over. Where it has not said so by close_notify, the handler's `truncated` is called. Nothing is sent:
   * the end can go on as just that.
   */
  pushEnd(from: BridgeSide): void {
    const peer = this.#peers[from];
    if (!this.#isAlive || peer.hasEnded || peer.isLeft) return;
    peer.hasEnded = true;
    if (peer.session?.isReadClosed) return;
    try {
      this.#tell(() => this.#handler.truncated?.(from));
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * A peer's connection broke: the session fails with `connection-lost`.
   *
   * @param reason - Node's code, `ECONNRESET` for one
   */
  lost(from: BridgeSide, reason: string): void {
    const message = `the connection to the ${nameOf(from)} broke: ${reason}`;
    this.#fail(new BridgeFailed({ code: "connection-lost", message, from, reason }));
  }

  /**
   * No connection to the upstream could be opened: the session fails with `upstream-unreachable`, or goes on without
   * one where {@link TlsBridgeOptions.withoutUpstream} says so.
   *
   * @param reason - Node's code, `ECONNREFUSED` for one
   */
  unreachable(reason: string): void {
    const message = `the upstream can't be reached: ${reason}`;
    const failed = new BridgeFailed({ code: "upstream-unreachable", message, reason });
    if (this.#goesOnAlone && this.#state === "handshaking") this.#inbox?.lose("server", failed);
    else this.#fail(failed);
  }

  /**
   * Bytes of a peer that wait until the other one has moved; at `tlsBridgeLimits.bufferedBytes` the bridge fails. Whoever
   * can stop reading from a peer does so before.
   */
  waitingBytes(from: BridgeSide): number {
    return this.#inbox?.waitingBytes(from) ?? 0;
  }

  /** All that is to go to that peer now; an empty array when there is nothing. */
  take(to: BridgeSide): Uint8Array {
    const { session, out } = this.#peers[to];
    session?.flush();
    return out.take();
  }

  /** How many bytes {@link take} would give. */
  pendingBytes(to: BridgeSide): number {
    const { session, out } = this.#peers[to];
    session?.flush();
    return out.length;
  }

  /**
   * Application data for a peer. What is written in small pieces is sealed as one record, at the latest when it is taken:
   * leave the memory alone until then. Nothing happens once the bridge has failed or is closed, or behind a close_notify
   * or a fatal alert to that peer.
   *
   * @throws {@link TlsBridgeError} `not-established` before `established` was called, `bad-option`
   */
  write(to: BridgeSide, plaintext: Uint8Array, options?: SealOptions): void {
    this.#session(to)?.write(plaintext, options);
  }

  /**
   * Sends a peer an alert, at any moment, encrypted as it has to be; one with `closeNotify` or level `fatal` is the last
   * thing it gets. That alone ends nothing here.
   */
  sendAlert(to: BridgeSide, level: number, description: number): void {
    if (!this.#isAlive) return;
    const peer = this.#peers[to];
    if (peer.session !== undefined) {
      peer.session.sendAlert(level, description);
      this.#closeIfDone();
      return;
    }
    this.#send(to, this.#handshake?.alertRecord(to, { level, description }));
    peer.isDismissed ||= isFarewell({ level, description });
  }

  /** Tells a peer that there is no more to come. */
  closeNotify(to: BridgeSide): void {
    this.sendAlert(to, AlertLevel.warning, AlertDescription.closeNotify);
  }

  /** Puts bytes between the records for a peer, as they are: garbage, for instance. */
  sendRaw(to: BridgeSide, bytes: Uint8Array): void {
    if (!this.#isAlive) return;
    this.#peers[to].session?.flush();
    this.#send(to, Uint8Array.from(bytes));
  }

  /**
   * Changes the keys of what goes to a peer (KeyUpdate, RFC 8446 section 4.6.3), and asks it for the same.
   *
   * @throws {@link TlsBridgeError} `not-established`, `no-key-update` in TLS 1.2
   */
  updateKeys(to: BridgeSide, requestUpdate = false): void {
    this.#session(to)?.updateKeys(requestUpdate);
  }

  /** Records of application data sealed for a peer so far. */
  recordsTo(side: BridgeSide): number {
    const { session, dataRecords } = this.#peers[side];
    return session?.dataRecords ?? dataRecords;
  }

  /** Whether that peer has sent the beginning of a record whose rest is still to come. */
  isInRecord(from: BridgeSide): boolean {
    const reader = this.#peers[from].reader ?? this.#inbox?.reader(from);
    return reader !== undefined && reader.pendingBytes > 0;
  }

  /**
   * What has to be kept so that another bridge can go on in the place of this one, which then has to be left alone;
   * `undefined` while something is under way or waits to be taken, before the handshakes are over, and where a peer has said its last.
   */
  get atRest(): BridgeAtRest | undefined {
    if (this.#state !== "established" || this.#inbox || this.#isRunning) return undefined;
    const isQuiet = SIDES.every((side) => {
      const { reader, hasEnded, isLeft, isDismissed } = this.#peers[side];
      return reader?.pendingBytes === 0 && !hasEnded && !isLeft && !isDismissed && !this.pendingBytes(side);
    });
    const { client, server } = this.#peers;
    const rests = { client: client.session?.atRest, server: server.session?.atRest };
    return isQuiet && rests.client && rests.server
      ? { client: rests.client, server: rests.server }
      : undefined;
  }

  /** Goes on in the place of a bridge that rested. `established` is not called again. */
  static resume(rest: BridgeAtRest, handler: TlsBridgeHandler): TlsBridge {
    return new TlsBridge({ identityFor: handshakesAreOver, handler }, rest);
  }

  /** Lets go of everything, what was to be sent included. No method of the handler is called any more. */
  end(): void {
    this.#state = "closed";
    for (const side of SIDES) this.take(side);
    this.#letGo();
  }

  get #isAlive(): boolean {
    return this.#state === "handshaking" || this.#state === "established";
  }

  async #run(handshake: BridgeHandshake): Promise<void> {
    try {
      this.#establish(await handshake.run());
    } catch (error) {
      this.#fail(error);
    } finally {
      handshake.release();
      this.#handshake = undefined;
      this.#isRunning = false;
      this.#tellIdle();
    }
  }

  #establish({ session, client, server }: ShakenHands): void {
    const inbox = this.#inbox;
    if (!this.#isAlive || !inbox) return;
    const maxFragmentBytes = maxFragmentBytesOf(session.version);
    const protections = { client, server };
    const port = this.#port();
    const sessions = SIDES.flatMap((side) => {
      inbox.reader(side).maxFragmentBytes = maxFragmentBytes;
      const protection = protections[side];
      if (!protection) return [];
      const { opener, sealer } = protection;
      return [[side, new PeerSession(side, opener, sealer, port)] as const];
    });
    this.#state = "established";
    for (const [side, peerSession] of sessions) this.#peers[side].session = peerSession;
    this.#tell(() => this.#handler.established(session));
    for (const [side, peerSession] of sessions) this.#drain(side, peerSession, inbox);
    this.#inbox = undefined;
  }

  #begin(rest: BridgeAtRest): void {
    const port = this.#port();
    for (const side of SIDES) {
      const { opener, sealer } = rest[side];
      const maxFragmentBytes = maxFragmentBytesOf(opener.suite.version);
      this.#peers[side].reader = new RecordReader({ maxFragmentBytes });
      this.#peers[side].session = new PeerSession(side, opener, sealer, port, rest[side]);
    }
  }

  #drain(from: BridgeSide, session: PeerSession, inbox: RecordInbox): void {
    try {
      for (let record = inbox.shift(from); record !== undefined; record = inbox.shift(from))
        this.#takeRecord(session, record);
      this.#peers[from].reader = inbox.reader(from);
    } catch (error) {
      throw failureFrom(from, error, "postHandshakeBytes");
    }
  }

  #takeRecord(session: PeerSession, record: TlsRecord): void {
    if (!this.#isAlive) return;
    session.take(record);
    this.#closeIfDone();
  }

  #port(): PeerSessionPort {
    const handler = this.#handler;
    return {
      data: (from, plaintext) => this.#tell(() => handler.data(from, plaintext)),
      closeNotify: (from) => this.#tell(() => handler.closeNotify(from)),
      alert: (from, level, description) => this.#tell(() => handler.alert(from, level, description)),
      send: (to, bytes) => this.#send(to, bytes),
    };
  }

  /** A handler's error must not be taken for a peer's. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (cause) {
      throw new BridgeFailed({ code: "internal", message: "the bridge's handler has thrown", cause });
    }
  }

  #session(to: BridgeSide): PeerSession | undefined {
    if (this.#state === "handshaking")
      throw new TlsBridgeError("not-established", "the handshakes are not done: wait for established");
    return this.#isAlive ? this.#peers[to].session : undefined;
  }

  #send(to: BridgeSide, bytes: Uint8Array | undefined): void {
    const { out, isDismissed } = this.#peers[to];
    if (this.#isAlive && !isDismissed && bytes !== undefined) out.push(bytes);
  }

  #closeIfDone(): void {
    const isDone = SIDES.every((side) => this.#peers[side].session?.isClosed ?? this.#peers[side].isLeft);
    if (!isDone || this.#state !== "established") return;
    this.#state = "closed";
    this.#letGo();
  }

  #fail(error: unknown): void {
    if (!this.#isAlive) return;
    const failure: BridgeFailure =
      error instanceof BridgeFailed
        ? error.failure
        : { code: "internal", message: "something unforeseen happened in the bridge", cause: error };
    const isEstablished = this.#state === "established";
    for (const side of SIDES) this.#peers[side].session?.flush();
    const alerts = failureAlerts(failure, isEstablished);
    for (const side of SIDES) {
      const alert = alerts[side];
      if (alert === undefined) continue;
      try {
        this.sendAlert(side, alert.level, alert.description);
      } catch {
        // What can't be said any more is the lesser evil: the failure itself has to come through.
      }
    }
    this.#state = "failed";
    this.#letGo();
    const from = isEstablished ? undefined : alertSender(failure);
    try {
      // In mid-session it was told before it was known to be an end.
      if (from !== undefined) this.#handler.alert(from.side, from.level, from.description);
      this.#handler.failed(failure);
    } catch {
      // There is nobody left to tell.
    }
  }

  #letGo(): void {
    for (const side of SIDES) {
      const peer = this.#peers[side];
      peer.dataRecords = peer.session?.dataRecords ?? 0;
      peer.session = undefined;
    }
    this.#inbox?.close();
    this.#handshake?.release();
    this.#tellIdle();
  }

  #tellIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

const handshakesAreOver = (): Promise<never> => Promise.reject(new Error("the handshakes are over"));

const maxFragmentBytesOf = (version: BridgeVersion): number =>
  version === "TLSv1.3" ? recordLimits.tls13CiphertextBytes : recordLimits.tls12CiphertextBytes;

function newPeer(): Peer {
  return {
    out: new ByteQueue(),
    reader: undefined,
    session: undefined,
    dataRecords: 0,
    isDismissed: false,
    hasEnded: false,
    isLeft: false,
  };
}
