/** What can't be read passes as it came, and is told once with its reason. */
import type { Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { dechunk } from "../../../fault-session/test/support/fault-cases/fault-case.ts";
import { errorFault, scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { HttpsTunnel } from "../support/https-tunnel.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const get = "GET /v1/models HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const post = (headers: string): string => `POST /v1/x HTTP/1.1\r\nHost: api.test\r\n${headers}\r\n`;

/** Requests that two readers could take differently: what is wrong with each. */
const requests: Readonly<Record<string, string>> = {
  "several-content-lengths": `${post("Content-Length: 2\r\nContent-Length: 2\r\n")}hi`,
  "length-and-encoding": `${post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")}0\r\n\r\n`,
  "obs-fold": post("X-A: 1\r\n 2\r\n"),
  "bad-header-name": post("Content-Length : 2\r\n"),
  "bad-chunk-size": `${post("Transfer-Encoding: chunked\r\n")}2  \r\nhi\r\n0\r\n\r\n`,
  "head-too-large": post(`X-A: ${"a".repeat(70_000)}\r\n`),
  "bare-lf": "GET / HTTP/1.1\nHost: api.test\n\n",
};
const responses: Readonly<Record<string, string>> = {
  "several-content-lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
  "length-and-encoding":
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "obs-fold": "HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok",
  "head-too-large": `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(70_000)}\r\nContent-Length: 2\r\n\r\nok`,
  "bad-status-line": "220 mail.test ESMTP\r\n",
};

const bothSides = ["server", "client"] as const;
const oneSide = ["server"] as const;

describe.each([{ sides: bothSides }, { sides: oneSide }])("HTTP in a tunnel heard on $sides", ({ sides }) => {
  it.each(Object.entries(requests))("tells of a request that can't be read: %s", async (reason, request) => {
    const policy = scriptedPolicy();
    const tunnel = new TunnelProbe({ policy, sides });
    tunnel.says("client", get);
    await tunnel.run(5);
    tunnel.says("client", request);
    tunnel.says("client", request);
    await tunnel.run(100);
    expect(tunnel.take("server")).toBe(get + request + request);
    const told = { type: "unread", host: "api.test", from: "client", reason };
    expect(tunnel.events.filter(({ type }) => type === "unread")).toEqual([{ tunnel: "t", ...told }]);
    expect(policy.events.filter(({ type }) => type === "unread")).toMatchObject([
      { ...told, connection: "c0", client: "test" },
    ]);
  });

  it.each(Object.entries(responses))(
    "tells of a response that can't be read: %s",
    async (reason, response) => {
      const policy = scriptedPolicy();
      const tunnel = new TunnelProbe({ policy, sides });
      tunnel.says("client", get);
      await tunnel.run(5);
      tunnel.says("server", response);
      await tunnel.run(100);
      expect(tunnel.take("client")).toBe(response);
      expect(tunnel.events.filter(({ type }) => type === "unread")).toMatchObject([
        { host: "api.test", from: "server", reason },
      ]);
      expect(policy.events.filter(({ type }) => type === "unread").length).toBe(1);
    },
  );

  it("tells nothing of what is read, of other hosts, and of connections that end in mid-message", async () => {
    for (const said of [get, get.replace("api.test", "other.test"), get.slice(0, 20)]) {
      const policy = scriptedPolicy();
      const tunnel = new TunnelProbe({ policy, sides });
      tunnel.says("client", said);
      tunnel.says("client", said.includes("other") ? "\u0001" : "");
      await tunnel.run(5);
      tunnel.says("server", said === get ? ok.slice(0, -1) : "");
      tunnel.ends("server");
      tunnel.ends("client");
      await tunnel.run(50);
      tunnel.tunnels.close();
      expect(tunnel.events.filter(({ type }) => type === "unread")).toEqual([]);
    }
  });

  it("tells of a host that nobody names", async () => {
    const tunnel = new TunnelProbe({ policy: scriptedPolicy(), sides });
    tunnel.says("client", "GET / HTTP/1.0\r\n\r\n");
    await tunnel.run(20);
    expect(tunnel.events).toContainEqual(expect.objectContaining({ type: "unread", reason: "no-host" }));
  });

  it("tells of another protocol that both have agreed on", async () => {
    const tunnel = new TunnelProbe({ policy: scriptedPolicy(), sides });
    tunnel.says("client", get);
    await tunnel.run(5);
    const said = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\u0001\u0002";
    tunnel.says("server", said);
    await tunnel.run(20);
    expect(tunnel.take("client")).toBe(said);
    expect(tunnel.events.filter(({ type }) => type === "unread")).toMatchObject([{ reason: "upgraded" }]);
  });
});

describe("a changed response that can't be read to its end", () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  const first = "data: 1\n\n";
  const chunks = `9\r\n${first}\r\n`;
  const rest = "+9\r\ndata: 2\n\n\r\n0\r\n\r\n";
  const select = { indices: [5], types: null, every: null, probability: null };
  const delay = { kind: "fixed", ms: 1000 } as const;
  const point = { kind: "events", events: 5 } as const;
  const faults: readonly Fault[] = [
    { kind: "stream.cut", at: point, stop: "clean" },
    { kind: "stream.cut", at: point, stop: "reset" },
    { kind: "stream.drop", events: select },
    { kind: "stream.reorder", events: select },
    { kind: "stream.pace", firstEventMs: 500, eventMs: 500, jitterMs: 0 },
    { kind: "stream.stall", at: point, forMs: 500, pingEveryMs: null },
    { kind: "http.truncate", after: { kind: "bytes", bytes: 5000 } },
    { kind: "http.delay", beforeHead: delay, beforeBody: null, perChunk: null },
    { kind: "connection.slice", from: "server", bytes: 4, gapMs: 100 },
    { kind: "model.stop-reason", reason: "refusal" },
  ];

  it.each(faults)("goes on as it comes: $kind", async (fault) => {
    const policy = scriptedPolicy({ request: () => fault });
    const tunnel = new TunnelProbe({ policy });
    tunnel.says("client", get);
    await tunnel.run(5);
    tunnel.says("server", head + chunks);
    await tunnel.run(5);
    tunnel.says("server", rest.slice(0, 10));
    tunnel.says("server", rest.slice(10));
    await tunnel.run(3000);
    const got = tunnel.take("client");
    expect(got.startsWith(head)).toBe(true);
    // Chunks may be cut anew; what they hold is there, and the rest as it came.
    const body = got.slice(head.length);
    expect(body.endsWith(rest)).toBe(true);
    expect(dechunk(got.slice(0, -rest.length)).body).toBe(first);
    const outcomes = policy.events.filter(({ type }) => type === "done" || type === "undone");
    expect(outcomes.length).toBe(1);
    if (fault.kind.startsWith("stream.") && fault.kind !== "stream.pace")
      expect(outcomes).toMatchObject([{ type: "undone", reason: "the response can't be read" }]);
    expect(tunnel.events.filter(({ type }) => type === "unread").length).toBe(1);
    // Nothing is read any more, and nothing is lost.
    tunnel.take("server");
    tunnel.says("client", get);
    await tunnel.run(5);
    expect(tunnel.take("server")).toBe(get);
  });

  it("ends where the client has got all that it is to get", async () => {
    const fault = { kind: "stream.cut", at: { kind: "events", events: 1 }, stop: "clean" } as const;
    const tunnel = new TunnelProbe({ policy: scriptedPolicy({ request: () => fault }) });
    tunnel.says("client", get);
    await tunnel.run(5);
    tunnel.says("server", head + chunks);
    await tunnel.run(5);
    tunnel.says("server", rest);
    tunnel.says("server", "more");
    await tunnel.run(50);
    expect(tunnel.take("client")).toBe(`${head}${chunks}0\r\n\r\n`);
    expect([...tunnel.ended]).toContain("server");
  });
});

it("is told once of a changed response, whatever comes behind", async () => {
  const after = { kind: "bytes", bytes: 9 } as const;
  const policy = scriptedPolicy({ request: () => ({ kind: "http.truncate", after }) });
  const tunnel = new TunnelProbe({ policy });
  tunnel.says("client", get);
  await tunnel.run(5);
  tunnel.says("server", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n");
  tunnel.says("server", "more\r\n");
  await tunnel.run(20);
  expect(tunnel.events.filter(({ type }) => type === "unread")).toMatchObject([{ reason: "bad-chunk-size" }]);
});

describe("a body that a rule asks for", () => {
  const cases = [
    { sides: bothSides, reason: "body-too-large", headers: "Content-Length: 5000\r\n", body: "" },
    {
      sides: bothSides,
      reason: "body-too-large",
      headers: "Transfer-Encoding: chunked\r\n",
      body: `fff\r\n${"x".repeat(4095)}\r\n`,
    },
    {
      sides: bothSides,
      reason: "awaits-continue",
      headers: "Expect: 100-continue\r\nContent-Length: 5\r\n",
      body: "",
    },
    { sides: oneSide, reason: "body-on-one-side", headers: "Content-Length: 5\r\n", body: "hello" },
  ] as const;

  it.each(cases)(
    "is told of where it can't be had: $reason on $sides",
    async ({ sides, reason, headers, body }) => {
      const policy = scriptedPolicy({ needsBody: true });
      const tunnel = new TunnelProbe({ policy, sides });
      tunnel.says("client", post(headers) + body);
      await tunnel.run(20);
      expect(tunnel.take("server")).toBe(post(headers) + body);
      expect(tunnel.events.filter(({ type }) => type === "unread")).toMatchObject([
        { from: "client", reason },
      ]);
    },
  );

  it("is not told of where there is none, or no rule asks", async () => {
    for (const [needsBody, request] of [
      [true, get],
      [false, post("Expect: 100-continue\r\nContent-Length: 5\r\n")],
    ] as const) {
      const tunnel = new TunnelProbe({ policy: scriptedPolicy({ needsBody }) });
      tunnel.says("client", request);
      await tunnel.run(20);
      expect(tunnel.events.filter(({ type }) => type === "unread")).toEqual([]);
    }
  });
});

it("gives up a client that pipelines without end on a tunnel heard on one side, and passes all of it", async () => {
  const policy = scriptedPolicy();
  const tunnel = new TunnelProbe({ policy, sides: oneSide });
  tunnel.says("client", get.repeat(2000));
  await tunnel.run(20);
  expect(tunnel.take("server")).toBe(get.repeat(2000));
  expect(tunnel.events.filter(({ type }) => type === "unread")).toMatchObject([
    { from: "client", reason: "too-many-outstanding" },
  ]);
});

it("tells of TLS that names no host", async () => {
  const client = { servername: "", checkServerIdentity: () => undefined };
  const tunnel = new HttpsTunnel({ policy: scriptedPolicy(), client });
  tunnel.serve(() => ok);
  expect(await tunnel.exchange(get)).toBe(ok);
  expect(tunnel.probe.events.filter(({ type }) => type === "unread")).toMatchObject([
    { host: undefined, from: "client", reason: "no-server-name" },
  ]);
});

it("fails nothing behind a request that can't be read, though a rule would", async () => {
  const policy = scriptedPolicy({ request: () => errorFault("anthropic/api_error") });
  const tunnel = new TunnelProbe({ policy });
  tunnel.says("client", requests["several-content-lengths"] ?? "");
  tunnel.says("client", get);
  await tunnel.run(20);
  expect(tunnel.take("server")).toBe((requests["several-content-lengths"] ?? "") + get);
  expect(tunnel.events.filter(({ type }) => type === "unread").length).toBe(1);
});
