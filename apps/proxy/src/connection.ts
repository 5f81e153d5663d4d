/** One client's connection and all that belongs to it: its name in the log, its upstreams, its times, its end. */
import type { Socket } from "node:net";
import { ConnectionSession, type SessionEvent } from "@faultwire/fault-session";
import type { FrontConnection } from "./front/front-connection.ts";
import { HttpFront } from "./front/http-front.ts";
import { SocksFront, socksVersion } from "./front/socks-front.ts";
import type { ProxyContext } from "./proxy-context.ts";
import type { Line } from "./sockets/line.ts";
import { SocketCarrier } from "./sockets/socket-carrier.ts";
import { SocketLine } from "./sockets/socket-line.ts";
import { type Authority, authorityText } from "./upstream/authority.ts";
import { type Unreachable, unreachable } from "./upstream/dialler.ts";

export class Connection implements FrontConnection {
  readonly context: ProxyContext;
  /** Its number, as logs name it. */
  readonly id: number;
  readonly client: Line;
  readonly #sockets: Set<Socket> = new Set();
  readonly #onClosed: () => void;
  #carrier: SocketCarrier | undefined;
  #isJoined = false;
  /** Whom the client wants is known. */
  #isGreeted = false;
  #movedAtMs: number;
  /** Since when nothing goes to the client any more, and nothing that it still says is wanted. */
  #overAtMs: number | undefined;

  constructor(id: number, socket: Socket, context: ProxyContext, onClosed: () => void) {
    this.id = id;
    this.context = context;
    this.#onClosed = onClosed;
    this.#movedAtMs = context.runtime.clock.now();
    this.#own(socket);
    socket.once("close", () => this.over());
    this.client = new SocketLine(socket);
    this.client.listen({
      data: (bytes) => this.guard(() => this.#begin(bytes)),
      // A client that says nothing wants nothing.
      ended: () => this.client.end("fin"),
      drained() {},
      closed() {},
    });
    this.client.setPaused(false);
  }

  /** Whether nothing is under way, as far as can be told: between two requests, or before the first. */
  get isQuiet(): boolean {
    if (this.#isJoined) return false;
    if (!this.#carrier) return !this.#isGreeted;
    const { exchanges, isBusy } = this.#carrier.session;
    if (!exchanges || exchanges.isOpaque || isBusy) return false;
    return !exchanges.upstreamOwes && !exchanges.isSending && exchanges.heldBytes("client") === 0;
  }

  /** Does something of ours; whatever it throws ends this connection, and no other. */
  guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.bug(error);
      this.destroy();
    }
  }

  bug(error: unknown): void {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tell({ type: "bug", message });
  }

  /** Something has come or gone. */
  readonly moved = (): void => {
    this.#movedAtMs = this.context.runtime.clock.now();
  };

  /** It is known whom the client wants. */
  greeted(): void {
    this.#isGreeted = true;
    this.moved();
  }

  /** Nothing goes to the client any more, and nothing that it still says is wanted. */
  readonly over = (): void => {
    this.#overAtMs ??= this.context.runtime.clock.now();
  };

  /** Opens a connection to an upstream; it ends with this one. */
  dial(authority: Authority): Line {
    const socket = this.context.dialler.dial(authority);
    this.#own(socket);
    return new SocketLine(socket);
  }

  /** Says in words why an upstream can't be reached, in the log and to whoever asks. */
  unreachable(authority: Authority, error: Error): Unreachable {
    const why = unreachable(authority, error);
    const entry = {
      event: "upstream-unreachable",
      connection: this.id,
      upstream: authorityText(authority),
      code: why.code,
    };
    this.context.runtime.logger.warn(entry, why.reason);
    return why;
  }

  /** The log's line for what is refused, and why. */
  refused(why: string, fields: object = {}): void {
    this.context.runtime.logger.warn({ event: "refused", connection: this.id, ...fields }, why);
  }

  /**
   * Carries a session between the client, or the part of its connection that an upstream gets, and an upstream.
   *
   * @param answer - Answers in the session's place where the upstream can't be reached; false where the session is to.
   */
  carry(
    client: Line,
    authority: Authority,
    answer: (why: Unreachable) => boolean = () => false,
  ): SocketCarrier {
    const { runtime, policy, interception, limits } = this.context;
    const carrier = new SocketCarrier({
      client,
      dial: () => this.dial(authority),
      session: (carries) =>
        new ConnectionSession({
          carrier: carries,
          policy,
          desk: runtime.desk,
          interception,
          tell: (event) => this.#tell(event),
        }),
      clock: runtime.clock,
      maxUnreadBytes: limits.maxUnreadBytes,
      unreachable: (error) => {
        const why = this.unreachable(authority, error);
        return answer(why) ? undefined : why.reason;
      },
      onBug: (error) => this.bug(error),
      onMoved: this.moved,
      onOver: this.over,
    });
    this.#carrier = carrier;
    return carrier;
  }

  /** Says a last word of our own to the client, and ends. What the client still says is dropped, so that it gets to read it. */
  sayAndEnd(bytes: Uint8Array): void {
    this.client.listen({ data() {}, ended() {}, drained() {}, closed() {} });
    this.client.write(bytes);
    this.client.end("fin");
    this.client.setPaused(false);
    this.over();
  }

  /** The client and an upstream are joined from now on. */
  joined(): void {
    this.#isJoined = true;
  }

  /** Lets go of what faults hold: for a shutdown. */
  release(): void {
    this.#carrier?.release();
  }

  /** Looks whether a time is over; call it now and then. */
  look(nowMs: number): void {
    const { headMs, lingerMs, halfOpenMs, idleMs } = this.context.limits;
    const quietMs = nowMs - this.#movedAtMs;
    if (this.#overAtMs !== undefined && this.client.waitingBytes === 0) {
      if (nowMs - this.#overAtMs >= lingerMs) this.destroy();
    } else if (!this.#isGreeted && quietMs >= headMs) {
      this.refused(`a client has not said within ${headMs} ms whom it wants`);
      this.destroy();
    } else if ((this.client.peerEnd ?? this.client.hasEnded) && quietMs >= halfOpenMs) this.destroy();
    else if (quietMs >= idleMs) this.destroy();
  }

  /** Everything ends at once. */
  destroy(): void {
    this.#carrier?.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #begin(bytes: Uint8Array): void {
    const isSocks = bytes[0] === socksVersion;
    new (isSocks ? SocksFront : HttpFront)(this).receive(bytes);
  }

  #tell(event: SessionEvent): void {
    this.context.runtime.tell(event, { connection: this.id });
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onClosed();
    });
  }
}
