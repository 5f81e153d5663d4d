/** What the world does to a proxy touches the connection that it is done to, and no other. */
import { readdirSync } from "node:fs";
import { systemClock } from "@faultwire/runtime";
import {
  connectPeer,
  connectTunnel,
  type Peer,
  startTcpOrigin,
  type TcpOrigin,
} from "@faultwire/testkit/host-peers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

let origin: TcpOrigin;
beforeEach(async () => {
  origin = await startTcpOrigin();
});
afterEach(() => origin.close());

const resolved = (settings: ProxySettings = {}): ProxySettings => ({
  resolve: { "plain.test": origin.authority, "api.test": origin.authority },
  ...settings,
});

/** A tunnel that is there before and has to be there, and to carry, afterwards. */
async function witness({ proxy }: ProxyUnderTest): Promise<() => Promise<void>> {
  const client = await connectTunnel(proxy.port, "plain.test:443");
  const upstream = await origin.accept();
  return async () => {
    client.send("still here");
    await upstream.untilText("still here");
    expect(client.closed || client.ended).toBe(false);
    client.socket.destroy();
  };
}

/** All that comes for a request until the connection ends. */
async function ask(
  { proxy }: ProxyUnderTest,
  request: string,
): Promise<{ peer: Peer; status: string; text: string }> {
  const peer = await connectPeer(proxy.port);
  peer.send(request);
  await peer.until("the end", ({ ended, closed }) => ended || closed);
  const text = peer.text();
  peer.socket.end();
  return { peer, status: text.slice(9, 12), text };
}

const connectTo = (authority: string, more = ""): string =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${more}\r\n`;

describe("an upstream that can't be had", () => {
  // The case proxy/01: one name without DNS once ended the whole of `start`.
  it("is said with its reason: a name that does not resolve", async () => {
    const running = await runProxy("[]", resolved());
    const stays = await witness(running);
    const { status, text } = await ask(running, connectTo("telemetry.example.invalid:443"));
    expect(status).toBe("502");
    expect(text).toMatch(
      /telemetry\.example\.invalid:443 can't be reached: its name (does not resolve|can't be looked)/,
    );
    expect(running.logged("upstream-unreachable")).toMatchObject([
      { upstream: "telemetry.example.invalid:443" },
    ]);
    await stays();
  });

  it("is said with its reason in absolute form, and of a target", async () => {
    const running = await runProxy("[]", { resolve: { "*": "127.0.0.1:1" } });
    for (const host of ["plain.test", "api.test"]) {
      const { status, text } = await ask(running, `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(status).toBe("502");
      expect(text).toContain(`${host}:80 can't be reached: nothing listens there (ECONNREFUSED)`);
    }
  });
});

