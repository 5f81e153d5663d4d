/**
 * Carries a session by two connections: the client's, and one to the upstream, which is opened when something is to go
 * there. Bytes, ends, resets and silence are what the session says; one timer wakes it.
 */
import type { Carrier, ConnectionSession, EndKind, Http2Mode, Side } from "@faultwire/fault-session";
import { otherSide } from "@faultwire/fault-session/internal";

import { type Line, type LineClock, silentEars } from "./line.ts";

/** What a carrier is made of. */
export interface LineCarrierOptions {
  /** The client's connection. */
  readonly client: Line;
  /** When the client opened its connection, on the clock. */
  readonly openedAtMs: number;
  /** Opens the upstream's connection, when something is to go there. */
  readonly dial: () => Line;
  /** Wraps it in TLS, where the session leaves that to its carrier; `protocol` is spoken inside. */
  readonly secure: (line: Line, host: string, protocol: string) => Line;
  /**
   * Whether {@link secure} speaks with an upstream in the version of HTTP that it has, whatever `protocol` is. No unless given:
   * a client gets no connection to an upstream that has none of its versions.
   */
  readonly translates?: boolean;
  /** When HTTP/2 is spoken; `off` unless given. */
  readonly http2Mode?: Http2Mode;
  /** Whether nothing is dialled for a TLS handshake of the client's, but only for what is to go to the upstream. */
  readonly isLazy: boolean;
  /** How long a TLS handshake of the client's waits for the upstream, in ms. */
  readonly upstreamAnswerMs: number;
  /** How long a client may say nothing before the upstream is dialled, which may speak first; `undefined` for ever. */
  readonly silentClientMs: number | undefined;
  /** Makes the session of the connection, once. */
  readonly session: (carrier: Carrier) => ConnectionSession;
  /** See `insteadOf` of a carrier: for lines that can't do all that a socket can. */
  readonly insteadOf?: NonNullable<Carrier["insteadOf"]>;
  /** Tells the time, and calls when it has come. */
  readonly clock: LineClock;
  /** Bytes that may wait to be written to a peer before the other one is not read on. */
  readonly maxUnreadBytes: number;
  /**
   * Told that the upstream can't be reached; says for people why not, for the session to carry out, or `undefined` where
   * the client has been answered.
   */
  readonly unreachable: (error: Error) => string | undefined;
  /** Something of ours has thrown; the session was left. */
  readonly onBug: (error: unknown) => void;
  /** Something has gone or come. */
  readonly onMoved: () => void;
  /** Nothing goes to the client any more, and nothing that it still says is wanted. May be told more than once. */
  readonly onOver: () => void;
}

/** Bytes that wait for an upstream's connection before no more is read from the client. */
const maxUnsentBytes = 65_536;

/** Carries one connection for a session: the client's line, and the upstream's when something is to go there. Reads from a peer only while the other takes what it gets. */
export class LineCarrier implements Carrier {
  readonly needsNoUpstream = true;
  readonly speaksUpstreamTls: boolean;
  /** When HTTP/2 is spoken with targets. */
  readonly http2Mode: Http2Mode;
  readonly openedAtMs: number;
  readonly insteadOf?: NonNullable<Carrier["insteadOf"]>;
  readonly renewUpstream?: () => void;
  readonly #options: LineCarrierOptions;
  readonly #session: ConnectionSession;
  readonly #lines: { readonly client: Line; server: Line | undefined };
  #isOpening = false;
  /** What is to go to the upstream, while its connection is being opened: it may not be wanted any more by then. */
  #unsent: Uint8Array[] | undefined;
  #unsentBytes = 0;
  /** The upstream was dialled before anything was to go there. */
  #isDialledEarly = false;
  #isAnswerExpected = false;
  /** Something that the upstream should get has been sent there. */
  #isUsed = false;
  #cancelSilence: (() => void) | undefined;
  #cancelLateness: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerAtMs: number | undefined;
  #isIdleAwaited = false;
  /** Nothing is sent to this peer any more. */
  readonly #hasEnded: Record<Side, boolean> = { client: false, server: false };
  #isOver = false;
  #isUnreachable = false;
  /** The upstream's connection is to be closed behind what was sent there. */
  #isLettingGo = false;
  /** An upstream that was never dialled is to end: it has nothing more to say, which the session waits for. */
  #owesServerEnd = false;
  /** Bytes that a peer has said, and bytes that were sent to it. */
  readonly #heardBytes: Record<Side, number> = { client: 0, server: 0 };
  readonly #sentBytes: Record<Side, number> = { client: 0, server: 0 };
  /** How deep we are in what the session does. */
  #depth = 0;

