/** A client that has one version of HTTP and an upstream that has the other: what passes between them, and what can't. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import type { TLSSocket } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import { proxyLimits } from "../../src/index.ts";
import { ask, gotOf, type Http2World, http2World } from "../support/http2-world.ts";

const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const large = Buffer.alloc(600_000, "a body whose bytes are counted ");

describe("a client of HTTP/2 alone, an upstream of HTTP/1.1 alone", () => {
  const world = (serve1: http.RequestListener, rules = "[]"): Promise<Http2World> =>
    http2World({ protocol: "http/1.1", serve1, rules });

  it("gets its answer, with the request's fields as HTTP/1.1 has them", async () => {
    const seen: http.IncomingMessage[] = [];
    const { client, running } = await world((request, response) => {
      seen.push(request);
      response.writeHead(201, { "x-a": "1", connection: "keep-alive", "set-cookie": ["a=1", "b=2"] });
      response.end("hello");
    });
    const session = await client(["h2"]);
    const got = await ask(session, { ":path": "/p?q=1", cookie: ["x=1", "y=2"], te: "trailers", "x-b": "2" });
    expect([got.status, got.body.toString(), got.isWhole]).toEqual([201, "hello", true]);
    expect([got.headers["x-a"], got.headers["set-cookie"]]).toEqual(["1", ["a=1", "b=2"]]);
    expect(got.headers["connection"]).toBeUndefined();
    const [request] = seen;
    expect([request?.url, request?.headers.host, request?.headers.cookie]).toEqual([
      "/p?q=1",
      "api.test:443",
      "x=1; y=2",
    ]);
    expect(running.told("request").map(({ method, path }) => [method, path])).toEqual([["GET", "/p"]]);
    await expect.poll(() => running.told("end").map(({ how }) => how)).toEqual(["complete"]);
    expect(running.logged("translated").map(({ msg }) => msg)).toEqual([
      "api.test has http/1.1 alone; what the client says by h2 is translated",
    ]);
  });

  it("sends and gets large bodies, eight at once, on connections of their own that are used again", async () => {
    let connections = 0;
    const { client, sockets } = await world((request, response) => {
      connections = sockets.length;
      response.writeHead(200);
      request.pipe(response);
    });
    const session = await client(["h2"]);
    for (const _round of [1, 2]) {
      const got = await Promise.all(
        Array.from({ length: 8 }, () => ask(session, { ":method": "POST" }, large)),
      );
      expect(got.map(({ body }) => hashOf(body))).toEqual(Array(8).fill(hashOf(large)));
    }
    // The first one was given up when it had another version.
    expect(connections).toBeLessThanOrEqual(9);
  });

  it.each([
    ["its end says how long it is", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"],
    ["it is of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello"],
    ["it says its length twice", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 5\r\n\r\nhello"],
    ["it has a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello"],
  ])("gets an answer whole where %s", async (_, answer) => {
    const { client, running } = await world(({ socket }) => void socket.end(answer));
    const session = await client(["h2"]);
    const got = await soon(ask(session, {}), "the answer");
    expect([got.status, got.body.toString(), got.isWhole]).toEqual([200, "hello", true]);
    await expect.poll(() => running.told("end").map(({ how }) => how)).toEqual(["complete"]);
  });

  it("asks for no more at once than there are connections for, which is what it is told", async () => {
    const { translatedConnections } = proxyLimits;
    const answers: http.ServerResponse[] = [];
    const { client, sockets } = await world((_request, response) => {
      answers.push(response);
    });
    const session = await client(["h2"]);
    const got = Promise.all(Array.from({ length: translatedConnections + 4 }, () => ask(session, {})));
    await expect.poll(() => answers.length).toBe(translatedConnections);
    expect(session.remoteSettings.maxConcurrentStreams).toBe(translatedConnections);
    // The first one was given up when it had another version.
    expect(sockets.length).toBeLessThanOrEqual(translatedConnections + 1);
    for (const response of answers.splice(0)) response.end("first");
    await expect.poll(() => answers.length).toBe(4);
    for (const response of answers) response.end("then");
    const bodies = (await got).map(({ body }) => body.toString());
    expect(bodies.filter((body) => body === "first")).toHaveLength(translatedConnections);
    expect(bodies.filter((body) => body === "then")).toHaveLength(4);
    expect(sockets.length).toBeLessThanOrEqual(translatedConnections + 1);
  });

  it("has trailers and interim responses pass, both ways", async () => {
    let trailers: unknown;
    const { client } = await world((request, response) => {
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      request.resume();
      request.on("end", () => {
        trailers = request.trailers["x-sum"];
        response.writeHead(200, { trailer: "x-end" });
        response.write("body");
        response.addTrailers({ "x-end": "1" });
        response.end();
      });
    });
    const session = await client(["h2"]);
    const request = session.request({ ":path": "/", ":method": "POST" }, { waitForTrailers: true });
    request.on("wantTrailers", () => request.sendTrailers({ "x-sum": "7" }));
    const interim: unknown[] = [];
    request.on("headers", (fields) => interim.push(fields[":status"]));
    const got = await gotOf(request, "data");
    expect([got.status, got.body.toString(), got.trailers?.["x-end"], trailers, interim]).toEqual([
      200,
      "body",
      "1",
      "7",
      [103],
    ]);
  });

  it("that cancels is told to the upstream by the end of its connection, and other streams go on", async () => {
    let closed = 0;
    const { client } = await world((request, response) => {
      if (request.url === "/quick") response.end("quick");
      else {
        response.write("begun");
        response.on("close", () => closed++);
      }
    });
    const session = await client(["h2"]);
    const slow = session.request({ ":path": "/slow" });
    slow.on("error", () => {});
    await soon(once(slow, "data"), "the event data of slow");
    slow.close(8);
    await expect.poll(() => closed).toBe(1);
    expect((await ask(session, { ":path": "/quick" })).body.toString()).toBe("quick");
  });

  it("whose answer is cut off gets a reset, never an end", async () => {
    const { client } = await world((request, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("half");
      setImmediate(() => request.socket.destroy());
    });
    const got = await ask(await client(["h2"]), {});
    expect([got.status, got.isWhole]).toEqual([200, false]);
  });

  it("meets faults of rules", async () => {
    const { client } = await world(
      (_request, response) => response.end("hello"),
      "[{ name: r, match: { path: /no }, fault: { http: { status: 503 } } }]",
    );
    const session = await client(["h2"]);
    expect([(await ask(session, { ":path": "/no" })).status, (await ask(session, {})).status]).toEqual([
      503, 200,
    ]);
  });

  it("does not stop other streams by one that it does not read", async () => {
    let sent = 0;
    const { client } = await world((request, response) => {
      if (request.url !== "/much") {
        response.end("quick");
        return;
      }
      const write = (): void => {
        for (;;) {
          sent += 65_536;
          if (sent > 64 << 20 || !response.write(Buffer.alloc(65_536))) break;
        }
      };
      response.on("drain", write);
      write();
    });
    const session = await client(["h2"]);
    const much = session.request({ ":path": "/much" });
    much.on("error", () => {});
    await soon(once(much, "response"), "the event response of much");
    expect((await ask(session, { ":path": "/quick" })).body.toString()).toBe("quick");
    expect(sent).toBeLessThan(64 << 20);
    much.close(8);
  });
});

/** A client of HTTP/1.1 in that socket. */
function ask1(socket: TLSSocket, options: http.RequestOptions, body?: Buffer): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.request({ createConnection: () => socket, host: "api.test", ...options });
    request.on("response", resolve);
    request.on("error", reject);
    request.end(body);
  });
}
/** An agent that has one connection. */
function agentOf(socket: TLSSocket): http.Agent {
  return Object.assign(new http.Agent({ keepAlive: true, maxSockets: 1 }), {
    createConnection: () => socket,
  });
}
async function bodyOf(response: http.IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

describe("a client of HTTP/1.1, an upstream of HTTP/2 alone", () => {
  const server = { allowHTTP1: false, ALPNCallback: alpnOfHttp2 };

  it.each([["http/1.1"], ["h2", "http/1.1"]])(
    "that offers %s gets its answer by default",
    async (...offered) => {
      const fields: string[] = [];
      const { tls, running } = await http2World({
        settings: { http2: "alone" },
        server,
        serve: (stream, headers, raw) => {
          fields.push(...raw);
          expect(headers[":authority"]).toBe("api.test");
          stream.respond({ ":status": 200, "x-back": "1" });
          stream.end("hello");
        },
      });
      const socket = await tls(offered);
      expect(socket.alpnProtocol).toBe("http/1.1");
      const agent = agentOf(socket);
      const response = await ask1(socket, { agent, path: "/p", headers: { "X-Up": "1" } });
      expect([response.statusCode, response.headers["x-back"]]).toEqual([200, "1"]);
      expect((await bodyOf(response)).toString()).toBe("hello");
      expect(fields.filter((_field, at) => at % 2 === 0)).toContain("x-up");
      expect(fields).not.toContain("connection");
      expect(running.told("request").map(({ path }) => path)).toEqual(["/p"]);
      agent.destroy();
    },
  );

  it("sends and gets large bodies, in chunks and by length", async () => {
    const { tls } = await http2World({
      server,
      serve: (stream, headers) => {
        stream.respond({ ":status": 200, ...(headers["x-sized"] ? { "content-length": large.length } : {}) });
        stream.pipe(stream);
      },
    });
    for (const headers of [
      { "x-sized": "1", "content-length": large.length },
      { "transfer-encoding": "chunked" },
    ]) {
      const response = await ask1(await tls(["http/1.1"]), { method: "POST", headers }, large);
      expect(hashOf(await bodyOf(response))).toBe(hashOf(large));
    }
  });

  it("gets trailers, and HEAD, 204 and 304 without bodies", async () => {
    const { tls } = await http2World({
      server,
      serve: (stream, headers) => {
        const status = Number(headers[":path"]?.slice(1));
        if (status !== 201) {
          stream.respond({ ":status": status }, { endStream: true });
          return;
        }
        stream.respond({ ":status": 201 }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "1" }));
        stream.end("body");
      },
    });
    const socket = await tls(["http/1.1"]);
    const agent = agentOf(socket);
    for (const [method, status, body] of [
      ["GET", 204, ""],
      ["GET", 304, ""],
      ["HEAD", 200, ""],
      ["GET", 201, "body"],
    ] as const) {
      const response = await ask1(socket, { agent, method, path: `/${status}` });
      expect([response.statusCode, (await bodyOf(response)).toString()]).toEqual([status, body]);
      if (status === 201) expect(response.trailers["x-end"]).toBe("1");
    }
    agent.destroy();
  });

  it("whose stream is reset in mid-body is cut off, and never told of an end", async () => {
    const { tls } = await http2World({
      server,
      serve: (stream) => {
        // Without it Node ends the stream in order before it resets it.
        stream.respond({ ":status": 200 }, { waitForTrailers: true });
        stream.write("half");
        setImmediate(() => stream.close(2));
      },
    });
    const response = await ask1(await tls(["http/1.1"]), {});
    await expect(bodyOf(response)).rejects.toThrow();
  });

  it("meets faults of rules", async () => {
    const { tls } = await http2World({
      server,
      rules: "[{ name: r, match: { path: /no }, fault: { http: { status: 503 } } }]",
    });
    const response = await ask1(await tls(["http/1.1"]), { path: "/no" });
    expect(response.statusCode).toBe(503);
  });

  it("asks by base URL as well", async () => {
    const { running } = await http2World({ server });
    const response = await fetch(`http://127.0.0.1:${running.proxy.port}/upstream/https/api.test/x`);
    expect([response.status, await response.text()]).toEqual([200, "hello"]);
  });
});

/** As servers outside of Node do: a client that does not offer h2 gets the alert `no_application_protocol`. */
function alpnOfHttp2({ protocols }: { protocols: string[] }): string | undefined {
  return protocols.includes("h2") ? "h2" : undefined;
}
