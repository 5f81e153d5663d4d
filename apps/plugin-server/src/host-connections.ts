/** The connections of an endpoint: which of them are a host's, and which gives way when there are too many. */
import type { Http2Server, ServerHttp2Session } from "node:http2";

/** What is needed to keep them. */
export interface HostConnectionsOptions {
  readonly maxConnections: number;
  /**
   * A connection without a call for so long, in ms, is not that of a host, which polls every ten seconds. It gives way to a
   * new one when there are too many.
   */
  readonly maxSilentMs: number;
  /** Whether a connection carries whole connections of clients, so that it does not give way however few calls come. */
  readonly isInUse: (session: ServerHttp2Session) => boolean;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** HTTP/2's window of a connection, in bytes. */
  readonly windowBytes: number;
  /** Told when a connection has given way, or was refused, because there were too many. */
  readonly onFull: () => void;
}

interface Known {
  /** When its last call came; `undefined` before the first. */
  calledAtMs: number | undefined;
}

/** Keeps the connections of a server. */
export class HostConnections {
  readonly #options: HostConnectionsOptions;
  /** In order of their arrival. */
  readonly #known = new Map<ServerHttp2Session, Known>();

  constructor(server: Http2Server, options: HostConnectionsOptions) {
    this.#options = options;
    server.on("session", (session) => this.#add(session));
  }

  get size(): number {
    return this.#known.size;
  }

  /** Connections on which a call has come. */
  get hosts(): number {
    let count = 0;
    for (const { calledAtMs } of this.#known.values()) if (calledAtMs !== undefined) count++;
    return count;
  }

  /** GOAWAY: calls in flight may end, new calls are refused. */
  close(): void {
    for (const session of this.#known.keys()) session.close();
  }

  destroy(): void {
    for (const session of this.#known.keys()) session.destroy();
  }

  #add(session: ServerHttp2Session): void {
    const { maxConnections, now, windowBytes, onFull } = this.#options;
    if (this.#known.size >= maxConnections) {
      onFull();
      const givesWay = this.#givesWay();
      if (givesWay === undefined) {
        session.destroy();
        return;
      }
      this.#known.delete(givesWay);
      givesWay.destroy();
    }
    const known: Known = { calledAtMs: undefined };
    this.#known.set(session, known);
    session.setLocalWindowSize(windowBytes);
    session.on("stream", () => {
      known.calledAtMs = now();
    });
    session.on("close", () => this.#known.delete(session));
    // When a peer breaks off, or speaks no HTTP/2, its own session ends and no other.
    session.on("error", () => session.destroy());
  }

  /** The oldest connection that has never made a call, or else the one that has made none for longest. */
  #givesWay(): ServerHttp2Session | undefined {
    let silent: ServerHttp2Session | undefined;
    let oldestMs = this.#options.now() - this.#options.maxSilentMs;
    for (const [session, { calledAtMs }] of this.#known) {
      if (calledAtMs === undefined) return session;
      if (calledAtMs < oldestMs && !this.#options.isInUse(session)) {
        oldestMs = calledAtMs;
        silent = session;
      }
    }
    return silent;
  }
}
