/** HTTP/2 with prior knowledge straight at the proxy's port: base URLs, and a port that stands for one upstream. */
import { once } from "node:events";
import * as http2 from "node:http2";
import { connect } from "node:net";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, type Http2World, http2World, type WorldOptions } from "../support/http2-world.ts";

async function atThePort(options: WorldOptions): Promise<Http2World & { session: http2.ClientHttp2Session }> {
  const world = await http2World(options);
  const session = http2.connect(`http://127.0.0.1:${world.running.proxy.port}`);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return { ...world, session };
}

describe("a base URL", () => {
  it("leads to its upstream over TLS, by the upstream's own path and authority", async () => {
    let seen: http2.IncomingHttpHeaders = {};
    const { session, running } = await atThePort({
      serve: (stream, headers) => {
        seen = headers;
        stream.respond({
          ":status": 302,
          location: "https://api.test/b",
          "set-cookie": "a=1; Path=/; Domain=api.test",
        });
        stream.end();
      },
    });
    const got = await ask(session, { ":path": "/upstream/https/api.test/a?q=1", "x-a": "1" });
    const origin = `http://127.0.0.1:${running.proxy.port}`;
    expect([got.status, got.headers.location]).toEqual([302, `${origin}/upstream/https/api.test/b`]);
    expect(got.headers["set-cookie"]).toEqual(["a=1; Path=/upstream/https/api.test/"]);
    expect([seen[":path"], seen[":authority"], seen[":scheme"], seen["x-a"], seen["host"]]).toEqual([
      "/a?q=1",
      "api.test",
      "https",
      "1",
      undefined,
    ]);
    expect(running.told("request").map(({ path, host }) => [path, host])).toEqual([["/a", "api.test"]]);
  });

  it("leads to an upstream of HTTP/1.1 as well", async () => {
    const { session } = await atThePort({
      protocol: "http/1.1",
      serve1: (request, response) => response.end(`${request.headers.host}${request.url}`),
    });
    const got = await ask(session, { ":path": "/upstream/https/api.test/a" });
    expect([got.status, got.body.toString()]).toEqual([200, "api.test/a"]);
  });

  it("leads to an upstream in clear", async () => {
    const { session } = await atThePort({ protocol: "h2c" });
    const got = await ask(session, { ":path": "/upstream/http/api.test/" });
    expect([got.status, got.body.toString()]).toEqual([200, "hello"]);
  });

  it("of another upstream on the same connection is misdirected, and the first goes on", async () => {
    const { session } = await atThePort({});
    expect((await ask(session, { ":path": "/upstream/https/api.test/" })).status).toBe(200);
    const got = await ask(session, { ":path": "/upstream/https/other.test/" });
    expect([got.status, JSON.parse(got.body.toString()).error.type]).toEqual([421, "misdirected_request"]);
    expect((await ask(session, { ":path": "/upstream/https/api.test/" })).status).toBe(200);
  });

  it("meets faults of rules by the upstream's own path", async () => {
    const { session } = await atThePort({
      rules: "[{ name: r, match: { host: api.test, path: /no }, fault: { http: { status: 503 } } }]",
    });
    expect((await ask(session, { ":path": "/upstream/https/api.test/no" })).status).toBe(503);
  });

  it("is refused to pages, and to a host that is not the proxy's", async () => {
    for (const [status, more] of [
      [403, { origin: "https://evil.test" }],
      [421, { ":authority": "evil.test" }],
    ] as const) {
      const { session } = await atThePort({});
      const got = await ask(session, { ":path": "/upstream/https/api.test/", ...more });
      expect([got.status, got.headers["x-faultwire"]]).toEqual([status, "refused"]);
    }
  });
});

it("a port that stands for an upstream takes HTTP/2", async () => {
  const { session, running } = await atThePort({
    settings: { reverse: "https://api.test/v1" },
    serve: (stream, headers) => {
      stream.respond({ ":status": 200 });
      stream.end(`${headers[":authority"]}${headers[":path"]}`);
    },
  });
  expect((await ask(session, { ":path": "/x" })).body.toString()).toBe("api.test/v1/x");
  expect(running.told("request").map(({ host }) => host)).toEqual(["api.test"]);
});

it("the proxy's own pages are there by HTTP/1.1 alone, which is said", async () => {
  const { session } = await atThePort({});
  const got = await ask(session, { ":path": "/" });
  expect([got.status, JSON.parse(got.body.toString()).error.message]).toEqual([
    421,
    "the proxy's own pages are there by HTTP/1.1 alone",
  ]);
});

it("`http2: off` says that HTTP/1.1 is wanted", async () => {
  const { session } = await atThePort({ settings: { http2: "off" } });
  session.request({ ":path": "/" }).on("error", () => {});
  const [code] = (await soon(once(session, "goaway"), "the event goaway of session")) as [number];
  expect(code).toBe(http2.constants.NGHTTP2_HTTP_1_1_REQUIRED);
});

it("a client that begins byte by byte is understood, and its PING is answered before it asks for anything", async () => {
  const { running } = await http2World({});
  const socket = connect(running.proxy.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const ping = Buffer.concat([Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0]), Buffer.from("8 bytes!")]);
  const said = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings, ping]);
  for (const byte of said) socket.write(Buffer.of(byte));
  let heard = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
  });
  const answer = Buffer.concat([Buffer.from([0, 0, 8, 6, 1, 0, 0, 0, 0]), Buffer.from("8 bytes!")]);
  await expect.poll(() => heard.includes(answer)).toBe(true);
});

describe("a rule that refuses connections", () => {
  const rules = (refuse: string): string =>
    `[{ name: r, match: { host: api.test }, fault: { connect: { refuse: ${refuse} } } }]`;

  it("answers with its status", async () => {
    const { session, running } = await atThePort({ rules: rules("{ status: 503 }") });
    expect((await ask(session, { ":path": "/upstream/https/api.test/" })).status).toBe(503);
    await expect.poll(() => running.told("done")).toHaveLength(1);
  });

  it("answers as of a name that does not resolve, and asks no resolver", async () => {
    const { session, running } = await atThePort({ rules: rules("dns") });
    const got = await ask(session, { ":path": "/upstream/https/api.test/" });
    expect([got.status, got.headers["x-faultwire"], JSON.parse(got.body.toString())]).toEqual([
      502,
      "r",
      {
        error: {
          type: "upstream_unreachable",
          message: "api.test:443 can't be reached: its name does not resolve (ENOTFOUND)",
        },
      },
    ]);
    expect(running.logged("upstream-unreachable")).toEqual([]);
    expect(running.told("done")).toHaveLength(1);
  });

  it("says nothing more, and ends the connection after the rule's time", async () => {
    const { session, running } = await atThePort({ rules: rules("{ timeout: 50ms }") });
    const got = await ask(session, { ":path": "/upstream/https/api.test/" });
    expect(got.status).toBeUndefined();
    expect(running.told("done")).toHaveLength(1);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("answers at once where it should have waited, and says so", async () => {
    const { session, running } = await atThePort({ rules: rules("{ status: 503, after: 1h }") });
    expect((await ask(session, { ":path": "/upstream/https/api.test/" })).status).toBe(503);
    expect(running.events.filter(({ type }) => type === "done" || type === "undone")).toMatchObject([
      { reason: "the answer to a request of HTTP/2 to the port itself comes at once" },
    ]);
  });

  it("resets the connection", async () => {
    const { session } = await atThePort({ rules: rules("reset") });
    const got = await ask(session, { ":path": "/upstream/https/api.test/" });
    expect([got.status, session.destroyed]).toEqual([undefined, true]);
  });
});
