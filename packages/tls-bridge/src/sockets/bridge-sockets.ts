import { type Duplex, finished } from "node:stream";
import { TlsBridge } from "../bridge/tls-bridge.ts";
import type { BridgeSide, TlsBridgeHandler, TlsBridgeOptions } from "../bridge/tls-bridge-options.ts";

/** Bytes of a peer that may wait for the other's handshake before we stop reading from it. */
const WAITING_BYTES = 65_536;
/** Bytes that a peer may leave unread before we stop reading from that same peer. */
const UNREAD_BYTES = 1_048_576;

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
  /** Closes both sockets at once. */
  destroy(): void;
}

/**
 * Runs a {@link TlsBridge} on two streams of bytes, sockets or whatever looks like them. Whoever does not read makes the
 * other one wait; a half-closed connection stays half open; a FIN without a close_notify is passed on as just that. When
 * the session fails, alerts are sent and both ends are closed.
 *
 * The streams have to be made with `allowHalfOpen`, or they end each other early. Neither time-outs nor a limit on the
 * number of connections are in here: both belong to whoever owns the sockets.
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
  { handlerFor = passThrough, ...options }: BridgeSocketsOptions,
): BridgedSockets {
  return new SocketDriver(client, openUpstream, handlerFor, options);
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

class SocketDriver implements BridgedSockets {
  readonly bridge: TlsBridge;
  readonly closed: Promise<void>;
  readonly #openUpstream: () => Duplex;
  readonly #streams: Partial<Record<BridgeSide, Duplex>> = {};
  readonly #hasEnded: Record<BridgeSide, boolean> = { client: false, server: false };
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
      alert: (from, level, description) => handler?.alert(from, level, description),
      failed: (failure) => handler?.failed(failure),
    };
    this.bridge = new TlsBridge({ ...options, lockstep: false, handler: forward });
    handler = handlerFor(this.bridge);
    this.#attach("client", client);
  }

  flush(): void {
    const { bridge } = this;
    if (bridge.pendingBytes("server") > 0 && this.#streams.server === undefined) this.#startUpstream();
    for (const side of SIDES) {
      const stream = this.#streams[side];
      const bytes = bridge.take(side);
      if (bytes.length > 0 && stream?.writable) stream.write(bytes);
    }
    for (const side of SIDES) if (this.#hasEnded[side]) this.#passEnd(side);
    if (bridge.state === "failed") this.#finish();
    this.#regulate();
  }

  destroy(): void {
    this.bridge.end();
    for (const side of SIDES) this.#streams[side]?.destroy();
  }

  /** A FIN must not overtake what waits for a handshake. */
  #passEnd(from: BridgeSide): void {
    const { bridge } = this;
    if (bridge.isBusy || (bridge.state === "handshaking" && bridge.waitingBytes(from) > 0)) return;
    // There may be no upstream yet, and now there will be none.
    (this.#streams[otherSide(from)] ?? this.#streams[from])?.end();
  }

  #startUpstream(): void {
    try {
      this.#attach("server", this.#openUpstream());
    } catch {
      this.destroy();
    }
  }

  #attach(side: BridgeSide, stream: Duplex): void {
    this.#streams[side] = stream;
    this.#open++;
    stream.on("data", (chunk: Uint8Array) => {
      this.bridge.push(side, chunk);
      this.#flushWhenIdle();
    });
    stream.on("end", () => {
      this.#hasEnded[side] = true;
      this.#flushWhenIdle();
    });
    stream.on("drain", () => this.#regulate());
    // Calls back once, when the stream is closed both ways or broken.
    finished(stream, (error) => {
      if (error) this.destroy();
      stream.destroy();
      this.#open--;
      if (this.#open === 0) {
        this.destroy();
        this.#resolveClosed();
      }
    });
  }

  #flushWhenIdle(): void {
    this.flush();
    if (this.bridge.isBusy) void this.bridge.idle().then(() => this.flush());
  }

  /** Nothing more will come of what the peers say: lets them read their alerts, and go. */
  #finish(): void {
    for (const side of SIDES) this.#streams[side]?.end();
  }

  #regulate(): void {
    for (const side of SIDES) {
      const stream = this.#streams[side];
      if (stream === undefined) continue;
      const isFull =
        (this.#streams[otherSide(side)]?.writableNeedDrain ?? false) ||
        stream.writableLength > UNREAD_BYTES ||
        this.bridge.waitingBytes(side) > WAITING_BYTES;
      if (isFull && !stream.isPaused()) stream.pause();
      else if (!isFull && stream.isPaused()) stream.resume();
    }
  }
}
