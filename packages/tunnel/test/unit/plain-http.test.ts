/** HTTP in clear through a tunnel: what each peer gets, byte for byte, and what is told of it. */

import type { Side } from "@faultwire/fault-session";
import { splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import {
  errorFault,
  type ScriptedPolicy,
  scriptedPolicy,
} from "../../../fault-session/test/support/scripted-policy.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

const post = "POST /v1/messages HTTP/1.1\r\nHost: api.test:8080\r\nContent-Length: 5\r\n\r\nhello";
const get = "GET /v1/models HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const asked = "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found";
const question =
  "OPTIONS / HTTP/1.1\r\nHost: api.test:8080\r\nUser-Agent: faultwire/test\r\nAccept: */*\r\n\r\n";
const overloaded = errorFault("anthropic/overloaded_error", 1);

/** Fails the requests whose number (from 0) is listed. */
const failing = (...numbers: readonly number[]): ScriptedPolicy =>
  scriptedPolicy({ request: (number) => (numbers.includes(number) ? overloaded : null) });

const probe = (policy: ScriptedPolicy, sides?: readonly Side[]): TunnelProbe =>
  new TunnelProbe({ policy, ...(sides ? { sides } : {}) });

describe("plain HTTP in a tunnel that is registered on both sides", () => {
  it("answers a failing request itself and asks the upstream for nothing but OPTIONS /", async () => {
    const policy = failing(0);
    const tunnel = probe(policy);
    tunnel.says("client", post);
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe(question);
    tunnel.says("server", asked);
    await tunnel.run(20);
    const answer = tunnel.take("client");
    expect(answer).toMatch(/^HTTP\/1\.1 529 /);
    expect(answer).toContain("retry-after: 1\r\n");
    expect(answer).toContain("x-faultwire: rule-0\r\n");
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      error: { type: "overloaded_error" },
    });
    expect([...tunnel.ended]).toEqual([]);
    expect(policy.events.map(({ type }) => type)).toEqual([
      "connection",
      "decision",
      "request",
      "response",
      "done",
      "end",
    ]);
    expect(policy.events.at(3)).toMatchObject({ status: 529, injected: true, retryAfterMs: 1000 });
    expect(policy.events.at(-1)).toMatchObject({ how: "complete" });
  });

  it("keeps the connection: the next request goes through, the one after fails again", async () => {
    const tunnel = probe(failing(0, 2));
    for (const fails of [true, false, true]) {
      tunnel.says("client", post);
      await tunnel.run(20);
      expect(tunnel.take("server")).toBe(fails ? question : post);
      tunnel.says("server", fails ? asked : ok);
      await tunnel.run(20);
      const got = tunnel.take("client");
      if (fails) expect(got).toMatch(/^HTTP\/1\.1 529 /);
      else expect(got).toBe(ok);
    }
  });

  it("answers with a call that it has kept, where there is one, and asks nobody then", async () => {
    const tunnel = probe(failing(0, 1));
    tunnel.says("client", post);
    await tunnel.run(20);
    // The answer to the question comes in two pieces: the second is worth keeping.
    tunnel.says("server", asked.slice(0, 20));
    await tunnel.run(20);
    expect(tunnel.take("client")).toMatch(/^HTTP\/1\.1 529 /);
    tunnel.says("server", asked.slice(20));
    await tunnel.run(20);
    expect(tunnel.isHeld("server")).toBe(true);
    tunnel.take("server");
    tunnel.says("client", post);
    await tunnel.run(20);
    expect(tunnel.take("client")).toMatch(/^HTTP\/1\.1 529 /);
    expect(tunnel.take("server")).toBe("");
  });

  it("puts each answer in its turn when requests are pipelined, over any chunking", async () => {
    for (const [first, second] of splitsOf(ascii(get + post + get))) {
      const tunnel = probe(failing(1));
      for (const part of [first, second]) if (part.length > 0) tunnel.says("client", part);
      await tunnel.run(60);
      expect(tunnel.take("server")).toBe(get + get);
      tunnel.says("server", ok + ok);
      await tunnel.run(30);
      expect(tunnel.take("client")).toMatch(
        /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nokHTTP\/1\.1 529 .*overloaded.*HTTP\/1\.1 200 OK\r\n.*\r\n\r\nok$/s,
      );
    }
  });

  it("changes no byte when nothing fails, whatever the chunks", async () => {
    for (const [first, second] of splitsOf(ascii(post + get))) {
      const tunnel = probe(failing());
      for (const part of [first, second]) if (part.length > 0) tunnel.says("client", part);
      await tunnel.run(60);
      expect(tunnel.take("server")).toBe(post + get);
      tunnel.says("server", ok + ok, 7);
      await tunnel.run(200);
      expect(tunnel.take("client")).toBe(ok + ok);
    }
  });

  it("leaves other hosts alone from their first request on", async () => {
    const policy = failing(0, 1, 2);
    const tunnel = probe(policy);
    const other = "GET / HTTP/1.1\r\nHost: other.test\r\n\r\nGET /unfini";
    tunnel.says("client", other);
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe(other);
    tunnel.says("client", get);
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe(get);
    expect(policy.events).toEqual([]);
    expect(tunnel.events).toMatchObject([
      { type: "detected", protocol: "http", host: "other.test", target: false },
    ]);
  });

  it("waits for a body that a rule asks for, and keeps the request back until then", async () => {
    const policy = scriptedPolicy({
      needsBody: true,
      request: (_, { body }) => (body && Buffer.from(body).toString() === "hello" ? overloaded : null),
    });
    const tunnel = probe(policy);
    tunnel.says("client", post.slice(0, -2));
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe("");
    tunnel.says("client", "lo");
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe(question);
    tunnel.says("server", asked);
    await tunnel.run(20);
    expect(tunnel.take("client")).toMatch(/^HTTP\/1\.1 529 /);
    const other = post.replace("hello", "other");
    tunnel.says("client", other, 3);
    await tunnel.run(600);
    expect(tunnel.take("server")).toBe(other);
  });

  it("does not wait for a body that is longer than the rule may ask for", async () => {
    const tunnel = probe(scriptedPolicy({ needsBody: true }));
    const head = "POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 5000\r\n\r\n";
    tunnel.says("client", `${head}${"x".repeat(100)}`);
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe(`${head}${"x".repeat(100)}`);
  });

  it("answers a client that waits for 100 at once, and closes, because its body may or may not follow", async () => {
    const tunnel = probe(failing(0));
    const waiting = post.replace("\r\n\r\nhello", "\r\nExpect: 100-continue\r\n\r\n");
    tunnel.says("client", waiting);
    await tunnel.run(20);
    expect(tunnel.take("server")).toContain("OPTIONS / HTTP/1.1\r\n");
    tunnel.says("server", asked);
    await tunnel.run(20);
    expect(tunnel.take("client")).toMatch(/^HTTP\/1\.1 529 .*connection: close\r\n/s);
    tunnel.says("client", "hello");
    tunnel.says("server", "x");
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe("");
    expect([...tunnel.ended]).toContain("server");
  });

  it("goes on unread where requests can't be told apart any more", async () => {
    const tunnel = probe(failing(1, 2, 3));
    const smuggled = "POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx";
    tunnel.says("client", get);
    tunnel.says("client", smuggled);
    tunnel.says("client", post);
    await tunnel.run(60);
    expect(tunnel.take("server")).toBe(get + smuggled + post);
  });

  it("passes an upgrade on, and everything behind it", async () => {
    const tunnel = probe(failing());
    const upgrade = "GET /ws HTTP/1.1\r\nHost: api.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    tunnel.says("client", upgrade);
    await tunnel.run(20);
    const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\u0001\u0002";
    tunnel.says("server", switched);
    await tunnel.run(20);
    expect(tunnel.take("client")).toBe(switched);
    tunnel.take("server");
    tunnel.says("client", "\u0003not http");
    await tunnel.run(20);
    expect(tunnel.take("server")).toBe("\u0003not http");
  });
});

