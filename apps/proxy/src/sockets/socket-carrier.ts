/**
 * Carries a session by two connections: the client's, and one to the upstream, which is opened when something is to go
 * there. Bytes, ends, resets and silence are what the session says; one timer wakes it.
 */
import {
  type Carrier,
  type ConnectionSession,
  type EndKind,
  otherSide,
  type Side,
} from "@faultwire/fault-session";
import type { Clock } from "@faultwire/runtime";
import type { Line } from "./line.ts";

/** What a carrier is made of. */
export interface SocketCarrierOptions {
  readonly client: Line;
  /** Opens the upstream's connection; called once, when something is to go there. */
  readonly dial: () => Line;
  readonly session: (carrier: Carrier) => ConnectionSession;
  readonly clock: Clock;
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

export class SocketCarrier implements Carrier {
  readonly needsNoUpstream = true;
  readonly #options: SocketCarrierOptions;
  readonly #session: ConnectionSession;
  readonly #lines: { readonly client: Line; server: Line | undefined };
  #cancelTimer: (() => void) | undefined;
  #timerAtMs: number | undefined;
  #isIdleAwaited = false;
  /** Nothing is sent to this peer any more. */
  readonly #hasEnded: Record<Side, boolean> = { client: false, server: false };
  #isOver = false;
  #isUnreachable = false;
  /** An upstream that was never dialled is to end: it has nothing more to say, which the session waits for. */
  #owesServerEnd = false;
  /** How deep we are in what the session does. */
  #depth = 0;

  constructor(options: SocketCarrierOptions) {
    this.#options = options;
    this.#lines = { client: options.client, server: undefined };
    this.#session = options.session(this);
    this.#listen("client", options.client);
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

  now(): number {
    return this.#options.clock.now();
  }

  send(to: Side, bytes: Uint8Array): void {
    if (bytes.length === 0 || this.#hasEnded[to] || this.#isOver) return;
    const line = to === "client" ? this.#lines.client : (this.#lines.server ?? this.#dial());
    line.write(bytes);
    this.#options.onMoved();
  }

  end(to: Side, how: EndKind): void {
    if (this.#hasEnded[to]) return;
    this.#hasEnded[to] = true;
    this.#lines[to]?.end(how);
    if (to === "server" && !this.#lines.server) this.#owesServerEnd = true;
  }

  whenGone(to: Side, what: "sent" | "ended", told: (isGone: boolean) => void): void {
    const line = this.#lines[to];
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

  #dial(): Line {
    const line = this.#options.dial();
    this.#lines.server = line;
    this.#listen("server", line);
    return line;
  }

  #listen(side: Side, line: Line): void {
    line.listen({
      data: (bytes) => this.#heard(side, bytes),
      ended: (how) => {
        this.#options.onMoved();
        this.#act(() => this.#session.ended(side, how));
      },
      drained: () => this.#act(() => {}),
      opened: () => this.#act(() => {}),
      failed: (error) => this.#unreachable(error),
      closed: () => this.#closed(side),
    });
  }

  #heard(from: Side, bytes: Uint8Array): void {
    this.#options.onMoved();
    if (this.#isUnwanted || this.#isOver) return;
    this.#act(() => this.#session.receive(from, bytes));
  }

  #unreachable(error: Error): void {
    this.#hasEnded.server = true;
    this.#isUnreachable = true;
    const reason = this.#options.unreachable(error);
    if (reason === undefined) this.#finish();
    else this.#act(() => this.#session.unreachable(reason));
  }

  #closed(side: Side): void {
    if (side === "client") {
      this.#finish();
      this.#lines.server?.destroy();
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
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    try {
      this.#session.finish();
    } catch (error) {
      this.#options.onBug(error);
    }
  }

  /** Lets the session do something; whatever it throws ends with this connection. */
  #act(act: () => void): void {
    if (this.#isOver) return;
    this.#depth++;
    try {
      act();
    } catch (error) {
      this.#options.onBug(error);
      try {
        this.#session.abandon();
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
      (this.#lines[otherSide(from)]?.needsDrain ?? false) ||
      line.waitingBytes > this.#options.maxUnreadBytes ||
      this.#session.isFull(from);
    line.setPaused(isFull && !this.#isUnwanted);
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
    // What a client that was cut off has asked for is not to be worked on; any other end goes behind what was sent.
    if (this.#session.isCut && server.peerEnd === undefined) server.destroy();
    else this.end("server", "fin");
  }
}
