/** HTTP/2 through the proxy: Node's client, Node's server, and in between each promise that the documentation makes. */
import { createHash } from "node:crypto";
import * as http2 from "node:http2";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it } from "vitest";
import { ask, gotOf, http2World } from "../support/http2-world.ts";

const text = ({ body }: { body: Buffer }): string => body.toString();

describe("what the client and the upstream agree on", () => {
  it("a client and an upstream that both offer h2 get it", async () => {
    const { client, running } = await http2World({ settings: { http2: "on" } });
    const session = await client(["h2", "http/1.1"]);
    expect(session.alpnProtocol).toBe("h2");
    const got = await ask(session, {});
    expect([got.status, text(got), got.isWhole]).toEqual([200, "hello", true]);
    expect(running.seen.find(({ type }) => type === "opened")).toMatchObject({ alpnProtocol: "h2" });
    expect(running.told("request").map(({ method, path, host }) => [method, path, host])).toEqual([
      ["GET", "/", "api.test"],
    ]);
    await expect.poll(() => running.told("end").map(({ how }) => how)).toEqual(["complete"]);
  });

  it("an upstream without h2 makes a client of both speak HTTP/1.1", async () => {
    const { tls } = await http2World({ protocol: "http/1.1", settings: { http2: "on" } });
    const socket = await tls(["h2", "http/1.1"]);
    expect(socket.alpnProtocol).toBe("http/1.1");
  });

  it("by default a client of both gets HTTP/1.1, and one of h2 alone h2", async () => {
    const { client, tls } = await http2World();
    expect((await tls(["h2", "http/1.1"])).alpnProtocol).toBe("http/1.1");
    expect(text(await ask(await client(["h2"]), {}))).toBe("hello");
  });

  it("`http2: off` gives HTTP/1.1 to clients of both, and leaves the others closed", async () => {
    const { tls, running } = await http2World({ settings: { http2: "off" } });
    expect((await tls(["h2", "http/1.1"])).alpnProtocol).toBe("http/1.1");
    // Closed: the client sees the upstream's own certificate, which this CA has signed as well.
    await tls(["h2"]);
    expect(running.seen.find(({ type }) => type === "not-opened")).toMatchObject({ why: "h2-only" });
  });

  it("prior knowledge in clear inside of a tunnel", async () => {
    const { client, running } = await http2World({ protocol: "h2c" });
    const got = await ask(await client(), {});
    expect([got.status, text(got)]).toEqual([200, "hello"]);
    await expect.poll(() => running.told("end").map(({ how }) => how)).toEqual(["complete"]);
  });
});

