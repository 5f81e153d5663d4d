/** Origins for tests that compare bytes: an HTTP or HTTPS server that echoes, hashes and sends, and a raw TCP echo. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { concatBytes, seededRandom } from "./chunkers.ts";

/** How a connection came to its end: the peer's FIN, the peer's RST, or this side's doing. */
export type ConnectionEnd = "fin" | "reset" | "closed-here";

/** What an origin saw of one connection; of a TLS connection, what was inside. */
export class OriginConnection {
  /** The name that the client asked for in its ClientHello, where there was one. */
  readonly serverName: string | undefined;
  /** Resolves when the connection is over. */
  readonly ended: Promise<ConnectionEnd>;
  #receivedBytes = 0;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  readonly #hash = createHash("sha256");

  constructor(socket: Socket & { readonly servername?: string | false }, maxKeptBytes: number) {
    this.serverName = socket.servername || undefined;
    let end: ConnectionEnd = "closed-here";
    socket.on("data", (chunk: Buffer) => {
      this.#receivedBytes += chunk.length;
      this.#hash.update(chunk);
      const room = Math.max(0, maxKeptBytes - this.#keptBytes);
      if (room === 0) return;
      this.#kept.push(Uint8Array.from(chunk.subarray(0, room)));
      this.#keptBytes += Math.min(room, chunk.length);
    });
    socket.once("end", () => {
      end = "fin";
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET" || error.code === "EPIPE") end = "reset";
    });
    this.ended = new Promise((resolve) => {
      socket.once("close", () => resolve(end));
    });
  }

  /** How many bytes have come. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** The bytes that have come, as far as they were kept. */
  get received(): Uint8Array {
    this.#kept = [concatBytes(this.#kept)];
    return this.#kept[0]!;
  }

  /** The SHA-256 of all bytes that have come, kept or not, in hex. */
  get receivedSha256(): string {
    return this.#hash.copy().digest("hex");
  }
}

/** A running origin. */
export interface Origin {
  /** Of the HTTP origin; of the TCP echo, `127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** In order of their arrival. */
  readonly connections: readonly OriginConnection[];
  /** Cuts what is open. */
  close(): Promise<void>;
}

/** Settings of the origins. */
export interface OriginOptions {
  /** HTTPS with these options (`key`, `cert`, versions, `SNICallback` …); HTTP without. */
  readonly tls?: ServerOptions;
  /** How much of what a connection brings is kept in `received`, in bytes. Default 1 MiB; counts and hash know all. */
  readonly maxKeptBytes?: number;
}

const defaultMaxKeptBytes = 1_048_576;
const blockBytes = 65_536;

/**
 * Node ends a connection that is quiet for 5 s, a head that takes 60 s and a request that takes 300. Behind a tunnel on
 * a busy machine that happens in the middle of a test: what the origin has sent long ago is still on its way.
 */
const patience: ServerOptions = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 };

/** `length` bytes made from a seed, in blocks of 64 KiB that differ, so that a lost or repeated one is noticed. */
export function* seededBlocks(length: number, seed: number): Generator<Uint8Array> {
  const random = seededRandom(seed);
  const pool = Uint8Array.from({ length: blockBytes }, () => Math.floor(random() * 256));
  for (let at = 0; at < length; at += blockBytes) {
    const block = pool.slice();
    new DataView(block.buffer).setUint32(0, at / blockBytes);
    yield block.subarray(0, Math.min(blockBytes, length - at));
  }
}

/** The same bytes in one array. */
export const seededBytes = (length: number, seed: number): Uint8Array =>
  concatBytes(seededBlocks(length, seed));

/** The SHA-256 of bytes or blocks, in hex. */
export function sha256Of(bytes: Uint8Array | Iterable<Uint8Array>): string {
  const hash = createHash("sha256");
  for (const block of bytes instanceof Uint8Array ? [bytes] : bytes) hash.update(block);
  return hash.digest("hex");
}

