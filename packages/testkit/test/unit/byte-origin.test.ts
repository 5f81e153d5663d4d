import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Origin,
  seededBlocks,
  seededBytes,
  sha256Of,
  startByteOrigin,
  startTcpEcho,
} from "../../src/byte-origin.ts";
import { soon } from "../../src/soon.ts";

describe("seeded bytes", () => {
  it("are the same for the same seed and others for another", () => {
    expect(seededBytes(200_000, 1)).toEqual(seededBytes(200_000, 1));
    expect(sha256Of(seededBytes(200_000, 1))).not.toBe(sha256Of(seededBytes(200_000, 2)));
    expect(seededBytes(0, 1)).toHaveLength(0);
    expect(seededBytes(65_537, 1).subarray(0, 100)).toEqual(seededBytes(100, 1));
  });

  it("show a lost and a swapped block", () => {
    const [first, second] = [...seededBlocks(2 * 65_536, 1)];
    expect(first).not.toEqual(second);
    expect(sha256Of(seededBlocks(100_000, 3))).toBe(sha256Of(seededBytes(100_000, 3)));
  });
});

describe("the HTTP origin", () => {
  let origin: Origin;
  beforeAll(async () => {
    origin = await startByteOrigin({ maxKeptBytes: 1000 });
  });
  afterAll(() => origin.close());

  it("echoes a body", async () => {
    const body = seededBytes(300_000, 4);
    const response = await fetch(`${origin.url}/echo`, {
      method: "POST",
      headers: { "content-type": "text/x" },
      body,
    });
    expect(response.headers.get("content-type")).toBe("text/x");
    expect(response.headers.get("content-length")).toBe("300000");
    expect(sha256Of(new Uint8Array(await response.arrayBuffer()))).toBe(sha256Of(body));
  });

  it("hashes an upload", async () => {
    const body = seededBytes(123_457, 5);
    const response = await fetch(`${origin.url}/hash`, { method: "POST", body });
    expect(await response.json()).toEqual({ bytes: 123_457, sha256: sha256Of(body) });
  });

  it("sends seeded bytes, whole and in chunks", async () => {
    const whole = await fetch(`${origin.url}/bytes/200001?seed=6`);
    expect(whole.headers.get("content-length")).toBe("200001");
    expect(sha256Of(new Uint8Array(await whole.arrayBuffer()))).toBe(sha256Of(seededBytes(200_001, 6)));
    const chunks = await fetch(`${origin.url}/chunks/7?size=3000&gapMs=1&seed=6`);
    expect(chunks.headers.get("content-length")).toBeNull();
    expect(sha256Of(new Uint8Array(await chunks.arrayBuffer()))).toBe(sha256Of(seededBytes(21_000, 6)));
  });

  it("sends events", async () => {
    const response = await fetch(`${origin.url}/events/3`);
    expect(await response.text()).toBe("data: 0\n\ndata: 1\n\ndata: 2\n\n");
  });

  it("knows nothing else", async () => {
    expect((await fetch(origin.url)).status).toBe(200);
    expect((await fetch(origin.url, { method: "HEAD" })).status).toBe(200);
    expect((await fetch(`${origin.url}/elsewhere`)).status).toBe(404);
  });

  it("records the bytes of a connection, no more than it may keep, and its end", async () => {
    const socket = connect(origin.port, "127.0.0.1");
    const head = "POST /hash HTTP/1.1\r\nhost: x\r\ncontent-length: 2000\r\n\r\n";
    const sent = Buffer.concat([Buffer.from(head), seededBytes(2000, 7)]);
    const before = origin.connections.length;
    socket.end(sent);
    socket.resume();
    await soon(once(socket, "close"), "the event close of socket");
    const seen = origin.connections[before]!;
    expect(await seen.ended).toBe("fin");
    expect(seen.receivedBytes).toBe(sent.length);
    expect(seen.received).toEqual(Uint8Array.from(sent.subarray(0, 1000)));
    expect(seen.receivedSha256).toBe(sha256Of(sent));
  });

  it("announces no time after which it ends a quiet connection", async () => {
    const socket = connect(origin.port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    const [head] = await soon(once(socket, "data"), "the event data of socket");
    expect(String(head)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    // Node says `Keep-Alive: timeout=5` where it will.
    expect(String(head)).not.toMatch(/^keep-alive:/im);
    socket.destroy();
  });

  it("tells a reset from a FIN", async () => {
    const socket = connect(origin.port, "127.0.0.1");
    const before = origin.connections.length;
    socket.write("GET /events/1000?gapMs=1000 HTTP/1.1\r\nhost: x\r\n\r\n");
    await soon(once(socket, "data"), "the event data of socket");
    socket.resetAndDestroy();
    expect(await origin.connections[before]!.ended).toBe("reset");
  });
});

describe("the HTTPS origin", () => {
  it("records what is inside, and the name that was asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "faultwire-origin-"));
    const file = (name: string): string => join(folder, name);
    const options = [
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    const names = ["-subj", "/CN=origin.test", "-addext", "subjectAltName=DNS:origin.test"];
    const files = ["-keyout", file("key.pem"), "-out", file("cert.pem")];
    execFileSync("openssl", ["req", ...options, ...names, ...files], { stdio: "ignore" });
    const tls = { key: readFileSync(file("key.pem")), cert: readFileSync(file("cert.pem")) };
    rmSync(folder, { recursive: true });
    const origin = await startByteOrigin({ tls });
    try {
      const request = { ca: tls.cert, servername: "origin.test", agent: false } as const;
      const status = await new Promise((resolve, reject) => {
        httpsRequest(`${origin.url}/events/1`, request, (response) => resolve(response.resume().statusCode))
          .on("error", reject)
          .end();
      });
      expect(status).toBe(200);
      expect(origin.connections[0]?.serverName).toBe("origin.test");
      expect(new TextDecoder().decode(origin.connections[0]?.received)).toMatch(
        /^GET \/events\/1 HTTP\/1\.1\r\n/,
      );
    } finally {
      await origin.close();
    }
  });
});

describe("the TCP echo", () => {
  it("sends back what it gets, and a FIN for a FIN", async () => {
    const echo = await startTcpEcho();
    try {
      const socket = connect({ port: echo.port, host: "127.0.0.1", allowHalfOpen: true });
      const bytes = seededBytes(500_000, 8);
      socket.end(bytes);
      const back: Buffer[] = [];
      for await (const chunk of socket as AsyncIterable<Buffer>) back.push(chunk);
      expect(sha256Of(back)).toBe(sha256Of(bytes));
      expect(await echo.connections[0]!.ended).toBe("fin");
      expect(echo.connections[0]!.receivedBytes).toBe(500_000);
    } finally {
      await echo.close();
    }
  });

  it("says when it was itself that closed", async () => {
    const echo = await startTcpEcho();
    const socket = connect(echo.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("x");
    await soon(once(socket, "data"), "the event data of socket");
    await echo.close();
    expect(await echo.connections[0]!.ended).toBe("closed-here");
  });
});
