import { type Duplex, finished } from "node:stream";
import type { BridgeSide } from "../bridge/bridge-peers.ts";
import { TlsBridge } from "../bridge/tls-bridge.ts";
import {
  checkSocketsOptions,
  type TlsBridgeHandler,
  type TlsBridgeOptions,
} from "../bridge/tls-bridge-options.ts";
import { resetStream } from "./reset-stream.ts";

/** Limits of a bridge on sockets. */
export const bridgeSocketsLimits = {
  /** Bytes of a peer that may wait for the other's handshake before we stop reading from it. */
  waitingBytes: 65_536,
  /** Bytes that a peer may leave unread before we stop reading from that same peer: it makes us answer. */
  unreadBytes: 1_048_576,
  /** Bytes that a peer may send behind the end of the session, read so that it gets its alert; then it is cut off. */
  bytesBehindEnd: 1_048_576,
} as const;

const SIDES: readonly BridgeSide[] = ["client", "server"];
const otherSide = (side: BridgeSide): BridgeSide => (side === "client" ? "server" : "client");

/** What {@link bridgeSockets} is told. */
export interface BridgeSocketsOptions extends Omit<TlsBridgeOptions, "handler" | "lockstep"> {
  /** What is done with the clear bytes; unless given everything goes through as it is. */
  readonly handlerFor?: (bridge: TlsBridge) => TlsBridgeHandler;
}

/** A bridge that runs on two sockets. */
export interface BridgedSockets {
  /** To write, to send alerts, to look at; {@link BridgedSockets.flush} sends what it has then. */
  readonly bridge: TlsBridge;
  /** Resolves when both sockets are closed, for whatever reason; never rejects. */
  readonly closed: Promise<void>;
  /** Sends what the bridge has for the peers. Needed only behind calls that came from outside of the handler. */
  flush(): void;
  /** Closes both sockets at once; the handler is told nothing more. */
  destroy(): void;
}

/**
 * Runs a {@link TlsBridge} on two streams of bytes, sockets or whatever looks like them. What one peer does to its
 * connection is done to the other one's:
 *
 * - A peer that does not read makes the other one wait.
 * - A FIN is passed on behind what came before it, and the other direction goes on. One without a close_notify is told to
 *   the handler (`truncated`).
 * - A reset is passed on as a reset, at once, and told to the handler (`connection-lost`).
 * - An upstream that can't be reached ends the session with an alert for the client (`upstream-unreachable`).
 *
 * When the session fails or is closed both ways, alerts are sent and both ends are closed.
 *
 * The streams have to be made with `allowHalfOpen`, or they end each other early. They may be paused when they are handed
 * over; from then on they are this driver's. Neither time-outs nor a limit on the number of connections are in here: both
 * belong to whoever owns the sockets.
 *
 * @param client - the accepted connection
 * @param openUpstream - opens the other one; called once, when there is a ClientHello for it
 *
 * @example
 * ```ts
 * createServer({ allowHalfOpen: true }, (socket) => {
 *   const openUpstream = () => connect({ host, port: 443, allowHalfOpen: true });
 *   bridgeSockets(socket, openUpstream, { identityFor, contexts });
 * });
 * ```
 */
export function bridgeSockets(
  client: Duplex,
  openUpstream: () => Duplex,
  options: BridgeSocketsOptions,
): BridgedSockets {
  checkSocketsOptions(options);
  const { handlerFor = passThrough, ...rest } = options;
  return new SocketDriver(client, openUpstream, handlerFor, rest);
}

/** Hands everything on, close_notify included. */
function passThrough(bridge: TlsBridge): TlsBridgeHandler {
  return {
    established() {},
    data: (from, plaintext) => bridge.write(otherSide(from), plaintext),
    closeNotify: (from) => bridge.closeNotify(otherSide(from)),
    alert() {},
    failed() {},
  };
}

/** One peer's stream. */
interface Line {
  readonly stream: Duplex;
  /** Whether it has still to connect. */
  isOpening: boolean;
  /** Whether its FIN has come. */
  hasEnded: boolean;
  /** Whether its FIN went on. */
  isEndPassed: boolean;
  /** What it sent behind the end of the session. */
  bytesBehindEnd: number;
}

class SocketDriver implements BridgedSockets {
  readonly bridge: TlsBridge;
  readonly closed: Promise<void>;
  readonly #openUpstream: () => Duplex;
  readonly #lines: Partial<Record<BridgeSide, Line>> = {};
  #open = 0;
  #resolveClosed: () => void = () => {};

