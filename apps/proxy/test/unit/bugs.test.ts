/**
 * Errors of our own, thrown on purpose wherever a connection calls something: that connection ends or goes on unread, with a
 * line, and no other is touched.
 */
import { connectPeer, connectTunnel, startTcpOrigin, type TcpOrigin } from "@faultwire/testkit/host-peers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

let origin: TcpOrigin;
beforeEach(async () => {
  origin = await startTcpOrigin();
});
afterEach(() => origin.close());

type Runtime = ProxyUnderTest["runtime"];

/** Where something of ours throws, and what a client says to get there. */
interface Break {
  readonly what: string;
  /** Has `thrown` throw from there on. */
  readonly break: (runtime: Runtime, thrown: () => void) => void;
  readonly says: string;
  /** What the upstream says that was dialled for it. */
  readonly upstreamSays?: string;
  /** Whether the origin is a proxy on the way. */
  readonly isChained?: boolean;
  /** What was not changed yet goes on unread; everything else ends. */
  readonly goesOn?: boolean;
}

/** Has a function throw before it does what it does. */
function before<Of extends object, Name extends keyof Of>(of: Of, name: Name, thrown: () => void): void {
  const whole = of[name] as (...args: unknown[]) => unknown;
  Object.assign(of, {
    [name]: (...args: unknown[]) => {
      thrown();
      return whole.apply(of, args);
    },
  });
}

const target = "GET http://api.test/ HTTP/1.1\r\nHost: api.test\r\n\r\n";
const breaks: readonly Break[] = [
  {
    what: "what names requests, in a session",
    break: ({ desk }, thrown) => before(desk, "nextRequest", thrown),
    says: target,
    goesOn: true,
  },
  {
    what: "what takes a session's events",
    break: (runtime, thrown) => before(runtime, "tell", thrown),
    says: target,
    goesOn: true,
  },
  {
    what: "what takes the events of a tunnel that is not read",
    break: (runtime, thrown) => before(runtime, "tell", thrown),
    says: "CONNECT plain.test:443 HTTP/1.1\r\n\r\n",
  },
  {
    what: "the log, of an upstream of a target that can't be had",
    break: ({ logger }, thrown) => before(logger, "warn", thrown),
    says: "GET http://api.test:1/ HTTP/1.1\r\nHost: api.test\r\n\r\n",
  },
  {
    what: "the log, of an upstream of a tunnel that can't be had",
    break: ({ logger }, thrown) => before(logger, "warn", thrown),
    says: "CONNECT plain.test:1 HTTP/1.1\r\n\r\n",
  },
  {
    what: "the log, of an upstream whose handshake fails",
    break: ({ logger }, thrown) => before(logger, "warn", thrown),
    says: "GET https://plain.test/ HTTP/1.1\r\nHost: plain.test\r\n\r\n",
    // A ServerHello with nothing in it: OpenSSL takes its time to refuse it, so that no event of a socket is under way then.
    upstreamSays: "\x16\x03\x03\0\x04\x02\0\0\0",
  },
  {
    what: "the log, of a proxy on the way to a target that does not answer",
    break: ({ logger }, thrown) => before(logger, "warn", thrown),
    says: "GET https://api.test/ HTTP/1.1\r\nHost: api.test\r\n\r\n",
    isChained: true,
  },
  {
    what: "the log, of a proxy on the way of a tunnel that does not answer",
    break: ({ logger }, thrown) => before(logger, "warn", thrown),
    says: "CONNECT far.test:443 HTTP/1.1\r\n\r\n",
    isChained: true,
  },
  {
    what: "the log, of a client that is refused",
    break: ({ logger }, thrown) => before(logger, "warn", thrown),
    says: "no HTTP at all\r\n\r\n",
  },
];

it.each(breaks)("$what: no other connection is touched", async (one) => {
  const { break: breakIt, says, upstreamSays, isChained = false, goesOn = false } = one;
  let isBroken = false;
  let times = 0;
  const running = await runProxy("[]", async (runtime) => {
    breakIt(runtime, () => {
      if (!isBroken) return;
      times++;
      throw new Error("broken on purpose");
    });
    const { authority } = origin;
    return {
      resolve: {
        "*:1": "127.0.0.1:1",
        "plain.test:443": authority,
        "plain.test:7": authority,
        "api.test:80": authority,
      },
      ...(isChained && { upstreamProxy: `http://${authority}`, limits: { connectMs: 1_000 } }),
    };
  });
  const witness = await connectTunnel(running.proxy.port, "plain.test:7");
  const upstream = await origin.accept();
  isBroken = true;
  const client = await connectPeer(running.proxy.port);
  client.send(says);
  if (upstreamSays !== undefined) (await origin.accept()).send(upstreamSays);
  if (goesOn) {
    const other = await origin.accept();
    await other.until("the request", ({ length }) => length > 0);
    other.send("an answer");
    await client.untilText("an answer");
    other.socket.end();
  } else await client.until("the end", ({ ended, closed }) => ended || closed);
  isBroken = false;
  expect(times).toBeGreaterThan(0);
  client.socket.destroy();
  await expect.poll(() => running.proxy.connections()).toBe(1);
  witness.send("still here");
  await upstream.untilText("still here");
  expect(witness.ended || witness.closed).toBe(false);
  witness.socket.destroy();
});

it("a policy that throws fails nothing: traffic passes, and a line says so", async () => {
  const running = await runProxy("[]", async ({ policy }) => {
    before(policy, "request", () => {
      throw new Error("a broken policy");
    });
    return { resolve: { "api.test:80": origin.authority } };
  });
  const client = await connectPeer(running.proxy.port);
  client.send(target);
  const upstream = await origin.accept();
  await upstream.until("the request", ({ length }) => length > 0);
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  await client.until("the answer", (peer) => peer.text().endsWith("ok"));
  expect(running.logged("policy-bug")).toMatchObject([
    { message: expect.stringContaining("a broken policy") },
  ]);
  client.socket.destroy();
});

it("an error behind an answer of ours ends the connection: its peers can't go on with a part of what was said", async () => {
  let isBroken = false;
  const rules = "[{ name: busy, when: { nth: 1 }, fault: { http: { status: 529 } } }]";
  const running = await runProxy(rules, async ({ desk }) => {
    before(desk, "nextRequest", () => {
      if (isBroken) throw new Error("broken on purpose");
    });
    return { resolve: { "api.test:80": origin.authority } };
  });
  const client = await connectPeer(running.proxy.port);
  client.send(target);
  await client.until("the answer", (peer) => /^HTTP\/1\.1 529 [\s\S]*\r\n\r\n\{[\s\S]*\}$/.test(peer.text()));
  isBroken = true;
  client.send(target);
  await client.until("the end", ({ ended, closed }) => ended || closed);
  expect(running.logged("bug")).toMatchObject([{ message: expect.stringContaining("broken on purpose") }]);
  expect(origin.peers).toHaveLength(0);
  client.socket.destroy();
  await expect.poll(() => running.proxy.connections()).toBe(0);
});