describe("plain HTTP in a tunnel that is registered on one side", () => {
  it("exchanges the request in a write call and ends the connection after the answer", () => {
    const tunnel = probe(failing(0), ["server"]);
    tunnel.says("client", post);
    expect(tunnel.take("server")).toMatch(/^OPTIONS \/ .*\r\nConnection: close\r\n\r\n$/s);
    tunnel.says("server", asked);
    expect(tunnel.take("client")).toContain("HTTP/1.1 529 ");
    tunnel.says("server", "x");
    expect([...tunnel.ended]).toEqual(["server"]);
  });

  it("exchanges the upstream's first bytes in a write call, whole head or not", () => {
    const tunnel = probe(failing(0), ["client"]);
    tunnel.says("client", post);
    expect(tunnel.take("server")).toMatch(/^OPTIONS \/ /);
    tunnel.says("server", "HTTP/1.1 4");
    expect(tunnel.take("client")).toContain("HTTP/1.1 529 ");
    tunnel.says("server", "04 Not Found");
    expect([...tunnel.ended]).toEqual(["server"]);
  });

  it("can't answer a request whose head spans write calls, and says so", () => {
    const policy = failing(0);
    const tunnel = probe(policy, ["server"]);
    tunnel.says("client", post.slice(0, 30));
    tunnel.says("client", post.slice(30));
    expect(tunnel.take("server")).toBe(post);
    expect(policy.events).toContainEqual(
      expect.objectContaining({ type: "undone", reason: expect.stringContaining("had gone on before") }),
    );
  });

  it("can't put an answer in its turn behind another response, and says so", () => {
    const policy = failing(1);
    const tunnel = probe(policy, ["server"]);
    tunnel.says("client", get + post);
    expect(tunnel.take("server")).toBe(get + post);
    expect(policy.events).toContainEqual(
      expect.objectContaining({ type: "undone", reason: expect.stringContaining("one side only") }),
    );
  });
});