  constructor(options: LineCarrierOptions) {
    this.#options = options;
    if (options.insteadOf) this.insteadOf = options.insteadOf;
    if (options.translates) this.renewUpstream = () => this.#renewUpstream();
    this.openedAtMs = options.openedAtMs;
    this.speaksUpstreamTls = options.isLazy;
    this.http2Mode = options.http2Mode ?? "off";
    this.#lines = { client: options.client, server: undefined };
    this.#session = options.session(this);
    this.#listen("client", options.client);
    if (options.silentClientMs !== undefined)
      this.#cancelSilence = options.clock.after(options.silentClientMs, () => this.#clientIsSilent());
    this.#pump();
  }

  /** What happens on the connection. */
  get session(): ConnectionSession {
    return this.#session;
  }

  /** The upstream's connection, once it was opened. */
  get upstream(): Line | undefined {
    return this.#lines.server;
  }

  /** Whether nothing is under way, as far as can be told: the connection is between two requests. */
  get isQuiet(): boolean {
    const { exchanges, http2, isBusy } = this.#session;
    if (http2) return http2.isQuiet && !isBusy;
    if (!exchanges || exchanges.isOpaque || isBusy) return false;
    return !exchanges.upstreamOwes && !exchanges.isSending && exchanges.heldBytes("client") === 0;
  }

  now(): number {
    return this.#options.clock.now();
  }

  /**
   * Whether a peer's connection takes more now; `drained` of the session is called once it does. Nothing waits for one that can't be
   * reached.
   */
  hasRoom(to: Side): boolean {
    if (to === "server" && this.#unsentBytes > maxUnsentBytes) return false;
    return this.#lines[to]?.needsDrain !== true;
  }

  send(to: Side, bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#hasEnded[to] || this.#isOver) return;
    this.#options.onMoved();
    this.#sentBytes[to] += bytes.length;
    if (to === "client") {
      this.#lines.client.write(bytes);
      return;
    }
    const line = this.#lines.server ?? this.#dial();
    this.#isDialledEarly = false;
    this.#isUsed = true;
    this.#expectAnswer();
    if (!this.#unsent) line.write(bytes);
    else {
      // The session's memory, which it may use again.
      this.#unsent.push(new Uint8Array(bytes));
      this.#unsentBytes += bytes.length;
    }
  }

  end(to: Side, how: EndKind): void {
    if (this.#hasEnded[to]) return;
    this.#hasEnded[to] = true;
    if (to === "server") this.#endServer();
    this.#lines[to]?.end(how);
    if (to === "server" && !this.#lines.server) this.#owesServerEnd = true;
  }

  whenGone(to: Side, what: "sent" | "ended", told: (isGone: boolean) => void): void {
    const line = this.#lines[to];
    if (to === "server") this.#flush();
    if (line) line.whenGone(what, (isGone) => this.#act(() => told(isGone)));
    else told(false);
  }

  /** Takes bytes of the client that were read before the carrier was there. */
  receive(bytes: Uint8Array): void {
    this.#heard("client", bytes);
  }

  /** Lets go of everything that faults hold: for a shutdown. */
  release(): void {
    this.#act(() => this.#session.release());
  }

  /** Ends the session and both connections at once. */
  destroy(): void {
    this.#finish();
    this.#lines.client.destroy();
    this.#lines.server?.destroy();
  }

  /** Ends the session and the upstream's connection; the client's goes on with somebody else. */
  leaveClient(): void {
    this.#finish();
    this.#lines.server?.destroy();
  }

  /** What waits goes before the end; an upstream that is still being dialled, and for nothing, is given up. */
  #endServer(): void {
    const { server } = this.#lines;
    const { openedTls, exchanges, isCut } = this.#session;
    const isHandshake = openedTls !== undefined && exchanges === undefined;
    // What a fault has cut off at a byte is the upstream's to have, a handshake's bytes as well.
    const isForNothing = !this.#isUsed || (isHandshake && !isCut);
    if (server && this.#isOpening && isForNothing) {
      server.destroy();
      this.#forgetUpstream(server);
    } else this.#flush();
  }

  #dial(): Line {
    const { upstreamTls } = this.#session;
    this.#isOpening = true;
    const line = this.#options.dial();
    if (upstreamTls) return this.#use(this.#options.secure(line, upstreamTls.host, upstreamTls.protocol));
    this.#unsent = [];
    return this.#use(line);
  }

  /** The first bytes for an upstream may be our part of a handshake for which the client waits. */
  #expectAnswer(): void {
    if (this.#isAnswerExpected) return;
    this.#isAnswerExpected = true;
    const { upstreamAnswerMs, clock } = this.#options;
    // Whoever speaks TLS for the session needs no answer for that.
    if (this.#session.openedTls && !this.#session.upstreamTls)
      this.#cancelLateness = clock.after(upstreamAnswerMs, () => this.#act(() => this.#upstreamIsLate()));
  }

  #use(line: Line): Line {
    this.#lines.server = line;
    this.#listen("server", line);
    return line;
  }

  /** What waited for the upstream's connection goes there. */
  #flush(): void {
    const unsent = this.#unsent;
    this.#unsent = undefined;
    this.#unsentBytes = 0;
    for (const bytes of unsent ?? []) this.#lines.server?.write(bytes);
  }

  /** A client waits in its handshake for an upstream that does not answer: it is served, and the upstream may still come. */
  #upstreamIsLate(): void {
    this.#cancelLateness = undefined;
    const { server } = this.#lines;
    if (!server || !this.#session.upstreamIsLate()) return;
    const { upstreamTls } = this.#session;
    this.#isUsed = false;
    const isHeld = this.#unsent !== undefined;
    this.#unsent = undefined;
    this.#unsentBytes = 0;
    if (isHeld && upstreamTls)
      this.#use(this.#options.secure(server, upstreamTls.host, upstreamTls.protocol));
    else {
      // It has got a ClientHello that leads nowhere: another one is dialled where it is needed.
      server.destroy();
      this.#forgetUpstream(server);
    }
  }

  /** It has another version of HTTP than the client, and TLS was agreed on for the client's. */
  #renewUpstream(): void {
    const { server } = this.#lines;
    this.#leaveLateness();
    this.#isUsed = false;
    this.#hasEnded.server = false;
    this.#unsentBytes = 0;
    if (!server) return;
    server.destroy();
    this.#forgetUpstream(server);
  }

  /** Nothing has come of this connection, and another one may be dialled. */
  #forgetUpstream(line: Line): void {
    line.listen(silentEars);
    this.#lines.server = undefined;
    this.#unsent = undefined;
  }

