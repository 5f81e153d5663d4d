/** The two ends of a proxied connection, as tests hold them: a TCP origin, and a client that speaks to a proxy. */
import { EventEmitter } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { concatBytes } from "./chunkers.ts";

/** One end of a TCP connection that remembers what it saw and waits for conditions instead of for time. */
export class Peer {
  readonly socket: Socket;
  /** Whether the other end has sent its FIN. */
  ended = false;
  /** Whether the connection is gone altogether. */
  closed = false;
  /** The error that ended it, if one did. */
  error: Error | undefined;
  #chunks: Uint8Array[] = [];
  #length = 0;
  readonly #changes = new EventEmitter().setMaxListeners(0);

  constructor(socket: Socket) {
    this.socket = socket;
    const changed = (): void => {
      this.#changes.emit("change");
    };
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      changed();
    });
    socket.on("end", () => {
      this.ended = true;
      changed();
    });
    socket.on("error", (error) => {
      this.error = error;
      changed();
    });
    socket.on("close", () => {
      this.closed = true;
      changed();
    });
  }

  /** How many bytes came since the last `clear`. */
  get length(): number {
    return this.#length;
  }

  /** The bytes that came since the last `clear`. */
  received(): Uint8Array {
    const [only] = this.#chunks;
    // Asked at every turn of a loop, also of many MiB. What is joined already is no Buffer.
    if (only && this.#chunks.length === 1 && !Buffer.isBuffer(only)) return only;
    const all = concatBytes([new Uint8Array(0), ...this.#chunks]);
    this.#chunks = [all];
    return all;
  }

  /** The same as text. */
  text(): string {
    return Buffer.from(this.received()).toString("latin1");
  }

  /** Forgets what came so far. */
  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }

  /** Forgets the first bytes of what came. */
  skip(bytes: number): void {
    const rest = this.received().subarray(bytes);
    this.#chunks = [rest];
    this.#length = rest.length;
  }

  send(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  /**
   * Waits until `condition` holds; it is asked again whenever something arrives or ends.
   *
   * @throws Error after `timeoutMs` (10 s), naming what was waited for and what had come.
   */
  async until(what: string, condition: (peer: this) => boolean, timeoutMs: number = 10_000): Promise<void> {
    if (condition(this)) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#changes.off("change", check);
        const state = `${this.#length} bytes, ended ${this.ended}, closed ${this.closed}`;
        reject(new Error(`waited ${timeoutMs} ms in vain for: ${what} (${state})`));
      }, timeoutMs);
      const check = (): void => {
        if (!condition(this)) return;
        clearTimeout(timer);
        this.#changes.off("change", check);
        resolve();
      };
      this.#changes.on("change", check);
    });
  }

  /** Waits until exactly this text has come. */
  async untilText(expected: string): Promise<void> {
    await this.until(JSON.stringify(expected.slice(0, 60)), () => this.text() === expected);
  }
}

/** A TCP server on a free port of 127.0.0.1 that hands out its connections in order. */
export class TcpOrigin {
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly authority: string;
  readonly peers: Peer[] = [];
  readonly #server: Server;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #taken = 0;

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.authority = `127.0.0.1:${this.port}`;
    server.on("connection", (socket) => {
      this.peers.push(new Peer(socket));
      this.#changes.emit("change");
    });
  }

  /** The next connection that no one has taken yet. */
  async accept(timeoutMs: number = 10_000): Promise<Peer> {
    const at = this.#taken++;
    for (;;) {
      const peer = this.peers[at];
      if (peer) return peer;
      await new Promise<void>((resolve, reject) => {
        const changed = (): void => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          this.#changes.off("change", changed);
          reject(new Error(`no connection reached the origin in ${timeoutMs} ms`));
        }, timeoutMs);
        this.#changes.once("change", changed);
      });
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const peer of this.peers) peer.socket.destroy();
    await closed;
  }
}

/** Starts a TCP origin; its sockets stay half open until the test ends them. */
export async function startTcpOrigin(): Promise<TcpOrigin> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new TcpOrigin(server);
}

/** Connects to a port of 127.0.0.1. The connection stays half open until the test ends it. */
export async function connectPeer(port: number): Promise<Peer> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  const peer = new Peer(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return peer;
}

/**
 * Opens a CONNECT tunnel and waits for the proxy's 200; the peer then holds the tunnel's bytes alone.
 *
 * @param early bytes that leave in the same write as the CONNECT request.
 */
export async function connectTunnel(proxyPort: number, authority: string, early: string = ""): Promise<Peer> {
  const peer = await connectPeer(proxyPort);
  peer.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${early}`);
  await peer.until("the answer to CONNECT", () => peer.text().includes("\r\n\r\n") || peer.closed);
  const [head = ""] = peer.text().split("\r\n\r\n", 1);
  if (!head.startsWith("HTTP/1.1 200")) throw new Error(`CONNECT ${authority} was answered: ${head}`);
  peer.skip(Buffer.byteLength(head, "latin1") + 4);
  return peer;
}
