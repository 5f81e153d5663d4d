/** Calls as frames: what was sent is exactly what the test says, and so is what came back. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { soon } from "@faultwire/testkit/soon";
import { type StreamHandler, takeStreamsFirst } from "../../src/index.ts";

export const paths = {
  echo: "/test.EchoService/Echo",
  answer: "/test.EchoService/Answer",
  other: "/test.EchoService/Other",
};

export interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
  readonly rstCode: number;
}

/** A message of the test's service in its envelope. */
export function enveloped(text: string | Uint8Array): Buffer {
  const value = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const message = toBinary(BytesValueSchema, create(BytesValueSchema, { value }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The text of an answer's message. */
export function textOf(answer: Answer): string {
  return new TextDecoder().decode(fromBinary(BytesValueSchema, answer.body.subarray(5)).value);
}

export class RawServer {
  readonly server: Http2Server;
  readonly sessions = new Set<ServerHttp2Session>();
  readonly #clients: ClientHttp2Session[] = [];

  private constructor(server: Http2Server) {
    this.server = server;
    server.on("session", (session) => {
      this.sessions.add(session);
      session.on("error", () => session.destroy());
    });
  }

  static around(server: Http2Server): RawServer {
    return new RawServer(server);
  }

  /** Connect's adapter with these routes, and before it the handler, where there is one. */
  static create(
    routes: (router: ConnectRouter) => void,
    handler?: StreamHandler,
    readMaxBytes = 4_194_304,
  ): RawServer {
    const server = createServer(connectNodeAdapter({ routes, acceptCompression: [], readMaxBytes }));
    if (handler) takeStreamsFirst(server, handler);
    return new RawServer(server);
  }

  async client(): Promise<ClientHttp2Session> {
    if (!this.server.listening) {
      this.server.listen(0, "127.0.0.1");
      await once(this.server, "listening");
    }
    const client = connect(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
    client.on("error", () => {});
    this.#clients.push(client);
    await soon(once(client, "connect"), "the event connect of client");
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Opens a call and sends nothing but its headers. */
export function open(
  client: ClientHttp2Session,
  path: string,
  headers: Record<string, string> = {},
): ClientHttp2Stream {
  const stream = client.request(
    { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers },
    { endStream: false },
  );
  stream.on("error", () => {});
  return stream;
}

/** Everything that comes back on a stream, once it is closed. */
export async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const parts: Buffer[] = [];
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on("response", (received) => {
    headers = received;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (part: Buffer) => parts.push(part));
  await soon(once(stream, "close"), "the end of the answer");
  return { headers, body: Buffer.concat(parts), trailers, rstCode: stream.rstCode };
}

/** One whole call: these headers, these bytes, then the end. */
export async function call(
  client: ClientHttp2Session,
  path: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const stream = open(client, path, headers);
  stream.end(body);
  return await answerOf(stream);
}