  /** The client has said something: no upstream is to speak first. */
  #leaveSilence(): void {
    this.#cancelSilence?.();
    // A timer that was taken back holds as much as one that runs.
    this.#cancelSilence = undefined;
  }

  /** The upstream is not late any more. */
  #leaveLateness(): void {
    this.#cancelLateness?.();
    this.#cancelLateness = undefined;
  }

  /** An upstream may be one that speaks first. */
  #clientIsSilent(): void {
    this.#cancelSilence = undefined;
    this.#act(() => {
      if (this.#lines.server || this.#hasEnded.server) return;
      this.#isDialledEarly = true;
      this.#dial();
    });
  }

  #listen(side: Side, line: Line): void {
    line.listen({
      data: (bytes) => this.#heard(side, bytes),
      ended: (how) => {
        this.#options.onMoved();
        this.#act(() => this.#session.ended(side, how));
      },
      drained: () => this.#act(() => this.#session.drained(side)),
      opened: () => {
        if (side === "server") {
          this.#isOpening = false;
          this.#flush();
        }
        this.#act(() => this.#session.drained(side));
      },
      failed: (error) => this.#unreachable(error),
      closed: () => this.#closed(side),
    });
  }

  #heard(from: Side, bytes: Uint8Array): void {
    this.#options.onMoved();
    if (from === "client") this.#leaveSilence();
    else this.#leaveLateness();
    if (this.#isUnwanted || this.#isOver) return;
    this.#act(
      () => this.#session.receive(from, bytes),
      // Where all that came before has gone on, and nothing of this, this can go on as it is.
      () => this.send(otherSide(from), bytes),
    );
    this.#heardBytes[from] += bytes.length;
  }

  #unreachable(error: Error): void {
    const { server } = this.#lines;
    if (this.#isDialledEarly && server) {
      // It was a guess that the upstream speaks first; what the client says may need none.
      this.#options.unreachable(error);
      this.#forgetUpstream(server);
      return;
    }
    this.#hasEnded.server = true;
    this.#isUnreachable = true;
    this.#unsent = undefined;
    this.#unsentBytes = 0;
    // What has failed is not late: nothing is expected of it any more.
    this.#leaveLateness();
    const reason = this.#options.unreachable(error);
    if (reason === undefined) this.#finish();
    else this.#act(() => this.#session.unreachable(reason));
  }

  #closed(side: Side): void {
    if (side === "client") {
      this.#finish();
      this.#letGo();
    } else {
      this.#hasEnded.server = true;
      // Destroyed without a word of the upstream's: by us, or by a limit.
      const isNews = !this.#isUnreachable && !this.#hasEnded.client;
      if (isNews && this.#lines.server?.peerEnd === undefined)
        this.#act(() => this.#session.ended("server", "reset"));
    }
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveSilence();
    this.#leaveLateness();
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    try {
      this.#session.finish();
    } catch (error) {
      this.#options.onBug(error);
    }
  }

  /**
   * Lets the session do something; whatever it throws ends with this connection, unless all that the peers have said has gone
   * on: then the rest goes on unread.
   *
   * @param goOn - Sends what the session was given.
   */
  #act(act: () => void, goOn: () => void = () => {}): void {
    if (this.#isOver) return;
    this.#depth++;
    try {
      act();
    } catch (error) {
      this.#options.onBug(error);
      try {
        if (this.#session.abandon(this.#isWhole)) goOn();
      } catch (again) {
        this.#options.onBug(again);
        this.destroy();
      }
    } finally {
      this.#depth--;
    }
    if (this.#depth === 0) this.#pump();
  }

  /** What follows from what was done: time, room, ends. */
  #pump(): void {
    if (this.#isOver) return;
    if (this.#owesServerEnd) {
      this.#owesServerEnd = false;
      this.#act(() => this.#session.ended("server", "fin"));
      return;
    }
    this.#awaitIdle();
    this.#arm();
    this.#regulate("client");
    this.#regulate("server");
    this.#endUpstream();
  }

  #awaitIdle(): void {
    if (!this.#session.isBusy || this.#isIdleAwaited) return;
    this.#isIdleAwaited = true;
    const go = (error?: unknown): void => {
      this.#isIdleAwaited = false;
      this.#act(() => {
        if (error !== undefined) throw error;
      });
    };
    this.#session.idle().then(() => go(), go);
  }

  #arm(): void {
    const at = this.#session.wakeAtMs;
    if (at === this.#timerAtMs) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerAtMs = at;
    if (at === undefined || !Number.isFinite(at)) return;
    this.#cancelTimer = this.#options.clock.after(Math.max(0, at - this.now()), () => {
      this.#cancelTimer = undefined;
      this.#timerAtMs = undefined;
      this.#act(() => this.#session.wake());
    });
  }

  /** A peer is read from while there is room for what it says. */
  #regulate(from: Side): void {
    const line = this.#lines[from];
    if (!line || line.isClosed) return;
    const isFull =
      (!this.#session.readsFreely && !this.hasRoom(otherSide(from))) ||
      line.waitingBytes > this.#options.maxUnreadBytes ||
      this.#session.isFull(from);
    line.setPaused(isFull && !this.#isUnwanted);
  }

  /** Whether each peer has got all that the other one had said, but for what the session is in the middle of. */
  get #isWhole(): boolean {
    const heard = this.#heardBytes;
    const sent = this.#sentBytes;
    return heard.client === sent.server && heard.server === sent.client;
  }

  /** Whether nothing that a peer still says is wanted: a fault has cut the client off, or both have their ends. */
  get #isUnwanted(): boolean {
    return this.#session.isCut || (this.#hasEnded.client && this.#hasEnded.server);
  }

  /** Lets go of an upstream that nothing is wanted of. */
  #endUpstream(): void {
    const { server } = this.#lines;
    if (this.#isUnwanted && this.#hasEnded.client) this.#options.onOver();
    if (!this.#isUnwanted || !server || server.isClosed) return;
    this.end("server", "fin");
    // What a client that was cut off has asked for is not to be worked on.
    if (this.#session.isCut && server.peerEnd === undefined) this.#letGo();
  }

  /** Closes the upstream's connection behind what was sent there, and as was asked for. Its answers are refused. */
  #letGo(): void {
    const { server } = this.#lines;
    if (!server || this.#isLettingGo) return;
    this.#isLettingGo = true;
    if (this.#isOpening && !this.#isUsed) {
      server.destroy();
      return;
    }
    server.end("fin");
    server.whenGone("ended", () => server.destroy());
  }
}