describe("pass-through", () => {
  it("keeps the order of fields, cookies as they were split, bytes beyond ASCII, and large values", async () => {
    let fields: readonly string[] = [];
    const large = "v".repeat(60_000);
    const { client } = await http2World({
      serve: (stream, _headers, raw) => {
        fields = raw;
        stream.respond({ ":status": 200, "set-cookie": ["a=1", "b=2"], "x-large": large, "x-back": "\xe9" });
        stream.end();
      },
    });
    const got = await ask(await client(), {
      ":path": "/p?q=1",
      b: "\xe9",
      a: "1",
      cookie: ["x=1", "y=2"],
      "x-large": large,
    });
    const names = fields.filter((_name, at) => at % 2 === 0);
    expect(names).toEqual([
      ":path",
      ":method",
      ":authority",
      ":scheme",
      "b",
      "a",
      "cookie",
      "cookie",
      "x-large",
    ]);
    expect(fields[fields.indexOf("b") + 1]).toBe("\xe9");
    expect(got.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    expect(got.headers["x-large"]).toBe(large);
    expect(got.headers["x-back"]).toBe("\xe9");
  });

  it("passes interim responses, trailers both ways, HEAD, 204 and 304", async () => {
    const trailersOfClient: unknown[] = [];
    const { client } = await http2World({
      serve: (stream, headers) => {
        const { ":path": path } = headers;
        if (path === "/204" || path === "/304" || headers[":method"] === "HEAD") {
          const status = Number(path?.slice(1));
          const length = status === 204 ? {} : { "content-length": "5" };
          stream.respond({ ":status": status, ...length }, { endStream: true });
          return;
        }
        stream.additionalHeaders({ ":status": 103, link: "</a>" });
        stream.on("trailers", (fields) => trailersOfClient.push(fields["x-sum"]));
        stream.respond({ ":status": 200 }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "1" }));
        stream.resume();
        stream.on("end", () => stream.end("body"));
      },
    });
    const session = await client();
    const request = session.request({ ":path": "/", ":method": "POST" }, { waitForTrailers: true });
    request.on("wantTrailers", () => request.sendTrailers({ "x-sum": "7" }));
    const interim: unknown[] = [];
    request.on("headers", (fields) => interim.push(fields[":status"]));
    const got = await gotOf(request, "data");
    expect([got.status, text(got), got.trailers?.["x-end"], interim, trailersOfClient]).toEqual([
      200,
      "body",
      "1",
      [103],
      ["7"],
    ]);
    for (const [path, method, status] of [
      ["/204", "GET", 204],
      ["/304", "GET", 304],
      ["/200", "HEAD", 200],
    ] as const) {
      const {
        status: found,
        body,
        isWhole,
        headers,
      } = await ask(session, { ":path": path, ":method": method });
      expect([found, body.length, isWhole]).toEqual([status, 0, true]);
      expect(headers["content-length"]).toBe(status === 204 ? undefined : "5");
    }
  });

  it("carries large bodies both ways, eight at once, by their hash", async () => {
    const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
    const { client } = await http2World({
      serve: (stream) => {
        stream.respond({ ":status": 200 });
        stream.pipe(stream);
      },
    });
    const session = await client();
    const bodies = Array.from({ length: 8 }, (_none, at) => Buffer.alloc(300_000, `stream ${at} `));
    const got = await Promise.all(bodies.map((body) => ask(session, { ":method": "POST" }, body)));
    expect(got.map(({ body }) => hashOf(body))).toEqual(bodies.map(hashOf));
  });

  it("a stream that nobody reads does not stop another one, and holds the upstream back", async () => {
    const sent: Record<string, number> = {};
    const chunk = Buffer.alloc(16_384);
    const { client } = await http2World({
      serve: (stream, { ":path": path = "" }) => {
        stream.respond({ ":status": 200 });
        const more = (): void => {
          do sent[path] = (sent[path] ?? 0) + chunk.length;
          while (stream.write(chunk) && sent[path] < 4_000_000);
          if (sent[path] < 4_000_000) stream.once("drain", more);
          else stream.end();
        };
        more();
      },
    });
    const session = await client();
    const slow = session.request({ ":path": "/slow" });
    slow.on("error", () => {});
    await soon(new Promise((resolve) => slow.once("response", resolve)), "the event response of slow");
    const fast = await ask(session, { ":path": "/fast" });
    expect(fast.body.length).toBeGreaterThanOrEqual(4_000_000);
    // Windows of both connections, a chunk that waits at each end, and what the upstream's own stream takes.
    expect(sent["/slow"]).toBeLessThan(2_000_000);
  });

  it("cancellation goes on with its code, both ways", async () => {
    const codes: number[] = [];
    const { client, running } = await http2World({
      serve: (stream, { ":path": path }) => {
        stream.on("close", () => codes.push(stream.rstCode));
        if (path === "/refused") stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
        else if (path === "/head") {
          stream.respond({ ":status": 200 });
          stream.write("part");
        }
      },
    });
    const session = await client();
    expect((await ask(session, { ":path": "/refused" })).code).toBe(7);
    for (const code of [http2.constants.NGHTTP2_CANCEL, http2.constants.NGHTTP2_INTERNAL_ERROR]) {
      const request = session.request({ ":path": "/head" });
      request.on("error", () => {});
      await soon(new Promise((resolve) => request.once("data", resolve)), "the event data of request");
      request.close(code);
      await expect.poll(() => codes).toContain(code);
    }
    await expect
      .poll(() => running.told("end").map(({ how }) => how))
      .toEqual(["failed", "abandoned", "abandoned"]);
  });

  it("an upstream that ends in the middle ends the client, and nothing looks whole", async () => {
    const { client, sockets } = await http2World({
      serve: (stream) => {
        stream.respond({ ":status": 200 });
        stream.write("part");
      },
    });
    const session = await client();
    const request = session.request({ ":path": "/" });
    const over = gotOf(request);
    await soon(new Promise((resolve) => request.once("data", resolve)), "the event data of request");
    sockets[0]?.destroy();
    const got = await over;
    expect(got.isWhole).toBe(false);
    await expect.poll(() => session.closed || session.destroyed).toBe(true);
  });

  it("GOAWAY of the upstream goes on, with its words", async () => {
    const { client } = await http2World({
      serve: (stream) => {
        stream.session?.goaway(0, 0x7fff_ffff, Buffer.from("slow down"));
        stream.respond({ ":status": 200 });
        stream.end("hello");
      },
    });
    const session = await client();
    const goaway = new Promise<unknown>((resolve) =>
      session.once("goaway", (code, _last, data) => resolve([code, String(data)])),
    );
    const got = await ask(session, {});
    expect(await goaway).toEqual([0, "slow down"]);
    expect(text(got)).toBe("hello");
  });

  it("pings are answered here, and CONNECT is refused", async () => {
    const { client } = await http2World();
    const session = await client();
    await soon(new Promise((resolve) => session.ping(resolve)), "the answer to a PING");
    const request = session.request({ ":method": "CONNECT", ":authority": "x.test:1" });
    expect((await gotOf(request, "")).status).toBe(501);
  });

  it("more requests than the upstream takes at once wait, and all are served", async () => {
    let open = 0;
    let most = 0;
    const { client } = await http2World({
      server: { settings: { maxConcurrentStreams: 3 } },
      serve: (stream) => {
        most = Math.max(most, ++open);
        setImmediate(() => {
          open--;
          stream.respond({ ":status": 200 }, { endStream: true });
        });
      },
    });
    const session = await client();
    const got = await Promise.all(Array.from({ length: 20 }, () => ask(session, {})));
    expect(got.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(most).toBeLessThanOrEqual(3);
  });
});

describe("without an upstream", () => {
  it("rules answer, and a request that needed it gets 502 with the reason", async () => {
    const rules = "[{ name: busy, when: { nth: 1 }, fault: { http: { status: 429 } } }]";
    const { client } = await http2World({ rules, isOffline: true });
    const session = await client();
    expect((await ask(session, {})).status).toBe(429);
    const got = await ask(session, {});
    expect([got.status, got.headers["x-faultwire"]]).toEqual([502, "upstream-unreachable"]);
  });

  it("lazy: a client of h2 alone is served, and the upstream is asked in h2; one of both gets HTTP/1.1", async () => {
    const { client, tls, sessions } = await http2World({ settings: { upstream: "lazy", http2: "on" } });
    expect((await tls(["h2", "http/1.1"])).alpnProtocol).toBe("http/1.1");
    const session = await client(["h2"]);
    expect(sessions.length).toBe(0);
    expect(text(await ask(session, {}))).toBe("hello");
    expect(sessions.length).toBe(1);
  });
});
