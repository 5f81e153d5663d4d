/** A proxy that understands the hook's header, writes down whom connections are for, and answers all requests itself. */
import { createServer as createHttp, type RequestListener } from "node:http";
import { createSecureServer } from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { TestAuthority } from "./test-authority.ts";

/** The host that the stub has a certificate for. */
export const target = "api.hook.test";

const fixedBytes = 28;

export interface StubProxy {
  readonly url: string;
  readonly port: number;
  readonly caPem: string;
  /** `HOST:PORT` of each connection that came with a header, in order; "direct" of one that came without. */
  readonly wanted: string[];
  close(): Promise<void>;
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

/** All requests get 429 with a JSON body. */
const answer: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(429, { "content-type": "application/json", "retry-after": "0" });
  response.end('{"error":{"type":"rate_limit_error","message":"busy"}}');
};

/** Reads the header of the PROXY protocol: whom it names, and where it ends; undefined while it is not whole. */
function readHeader(bytes: Buffer): { wanted: string; end: number } | undefined {
  if (bytes.length > 0 && bytes[0] !== 0x0d) return { wanted: "direct", end: 0 };
  if (bytes.length < fixedBytes) return undefined;
  const end = 16 + bytes.readUInt16BE(14);
  if (bytes.length < end) return undefined;
  const host = bytes.subarray(fixedBytes + 3, end).toString("latin1");
  return { wanted: `${host}:${bytes.readUInt16BE(26)}`, end };
}

export async function startStubProxy(): Promise<StubProxy> {
  const authority = new TestAuthority("node-hook");
  const identity = authority.issue(target);
  const sockets = new Set<Socket>();
  const plain = createHttp(answer);
  const secure = createSecureServer({ cert: identity.cert, key: identity.key, allowHTTP1: true });
  // Both kinds of requests have what `answer` uses.
  secure.on("request", answer as never);
  const [plainPort, securePort] = [await listening(plain), await listening(secure as unknown as Server)];
  const wanted: string[] = [];
  const proxy = createServer((client) => {
    sockets.add(client.on("close", () => sockets.delete(client)));
    client.on("error", () => undefined);
    let said = Buffer.alloc(0);
    const read = (bytes: Buffer): void => {
      said = Buffer.concat([said, bytes]);
      const header = readHeader(said);
      if (!header || said.length === header.end) return;
      client.off("data", read);
      wanted.push(header.wanted);
      const upstream = connect(said[header.end] === 0x16 ? securePort : plainPort, "127.0.0.1");
      upstream.on("error", () => client.destroy()).write(said.subarray(header.end));
      client.pipe(upstream).pipe(client);
      client.on("close", () => upstream.destroy());
    };
    client.on("data", read);
  });
  const port = await listening(proxy);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    caPem: authority.caPem,
    wanted,
    async close() {
      for (const socket of sockets) socket.destroy();
      const ended = [proxy, plain, secure].map((server) => new Promise((resolve) => server.close(resolve)));
      plain.closeAllConnections();
      await Promise.all(ended);
    },
  };
}
