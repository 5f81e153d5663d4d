/** A proxy, an upstream of Node's that speaks HTTP/2, and clients of Node's that reach it through a tunnel. */
import { once } from "node:events";
import type { RequestListener } from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { expect, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "./running-proxy.ts";
import { identityOf } from "./secure-origin.ts";

export type Serve = (
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  raw: readonly string[],
) => void;

/** What a client got of one request. */
export interface Got {
  readonly status: number | undefined;
  readonly headers: http2.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: http2.IncomingHttpHeaders | undefined;
  /** The code of the RST_STREAM, where there was one. */
  readonly code: number | undefined;
  /** Whether the stream ended in order. */
  readonly isWhole: boolean;
}

export interface Http2World {
  readonly running: ProxyUnderTest;
  /** A client's session, through TLS in a tunnel or in clear in a tunnel. */
  readonly client: (protocols?: readonly string[]) => Promise<http2.ClientHttp2Session>;
  /** The socket of a tunnel, with TLS for these protocols. */
  readonly tls: (protocols: readonly string[]) => Promise<TLSSocket>;
  readonly sessions: http2.ServerHttp2Session[];
  /** The upstream's sockets. */
  readonly sockets: Socket[];
}

export interface WorldOptions {
  readonly rules?: string;
  readonly settings?: Omit<ProxySettings, "resolve">;
  readonly serve?: Serve;
  /** `h2c`: in clear with prior knowledge. `http/1.1`: an upstream that has nothing else. */
  readonly protocol?: "h2" | "h2c" | "http/1.1";
  readonly server?: http2.SecureServerOptions;
  /** What an upstream of HTTP/1.1 answers with. */
  readonly serve1?: RequestListener;
  /** Whether there is no upstream at all. */
  readonly isOffline?: boolean;
}

const hello: Serve = (stream) => {
  stream.respond({ ":status": 200, "content-type": "text/plain" });
  stream.end("hello");
};

export async function http2World({
  rules = "[]",
  settings = {},
  serve = hello,
  protocol = "h2",
  server: options = {},
  serve1,
  isOffline = false,
}: WorldOptions = {}): Promise<Http2World> {
  const sessions: http2.ServerHttp2Session[] = [];
  const sockets: Socket[] = [];
  const isSecure = protocol !== "h2c";
  const running = await runProxy(rules, async (runtime) => {
    const server =
      protocol === "http/1.1"
        ? https.createServer(await identityOf(runtime, "api.test"), serve1)
        : isSecure
          ? http2.createSecureServer({
              allowHTTP1: true,
              maxSessionMemory: 100,
              ...options,
              ...(await identityOf(runtime, "api.test")),
            })
          : http2.createServer(options);
    server.on("session", (session: http2.ServerHttp2Session) => sessions.push(session));
    server.on("connection", (socket: Socket) => sockets.push(socket));
    server.on("sessionError", () => {});
    server.on(
      "stream",
      (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders, _flags: number, raw: unknown) => {
        stream.on("error", () => {});
        serve(stream, headers, raw as string[]);
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const port = isOffline ? 1 : (server.address() as AddressInfo).port;
    return { ...settings, resolve: { "api.test": `127.0.0.1:${port}` } };
  });
  const tunnel = async (): Promise<Socket> => {
    // One that ends with its peer, as clients' sockets do.
    const socket = connect(running.proxy.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const authority = isSecure ? "api.test:443" : "api.test:80";
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    const [answer] = (await soon(once(socket, "data"), "the event data of socket")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
    return socket;
  };
  const tls = async (protocols: readonly string[]): Promise<TLSSocket> => {
    const socket = connectTls({
      socket: await tunnel(),
      servername: "api.test",
      ca: running.caPem,
      ALPNProtocols: [...protocols],
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    });
    socket.on("error", () => {});
    return socket;
  };
  const client = async (protocols: readonly string[] = ["h2"]): Promise<http2.ClientHttp2Session> => {
    const socket = isSecure ? await tls(protocols) : await tunnel();
    const session = http2.connect(isSecure ? "https://api.test" : "http://api.test", {
      createConnection: () => socket,
      maxSessionMemory: 100,
    });
    session.on("error", () => {});
    onTestFinished(() => session.destroy());
    return session;
  };
  return { running, client, tls, sessions, sockets };
}

/** Asks, and waits until the stream is over, however it ends. */
export async function ask(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string | Buffer,
): Promise<Got> {
  const request = session.request({ ":path": "/", ...headers }, { endStream: body === undefined });
  return gotOf(request, body);
}

export async function gotOf(request: http2.ClientHttp2Stream, body?: string | Buffer): Promise<Got> {
  let head: http2.IncomingHttpHeaders = {};
  let trailers: http2.IncomingHttpHeaders | undefined;
  const parts: Buffer[] = [];
  request.on("response", (fields) => {
    head = fields;
  });
  request.on("trailers", (fields) => {
    trailers = fields;
  });
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("error", () => {});
  if (body !== undefined) request.end(body);
  await soon(new Promise<void>((resolve) => request.once("close", resolve)), "the event close of request");
  const code = request.rstCode ?? 0;
  return {
    status: head[":status"] === undefined ? undefined : Number(head[":status"]),
    headers: head,
    body: Buffer.concat(parts),
    trailers,
    code: code === 0 ? undefined : code,
    isWhole: code === 0 && !request.aborted,
  };
}