  constructor(
    client: Duplex,
    openUpstream: () => Duplex,
    handlerFor: (bridge: TlsBridge) => TlsBridgeHandler,
    options: Omit<TlsBridgeOptions, "handler" | "lockstep">,
  ) {
    this.#openUpstream = openUpstream;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    // The handler needs the bridge, and the bridge its handler.
    let handler: TlsBridgeHandler | undefined;
    const forward: TlsBridgeHandler = {
      established: (session) => handler?.established(session),
      data: (from, plaintext) => handler?.data(from, plaintext),
      closeNotify: (from) => handler?.closeNotify(from),
      truncated: (from) => handler?.truncated?.(from),
      alert: (from, level, description) => handler?.alert(from, level, description),
      failed: (failure) => handler?.failed(failure),
    };
    this.bridge = new TlsBridge({ ...options, lockstep: false, handler: forward });
    handler = handlerFor(this.bridge);
    this.#attach("client", client);
  }

  flush(): void {
    const { bridge } = this;
    if (bridge.pendingBytes("server") > 0 && this.#lines.server === undefined) this.#startUpstream();
    for (const side of SIDES) {
      const stream = this.#lines[side]?.stream;
      const bytes = bridge.take(side);
      if (bytes.length > 0 && stream?.writable) stream.write(bytes);
    }
    for (const side of SIDES) this.#passEnd(side);
    // Nothing more will come of what the peers say: lets them read what they were told, and go.
    if (this.#isOver) for (const side of SIDES) this.#lines[side]?.stream.end();
    this.#regulate();
  }

  destroy(): void {
    this.bridge.end();
    for (const side of SIDES) this.#lines[side]?.stream.destroy();
  }

  get #isOver(): boolean {
    return this.bridge.state === "failed" || this.bridge.state === "closed";
  }

  #attach(side: BridgeSide, stream: Duplex): void {
    const line: Line = {
      stream,
      isOpening: "connecting" in stream && stream.connecting === true,
      hasEnded: false,
      isEndPassed: false,
      bytesBehindEnd: 0,
    };
    this.#lines[side] = line;
    this.#open++;
    stream.on("connect", () => {
      line.isOpening = false;
    });
    stream.on("data", (chunk: Uint8Array) => this.#take(side, line, chunk));
    stream.on("end", () => {
      line.hasEnded = true;
      this.#flushWhenIdle();
    });
    stream.on("drain", () => this.#regulate());
    // Those that come behind the end that `finished` tells of are nobody's business.
    stream.on("error", () => {});
    // Calls back once, when the stream is closed both ways or broken.
    finished(stream, (error) => {
      if (error) this.#broken(side, line, error);
      stream.destroy();
      if (--this.#open > 0) return;
      this.bridge.end();
      this.#resolveClosed();
    });
    // It may have been paused by whoever had it before.
    this.#regulate();
  }

  #startUpstream(): void {
    try {
      this.#attach("server", this.#openUpstream());
    } catch (error) {
      this.bridge.unreachable(reasonOf(error));
    }
  }

  #take(side: BridgeSide, line: Line, chunk: Uint8Array): void {
    if (!this.#isOver) {
      this.bridge.push(side, chunk);
      this.#flushWhenIdle();
      return;
    }
    line.bytesBehindEnd += chunk.length;
    if (line.bytesBehindEnd > bridgeSocketsLimits.bytesBehindEnd) line.stream.destroy();
  }

  #flushWhenIdle(): void {
    this.flush();
    if (this.bridge.isBusy) void this.bridge.idle().then(() => this.flush());
  }

  /** A FIN must not overtake what waits for a handshake. */
  #passEnd(from: BridgeSide): void {
    const { bridge } = this;
    const line = this.#lines[from];
    if (line === undefined || !line.hasEnded || line.isEndPassed) return;
    if (bridge.isBusy || (bridge.state === "handshaking" && bridge.waitingBytes(from) > 0)) return;
    line.isEndPassed = true;
    bridge.pushEnd(from);
    // There may be no upstream yet, and now there will be none.
    (this.#lines[otherSide(from)] ?? line).stream.end();
  }

  /** The session is over at once: who is left is not to take what is cut off for an end. */
  #broken(side: BridgeSide, { isOpening }: Line, error: Error): void {
    // The other one may still be reading its alert.
    if (this.#isOver) return;
    if (isOpening) {
      this.bridge.unreachable(reasonOf(error));
      this.flush();
      return;
    }
    this.bridge.lost(side, reasonOf(error));
    const other = this.#lines[otherSide(side)];
    if (other !== undefined) resetStream(other.stream);
  }

  #regulate(): void {
    for (const side of SIDES) {
      const stream = this.#lines[side]?.stream;
      if (stream === undefined) continue;
      const isFull =
        (this.#lines[otherSide(side)]?.stream.writableNeedDrain ?? false) ||
        stream.writableLength > bridgeSocketsLimits.unreadBytes ||
        this.bridge.waitingBytes(side) > bridgeSocketsLimits.waitingBytes;
      // What comes behind the end is thrown away, so that nobody has to wait for room.
      if (isFull && !this.#isOver) stream.pause();
      else if (stream.isPaused()) stream.resume();
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "UNKNOWN";
}