/**
 * Starts an HTTP or HTTPS server on a free port of 127.0.0.1:
 * - `POST /echo`: the request's body and content type, while they come;
 * - `POST /hash`: `{"bytes":…,"sha256":"…"}` of the request's body;
 * - `GET /bytes/N?seed=S`: {@link seededBytes}, with a content length;
 * - `GET /chunks/N?size=B&gapMs=G`: N chunks of B seeded bytes (1,000), chunked, G ms (0) apart;
 * - `GET /events/N?gapMs=G`: N server-sent events with the data `0`, `1` …;
 * - `GET /`, `HEAD /`: 200 and `ok`; anything else 404.
 *
 * A connection stays open until a peer ends it, however long it is quiet.
 *
 * @example
 * ```ts
 * const origin = await startByteOrigin();
 * const response = await fetch(`${origin.url}/echo`, { method: "POST", body: seededBytes(100_000, 1) });
 * await origin.close();
 * ```
 */
export async function startByteOrigin(options: OriginOptions = {}): Promise<Origin> {
  const listener: RequestListener = (request, response) => {
    // A client that goes away in the middle is what some tests are about.
    answer(request, response).catch(() => response.destroy());
  };
  const server = options.tls
    ? createTlsServer({ ...patience, ...options.tls }, listener)
    : createServer(patience, listener);
  const event = options.tls ? "secureConnection" : "connection";
  const scheme = options.tls ? "https://" : "http://";
  return open(server, event, scheme, options.maxKeptBytes ?? defaultMaxKeptBytes);
}

/** Starts a TCP server on a free port of 127.0.0.1 that sends back what it gets, and a FIN for a FIN. */
export async function startTcpEcho(options: Pick<OriginOptions, "maxKeptBytes"> = {}): Promise<Origin> {
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  return open(server, "connection", "", options.maxKeptBytes ?? defaultMaxKeptBytes);
}

async function open(server: Server, event: string, scheme: string, maxKeptBytes: number): Promise<Origin> {
  const connections: OriginConnection[] = [];
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on(event, (socket: Socket) => connections.push(new OriginConnection(socket, maxKeptBytes)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}127.0.0.1:${port}`,
    port,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://origin");
  const number = (name: string, otherwise: number): number => Number(url.searchParams.get(name) ?? otherwise);
  const [, what = "", count = ""] = url.pathname.split("/");
  switch (`${request.method} /${what}`) {
    case "POST /echo": {
      const type = request.headers["content-type"] ?? "application/octet-stream";
      const length = request.headers["content-length"];
      response.writeHead(200, { "content-type": type, ...(length && { "content-length": length }) });
      return pipeline(request, response);
    }
    case "POST /hash": {
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
      }
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ bytes, sha256: hash.digest("hex") }));
      return;
    }
    case "GET /bytes": {
      response.writeHead(200, {
        "content-type": "application/octet-stream",
        "content-length": Number(count),
      });
      return pipeline(Readable.from(seededBlocks(Number(count), number("seed", 0))), response);
    }
    case "GET /chunks": {
      const size = number("size", 1000);
      const whole = seededBytes(Number(count) * size, number("seed", 0));
      const parts = Array.from({ length: Number(count) }, (_, at) =>
        whole.subarray(at * size, (at + 1) * size),
      );
      response.writeHead(200, { "content-type": "application/octet-stream" });
      return pipeline(spaced(parts, number("gapMs", 0)), response);
    }
    case "GET /events": {
      const events = Array.from({ length: Number(count) }, (_, at) => Buffer.from(`data: ${at}\n\n`));
      response.writeHead(200, { "content-type": "text/event-stream" });
      return pipeline(spaced(events, number("gapMs", 0)), response);
    }
    case "GET /":
    case "HEAD /":
      response.writeHead(200, { "content-type": "text/plain" });
      response.end("ok");
      return;
    default:
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("no such thing");
  }
}

async function* spaced(parts: readonly Uint8Array[], gapMs: number): AsyncGenerator<Uint8Array> {
  for (const [index, part] of parts.entries()) {
    if (index > 0 && gapMs > 0) await pause(gapMs);
    yield part;
  }
}
