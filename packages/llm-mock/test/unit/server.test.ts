import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createSecureContext } from "node:tls";
import { soon } from "@faultwire/testkit/soon";
import { TestAuthority } from "@faultwire/testkit/test-authority";
import { describe, expect, it, vi } from "vitest";
import {
  LlmMockError,
  type LoggedRequest,
  llmMockLimits,
  type Script,
  startLlmMock,
} from "../../src/index.ts";
import { apiHeaders, eventsIn, post, userSays } from "./anthropic-client.ts";

async function whenever(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe("headers", () => {
  it("are the provider's, their times those of the given clock", async () => {
    let time = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const mock = await startLlmMock({ now: () => time });
    try {
      const first = await post(`${mock.url}/v1/messages`, userSays("hi"));
      expect(first.headers.get("date")).toBe("Fri, 02 Jan 2026 03:04:05 GMT");
      expect(first.headers.get("request-id")).toMatch(/^req_01/);
      expect(first.headers.get("anthropic-organization-id")).toMatch(
        /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      );
      expect(first.headers.get("anthropic-ratelimit-requests-limit")).toBe("4000");
      expect(first.headers.get("anthropic-ratelimit-requests-remaining")).toBe("3999");
      expect(first.headers.get("anthropic-ratelimit-requests-reset")).toBe("2026-01-02T03:05:06Z");
      for (const kind of ["tokens", "input-tokens", "output-tokens"]) {
        expect(first.headers.get(`anthropic-ratelimit-${kind}-limit`)).toMatch(/^[1-9]\d*000$/);
        expect(first.headers.get(`anthropic-ratelimit-${kind}-remaining`)).toMatch(/^[1-9]\d*000$/);
        expect(first.headers.get(`anthropic-ratelimit-${kind}-reset`)).toBe("2026-01-02T03:05:06Z");
      }
      time += 59_999;
      const second = await post(`${mock.url}/v1/messages`, userSays("hi"));
      expect(second.headers.get("anthropic-ratelimit-requests-remaining")).toBe("3998");
      time += 1;
      const third = await post(`${mock.url}/v1/messages`, userSays("hi"));
      expect(third.headers.get("anthropic-ratelimit-requests-remaining")).toBe("3999");
    } finally {
      await mock.close();
    }
  });
});

describe("the log of requests", () => {
  it("holds what was asked, and no secret", async () => {
    const told: LoggedRequest[] = [];
    const mock = await startLlmMock({ now: () => 1000, log: (request) => told.push(request) });
    try {
      const body = { ...userSays("my secret plan"), stream: true };
      const headers = { ...apiHeaders, authorization: "Bearer sk-test", cookie: "sk-test" };
      const response = await post(`${mock.url}/v1/messages?beta=true&api_key=sk-test`, body, headers);
      await response.text();
      await whenever(() => told.length === 1);
      expect(mock.requests).toEqual(told);
      expect(mock.requests[0]).toMatchObject({
        requestId: response.headers.get("request-id"),
        method: "POST",
        path: "/v1/messages?beta=true&api_key=[redacted]",
        timeMs: 1000,
        status: 200,
        bodyBytes: JSON.stringify(body).length,
        model: "claude-sonnet-5-5",
        stream: true,
        outcome: "answered",
      });
      expect(mock.requests[0]?.headers).toMatchObject({
        "anthropic-version": "2026-10-21",
        "x-api-key": "[redacted]",
        authorization: "[redacted]",
        cookie: "[redacted]",
      });
      expect(JSON.stringify(mock.requests)).not.toMatch(/sk-test|secret plan/);
      await fetch(`${mock.url}/v1/models?to=/x?token=sk-test&KEY=sk-test&a=1?b`);
      await whenever(() => told.length === 2);
      expect(mock.requests.at(-1)?.path).toBe("/v1/models?to=/x?token=[redacted]&KEY=[redacted]&a=1?b");
    } finally {
      await mock.close();
    }
  });

  it("forgets the oldest past its limit", async () => {
    const mock = await startLlmMock({ limits: { maxLoggedRequests: 2 } });
    try {
      for (const path of ["/a", "/b", "/c"]) await (await fetch(mock.url + path)).text();
      expect(mock.requests.map(({ path }) => path)).toEqual(["/b", "/c"]);
    } finally {
      await mock.close();
    }
  });

  it("tells a client that went away from one that was answered, and stops its stream", async () => {
    const told: LoggedRequest[] = [];
    // Longer than one timer of Node's holds: the second event must not come at once.
    const eventDelayMs = 30 * 86_400_000;
    const limits = { idleTimeoutMs: eventDelayMs };
    const mock = await startLlmMock({ eventDelayMs, limits, log: (request) => told.push(request) });
    try {
      const given = new AbortController();
      const response = await fetch(`${mock.url}/v1/messages`, {
        method: "POST",
        headers: apiHeaders,
        body: JSON.stringify({ ...userSays("hi"), stream: true }),
        signal: given.signal,
      });
      const reader = response.body!.getReader();
      const first = await reader.read();
      expect(new TextDecoder().decode(first.value)).toMatch(/^event: message_start\n/);
      expect(new TextDecoder().decode(first.value).match(/^event:/gm)).toHaveLength(1);
      given.abort();
      await whenever(() => told.length === 1);
      expect(told[0]).toMatchObject({ outcome: "aborted", status: 200, stream: true });
    } finally {
      await mock.close();
    }
  });
});

describe("streams", () => {
  it("wait between events, and come each on its own", async () => {
    const mock = await startLlmMock({ eventDelayMs: 5, reply: () => "one two" });
    try {
      const start = performance.now();
      const response = await post(`${mock.url}/v1/messages`, { ...userSays("hi"), stream: true });
      const events = eventsIn(await response.text());
      expect(performance.now() - start).toBeGreaterThan(3 * (events.length - 1));
    } finally {
      await mock.close();
    }
  });

  it("wait for a client that does not read: what is written is what its connection takes", async () => {
    const words = 200_000;
    const mock = await startLlmMock({ reply: () => "word ".repeat(words) });
    const write = vi.spyOn(ServerResponse.prototype, "write");
    const socket = connect(mock.port, "127.0.0.1").pause();
    try {
      const body = JSON.stringify({ ...userSays("hi"), max_tokens: 1_000_000, stream: true });
      const head = Object.entries({ ...apiHeaders, host: "x", "content-length": body.length });
      socket.write(
        `POST /v1/messages HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
      );
      await whenever(() => write.mock.results.some(({ value }) => value === false));
      expect(write.mock.calls.length).toBeLessThan(words);
    } finally {
      write.mockRestore();
      socket.destroy();
      await mock.close();
    }
  });

  it("come whole when they are longer than what a socket takes at once", async () => {
    const word = "word ".repeat(40_000);
    const mock = await startLlmMock({ reply: () => word });
    try {
      const body = { ...userSays("hi"), max_tokens: 1_000_000, stream: true };
      const response = await post(`${mock.url}/v1/messages`, body);
      const deltas = eventsIn(await response.text()).filter(({ event }) => event === "content_block_delta");
      expect(deltas.map(({ data }) => data.delta.text).join("")).toBe(word);
    } finally {
      await mock.close();
    }
  });
});

describe("starting and closing", () => {
  it("cuts what is open", async () => {
    const mock = await startLlmMock({ eventDelayMs: 60_000 });
    const response = await post(`${mock.url}/v1/messages`, { ...userSays("hi"), stream: true });
    const idle = connect(mock.port, "127.0.0.1");
    await soon(once(idle, "connect"), "the event connect of idle");
    idle.resume();
    const idleClosed = once(idle, "close");
    const rest = response.text();
    await mock.close();
    await expect(rest).rejects.toThrow();
    await idleClosed;
    await expect(fetch(mock.url)).rejects.toThrow();
  });

  it("says which port is taken", async () => {
    const mock = await startLlmMock();
    try {
      const second = startLlmMock({ port: mock.port });
      await expect(second).rejects.toBeInstanceOf(LlmMockError);
      await expect(second).rejects.toMatchObject({
        code: "listen-failed",
        message: expect.stringContaining(String(mock.port)),
        cause: { code: "EADDRINUSE" },
      });
    } finally {
      await mock.close();
    }
  });

  it.each([
    [{ port: 65_536 }, "listen-failed"],
    [{ eventDelayMs: -1 }, "invalid-option"],
    [{ eventDelayMs: Number.NaN }, "invalid-option"],
    [{ tokensPerSecond: 0 }, "invalid-option"],
    [{ firstTokenMs: -1 }, "invalid-option"],
    [{ batchMs: -1 }, "invalid-option"],
    [{ limits: { maxBodyBytes: 0 } }, "invalid-option"],
    [{ script: "turns: []" as unknown as Script }, "invalid-option"],
    [{ limits: { maxConnections: 1.5 } }, "invalid-option"],
  ])("refuses %j: %s", async (options, code) => {
    const refused = startLlmMock(options);
    await expect(refused).rejects.toBeInstanceOf(LlmMockError);
    await expect(refused).rejects.toMatchObject({ code });
  });

  it("has the limits that are documented, and takes 1 for each", async () => {
    expect(llmMockLimits).toEqual({
      maxBodyBytes: 32 * 1024 * 1024,
      maxDiscardedBytes: 64 * 1024 * 1024,
      maxConnections: 1024,
      maxLoggedRequests: 10_000,
      maxStoredObjects: 1000,
      maxStoredBytes: 256 * 1024 * 1024,
      requestTimeoutMs: 60_000,
      idleTimeoutMs: 600_000,
    });
    const limits = Object.fromEntries(Object.keys(llmMockLimits).map((name) => [name, 1]));
    await (await startLlmMock({ limits })).close();
  });

  it("closes connections over the limit", async () => {
    const mock = await startLlmMock({ limits: { maxConnections: 1 } });
    const sockets: Socket[] = [];
    try {
      const first = connect(mock.port, "127.0.0.1");
      sockets.push(first);
      await soon(once(first, "connect"), "the event connect of first");
      // Answered, so the server knows of the first before the second comes.
      first.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      await soon(once(first, "data"), "the event data of first");
      const second = connect(mock.port, "127.0.0.1");
      sockets.push(second);
      second.on("error", () => {});
      await soon(once(second.resume(), "close"), "the event close of second.resume");
      expect(first.destroyed).toBe(false);
    } finally {
      for (const socket of sockets) socket.destroy();
      await mock.close();
    }
  });
});

describe("a client that offers both versions over TLS", () => {
  it.each([
    [false, "http/1.1"],
    [true, "h2"],
  ])("prefersHttp2 %s: gets %s", async (prefersHttp2, protocol) => {
    const authority = new TestAuthority("both versions");
    const mock = await startLlmMock({ tls: authority.issue("localhost"), prefersHttp2 });
    const socket = connectTls({
      ...{ port: mock.port, host: "127.0.0.1", servername: "localhost", ca: authority.caPem },
      ALPNProtocols: ["h2", "http/1.1"],
    });
    await soon(once(socket, "secureConnect"), "the event secureConnect of socket");
    expect(socket.alpnProtocol).toBe(protocol);
    socket.destroy();
    await mock.close();
  });
});

describe("a connection without a request", () => {
  const askOn = async (port: number): Promise<{ socket: Socket; head: string }> => {
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    const [head] = await soon(once(socket, "data"), "the event data of socket");
    return { socket, head: String(head) };
  };

  it("stays open for ten minutes, which is announced", async () => {
    const mock = await startLlmMock();
    try {
      const { socket, head } = await askOn(mock.port);
      expect(head).toMatch(/^keep-alive: timeout=600\r$/im);
      socket.destroy();
    } finally {
      await mock.close();
    }
  });

  it("counts as silent only once what came in the meantime is read", async () => {
    const mock = await startLlmMock({ limits: { idleTimeoutMs: 1 } });
    try {
      const socket = connect(mock.port, "127.0.0.1");
      await soon(once(socket, "connect"), "the event connect of socket");
      const answered = once(socket, "data");
      socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
      // The process is busy for far longer than that.
      const until = performance.now() + 100;
      while (performance.now() < until);
      expect(String(await answered)).toMatch(/^HTTP\/1\.1 200 /);
      await soon(once(socket.resume(), "close"), "the event close of socket.resume");
    } finally {
      await mock.close();
    }
  });

  it("is closed after the time that was given", async () => {
    const mock = await startLlmMock({ limits: { idleTimeoutMs: 1 } });
    try {
      const { socket } = await askOn(mock.port);
      await soon(once(socket.resume(), "close"), "the event close of socket.resume");
    } finally {
      await mock.close();
    }
  });
});

describe("HTTPS", () => {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-mock-"));
  const file = (name: string): string => join(folder, name);
  const names = [
    "-subj",
    "/CN=api.anthropic.com",
    "-addext",
    "subjectAltName=DNS:api.anthropic.com,IP:127.0.0.1",
  ];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const out = ["-keyout", file("key.pem"), "-out", file("cert.pem")];
  execFileSync("openssl", ["req", "-x509", ...curve, ...out, ...names], { stdio: "ignore" });
  const key = readFileSync(file("key.pem"), "utf8");
  const cert = readFileSync(file("cert.pem"), "utf8");
  rmSync(folder, { recursive: true });

  const statusOf = (url: string, servername?: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { ca: cert, agent: false, ...(servername && { servername }) };
      httpsRequest(url, options, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });

  it("with one pair for every name", async () => {
    const mock = await startLlmMock({ tls: { key, cert } });
    try {
      expect(mock.url).toBe(`https://127.0.0.1:${mock.port}`);
      expect(await statusOf(mock.url)).toBe(200);
      expect(await statusOf(mock.url, "api.anthropic.com")).toBe(200);
    } finally {
      await mock.close();
    }
  });

  it("and in clear on the same port, where that is asked for", async () => {
    for (const alsoInClear of [true, false]) {
      const mock = await startLlmMock({ tls: { key, cert }, alsoInClear });
      try {
        expect(await statusOf(mock.url)).toBe(200);
        const inClear = fetch(`http://127.0.0.1:${mock.port}/`).then(({ status }) => status);
        if (alsoInClear) expect(await inClear).toBe(200);
        else await expect(inClear).rejects.toThrow();
      } finally {
        await mock.close();
      }
    }
  });

  it("with a context for the name that the client asks for", async () => {
    const asked: string[] = [];
    const secureContextFor = (serverName: string) => {
      asked.push(serverName);
      if (serverName !== "api.anthropic.com") throw new Error("no such name");
      return createSecureContext({ key, cert });
    };
    const mock = await startLlmMock({ tls: { secureContextFor } });
    try {
      expect(await statusOf(mock.url, "api.anthropic.com")).toBe(200);
      await expect(statusOf(mock.url, "elsewhere.test")).rejects.toThrow();
      await expect(statusOf(mock.url)).rejects.toThrow();
      expect(asked).toEqual(["api.anthropic.com", "elsewhere.test"]);
      expect(await statusOf(mock.url, "api.anthropic.com")).toBe(200);
    } finally {
      await mock.close();
    }
  });
});