describe("the proxy itself", () => {
  it.each(["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])("answers by itself as %s", async (host) => {
    const running = await runProxy();
    const url = `http://${host}:${running.proxy.port}/`;
    const { status } = await ask(running, `GET ${url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(status).toBe("200");
  });

  it("is never dialled as 0.0.0.0", async () => {
    const running = await runProxy();
    const url = `http://0.0.0.0:${running.proxy.port}/`;
    const { status, text } = await ask(running, `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(status).toBe("403");
    expect(text).toContain("it leads back to this proxy; `resolve` can lead it to its real address (SELF)");
  });

  it("is never dialled by a name that is led to it", async () => {
    const running = await runProxy("[]", { resolve: { "a.test": "127.0.0.1" } });
    expect((await ask(running, connectTo(`a.test:${running.proxy.port}`))).status).toBe("403");
  });
});

describe("a client that speaks something else", () => {
  it.each([
    ["a header that is folded", "GET http://plain.test/ HTTP/1.1\r\nHost: x\r\n y: z\r\n\r\n"],
    ["a bare line feed", "GET http://plain.test/ HTTP/1.1\nHost: x\r\n\r\n"],
    ["two lengths", "POST http://plain.test/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    ["a CONNECT with a user", connectTo("user@plain.test:443")],
    ["a CONNECT without a port", "CONNECT plain.test HTTP/1.1\r\n\r\n"],
    ["a CONNECT to port 0", connectTo("plain.test:0")],
    ["a CONNECT with a line end inside", "CONNECT plain.test:443\rX: y HTTP/1.1\r\n\r\n"],
    ["a URL with a user", "GET http://user:pass@plain.test/ HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a scheme that is none of ours", "GET ftp://plain.test/ HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["no HTTP", "\x00\x01\x02\x03 hello\r\n\r\n"],
  ])("gets 400 for %s, and the upstream gets nothing", async (_what, bytes) => {
    const running = await runProxy("[]", resolved());
    expect((await ask(running, bytes)).status).toBe("400");
    expect(origin.peers).toHaveLength(0);
  });

  it("gets 400 for a head without an end", async () => {
    const running = await runProxy("[]", resolved());
    const peer = await connectPeer(running.proxy.port);
    peer.send(`GET http://plain.test/ HTTP/1.1\r\nX: ${"x".repeat(70_000)}`);
    await peer.until("the answer", ({ ended, closed }) => ended || closed);
    expect(peer.text()).toContain("head-too-large");
    peer.socket.destroy();
  });
});

describe("limits", () => {
  it("closes what is beyond the number of connections, says so once, and takes others again", async () => {
    const running = await runProxy("[]", resolved({ limits: { maxConnections: 1 } }));
    const client = await connectTunnel(running.proxy.port, "plain.test:443");
    for (let count = 0; count < 3; count++) {
      const beyond = await connectPeer(running.proxy.port);
      await beyond.until("the end", ({ ended, closed }) => ended || closed);
      beyond.socket.destroy();
    }
    expect(running.logged("too-many-connections")).toHaveLength(1);
    client.socket.resetAndDestroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
    (await connectTunnel(running.proxy.port, "plain.test:443")).socket.destroy();
  });

  it("closes a client that says whom it wants byte by byte, for ever", async () => {
    const running = await runProxy("[]", resolved({ limits: { headMs: 800, sweepMs: 10 } }));
    const client = await connectPeer(running.proxy.port);
    client.send("GET http://plain.test/");
    const drip = setInterval(() => client.send("x"), 5);
    await client.until("the end", ({ ended, closed }) => ended || closed);
    clearInterval(drip);
    expect(running.logged("refused")).toMatchObject([
      { msg: "a client has not said within 800 ms whom it wants" },
    ]);
    client.socket.destroy();
  });

  it("closes a client that does not say whom it wants", async () => {
    const running = await runProxy("[]", resolved({ limits: { headMs: 50, sweepMs: 10 } }));
    const silent = await connectPeer(running.proxy.port);
    const slow = await connectPeer(running.proxy.port);
    slow.send("CONNECT plain.test:443 HTTP/1.1\r\n");
    for (const peer of [silent, slow]) await peer.until("the end", ({ ended, closed }) => ended || closed);
    expect(running.logged("refused")).toHaveLength(2);
    for (const peer of [silent, slow]) peer.socket.destroy();
  });

  it("closes a half that stays open alone", async () => {
    const running = await runProxy("[]", resolved({ limits: { halfOpenMs: 50, sweepMs: 10 } }));
    const client = await connectTunnel(running.proxy.port, "plain.test:443");
    const upstream = await origin.accept();
    client.socket.end();
    await upstream.until("the end", ({ closed, ended }) => closed || ended);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("closes the upstream's connection soon where a client has gone that had all its answers", async () => {
    const running = await runProxy("[]", resolved({ limits: { lingerMs: 20, sweepMs: 10 } }));
    const client = await connectTunnel(running.proxy.port, "api.test:80");
    client.send("GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
    const upstream = await origin.accept();
    await upstream.until("the request", (peer) => peer.text().endsWith("\r\n\r\n"));
    upstream.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await client.until("the answer", (peer) => peer.text().endsWith("ok"));
    client.socket.end();
    // The upstream keeps its half open: the default for that is minutes.
    await upstream.until("the end of the client", ({ ended, closed }) => ended || closed);
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("closes what is quiet for too long", async () => {
    const running = await runProxy("[]", resolved({ limits: { idleMs: 50, sweepMs: 10 } }));
    const client = await connectTunnel(running.proxy.port, "plain.test:443");
    await client.until("the end", ({ ended, closed }) => ended || closed);
    client.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("lets a client speak on whose upstream has said its last", async () => {
    const running = await runProxy("[]", resolved({ limits: { lingerMs: 20, sweepMs: 10 } }));
    const client = await connectTunnel(running.proxy.port, "api.test:80");
    client.send("POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 8\r\n\r\nhalf");
    const upstream = await origin.accept();
    await upstream.until("the request", (peer) => peer.text().endsWith("half"));
    upstream.socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nearly");
    await client.until("the end", (peer) => peer.ended);
    // So long that another connection, which has nothing to say any more, is over for it.
    const other = await connectPeer(running.proxy.port);
    other.send("GET /none HTTP/1.1\r\n\r\n");
    await expect.poll(() => running.proxy.connections()).toBe(1);
    client.socket.end("rest");
    await upstream.until("the rest", (peer) => peer.ended);
    expect(upstream.text()).toMatch(/halfrest$/);
    other.socket.destroy();
    await expect.poll(() => running.proxy.connections()).toBe(0);
  });

  it("drops a client that does not go when it was told all", async () => {
    const running = await runProxy("[]", resolved({ limits: { lingerMs: 20, sweepMs: 10 } }));
    const peer = await connectPeer(running.proxy.port);
    peer.send("GET /none HTTP/1.1\r\n\r\n");
    await peer.until("the end", ({ ended }) => ended);
    await expect.poll(() => running.proxy.connections()).toBe(0);
    peer.socket.destroy();
  });
});

describe("many connections", () => {
  const get = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";

  // 10,000 of each kind: `npm run bench -- many-connections`.
  it.skipIf(process.platform !== "linux")("leave nothing behind: no descriptor, no timer", async () => {
    const timers: { armed: number } = { armed: 0 };
    const running = await runProxy(
      "[{ name: busy, match: { path: /busy }, fault: { http: { status: 529 } } }]",
      resolved(),
      undefined,
      countingClock(timers),
    );
    const descriptors = (): number => readdirSync("/proc/self/fd").length;
    const before = descriptors();
    const ways = [
      ["plain.test:443", "x"],
      ["api.test:80", get],
      ["api.test:80", get.replace("GET /", "GET /busy")],
      ["api.test:443", "\x16\x03\x01"],
    ] as const;
    for (let round = 0; round < 25; round++) {
      const clients = await Promise.all(
        Array.from({ length: 20 }, (_, at) => {
          const [authority, early] = ways[at % 4] ?? ways[0];
          return connectTunnel(running.proxy.port, authority, early);
        }),
      );
      for (const [at, client] of clients.entries()) {
        if (at % 3 === 0) client.socket.resetAndDestroy();
        else client.socket.destroy();
      }
    }
    // The upstream ends what it has got, sooner or later than the client.
    const left = (): number => {
      for (const peer of origin.peers) peer.socket.destroy();
      return running.proxy.connections();
    };
    await expect.poll(left).toBe(0);
    await expect.poll(descriptors).toBeLessThanOrEqual(before);
    expect(timers.armed).toBe(0);
    expect(running.logged("bug")).toEqual([]);
  });
});

/** The machine's clock, which counts what is armed. */
function countingClock(counts: { armed: number }): typeof systemClock {
  return {
    ...systemClock,
    after(delayMs, action) {
      counts.armed++;
      let isOver = false;
      const over = (): void => {
        if (!isOver) counts.armed--;
        isOver = true;
      };
      const cancel = systemClock.after(delayMs, () => {
        over();
        action();
      });
      return () => {
        over();
        cancel();
      };
    },
  };
}

describe("taking leave", () => {
  it("takes no new connections, and lets what is under way come to its end", async () => {
    const running = await runProxy("[]", resolved());
    const client = await connectPeer(running.proxy.port);
    const idle = await connectPeer(running.proxy.port);
    client.send("GET http://api.test/ HTTP/1.1\r\nHost: api.test\r\n\r\n");
    const upstream = await origin.accept();
    await upstream.until("the request", ({ length }) => length > 0);
    const closed = running.proxy.close(30_000);
    await idle.until("the end", (peer) => peer.ended || peer.closed);
    await expect(connectPeer(running.proxy.port)).rejects.toThrow("ECONNREFUSED");
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await client.until("the end", (peer) => peer.ended || peer.closed);
    expect(client.text()).toContain("\r\n\r\nok");
    await closed;
    expect(running.proxy.connections()).toBe(0);
    for (const peer of [client, idle]) peer.socket.destroy();
  });

  it("ends at once what does not come to its end in time", async () => {
    const running = await runProxy("[]", resolved());
    const client = await connectTunnel(running.proxy.port, "plain.test:443");
    await running.proxy.close(0);
    await client.until("the end", (peer) => peer.ended || peer.closed);
    client.socket.destroy();
  });
});
