/** A mock, or recordings, in the place of the real APIs: no spelling of a target leads past them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { type AddressInfo, createServer, type LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecording } from "@faultwire/recordings";
import { openRuntime } from "@faultwire/runtime";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProxyError, type ProxySettings, startProxy } from "../../src/index.ts";
import { stoodInHosts } from "../../src/stand-in/stood-in-hosts.ts";
import { type CurlResult, curl } from "../support/curl.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

/** As YAML has them. */
const targets = ["api.test", '"*.below.test"', '"in-*.middle.test"'];
const path = "/v1/models";
const asks = ["-H", "x-api-key: any", "-H", "anthropic-version: 2023-06-01"];

/** What stands where the real API would be: every name leads to loopback, and who comes there is counted. */
interface RealApi {
  readonly port: number;
  /** Names that were looked up. */
  readonly names: string[];
  readonly lookup: LookupFunction;
  readonly connections: () => number;
}

async function startRealApi(): Promise<RealApi> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => {});
    socket.end("HTTP/1.1 200 OK\r\nx-real: yes\r\ncontent-length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const names: string[] = [];
  return {
    port: (server.address() as AddressInfo).port,
    names,
    lookup: (name, options, callback) => {
      names.push(name);
      if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
      else callback(null, "127.0.0.1", 4);
    },
    connections: () => connections,
  };
}

function recordings(): string {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-stand-in-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(
    join(folder, "000001-GET-x.test.json"),
    encodeRecording({
      recordedAt: "2026-11-29T00:00:00.000Z",
      request: {
        ...{ scheme: "https", host: "recorded.test:8443", method: "GET", target: path },
        ...{ headers: [], body: new Uint8Array() },
      },
      response: {
        parts: [{ atMs: 0, bytes: Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") }],
        end: "open",
      },
    }),
  );
  return folder;
}

interface Running extends ProxyUnderTest {
  readonly real: RealApi;
}

async function start(settings: (real: RealApi) => ProxySettings = () => ({ mock: {} })): Promise<Running> {
  const real = await startRealApi();
  const running = await runProxy(
    "[]",
    { lookup: real.lookup, http2: "on", ...settings(real) },
    undefined,
    undefined,
    {},
    targets,
  );
  return { ...running, real };
}

/** A spelling by which a program reaches a target. */
type Spelling = (running: Running) => Promise<CurlResult>;

const byCurl =
  (...args: (string | ((running: Running) => string))[]): Spelling =>
  (running) =>
    curl(running, "-i", ...asks, ...args.map((arg) => (typeof arg === "string" ? arg : arg(running))));

/** Requests in absolute form for HTTPS, which no curl makes. */
const absoluteHttps: Spelling = ({ proxy, real }) =>
  new Promise((resolve, reject) => {
    const asked = request(
      {
        port: proxy.port,
        path: `https://api.test:${real.port}${path}`,
        headers: { host: `api.test:${real.port}`, "x-api-key": "any", "anthropic-version": "2023-06-01" },
      },
      (response) => {
        response.resume().once("end", () => resolve({ exit: 0, out: `HTTP/1.1 ${response.statusCode} ` }));
      },
    );
    asked.once("error", reject).end();
  });

const at =
  (scheme: string, host: string) =>
  ({ real }: Running): string =>
    `${scheme}://${host}:${real.port}${path}`;
const itself =
  (scheme: string) =>
  ({ proxy, real }: Running): string =>
    `http://127.0.0.1:${proxy.port}/upstream/${scheme}/api.test:${real.port}${path}`;
const toAddress = ({ real }: Running): string => `api.test:${real.port}:127.0.0.1:${real.port}`;
const socks =
  (kind: string) =>
  ({ proxy }: Running): string =>
    `${kind}://127.0.0.1:${proxy.port}`;

const spellings: Readonly<Record<string, Spelling>> = {
  "CONNECT without a port": byCurl(`https://api.test${path}`),
  "CONNECT with another port": byCurl(at("https", "api.test")),
  "CONNECT in capital letters": byCurl(at("https", "API.Test")),
  "CONNECT with a dot at the end": byCurl(at("https", "api.test.")),
  "CONNECT to a name below a target": byCurl(at("https", "eu.below.test")),
  "CONNECT to an address, a target in TLS": byCurl("--connect-to", toAddress, at("https", "api.test")),
  "CONNECT to an address, a target in Host": byCurl(
    "--proxytunnel",
    "--connect-to",
    toAddress,
    at("http", "api.test"),
  ),
  "CONNECT, then HTTP in clear": byCurl("--proxytunnel", at("http", "api.test")),
  "CONNECT, then HTTP/2": byCurl("--http2", at("https", "api.test")),
  "CONNECT, then HTTP/2 to an address": byCurl("--http2", "--connect-to", toAddress, at("https", "api.test")),
  "CONNECT, then HTTP/2 in clear": byCurl("--proxytunnel", "--http2-prior-knowledge", at("http", "api.test")),
  "absolute form without a port": byCurl(`http://api.test${path}`),
  "absolute form with another port": byCurl(at("http", "api.test")),
  "absolute form for HTTPS": absoluteHttps,
  "SOCKS by name": byCurl("--proxy", socks("socks5h"), at("https", "api.test")),
  "SOCKS by name, in clear": byCurl("--proxy", socks("socks5h"), at("http", "api.test")),
  "SOCKS by address, a target in TLS": byCurl(
    "--proxy",
    socks("socks5"),
    "--resolve",
    ({ real }) => `api.test:${real.port}:127.0.0.1`,
    at("https", "api.test"),
  ),
  "SOCKS by address, a target in Host": byCurl(
    "--proxy",
    socks("socks5"),
    "--resolve",
    ({ real }) => `api.test:${real.port}:127.0.0.1`,
    at("http", "api.test"),
  ),
  "a base URL with another port": byCurl("--noproxy", "*", itself("https")),
  "a base URL in clear": byCurl("--noproxy", "*", itself("http")),
  "a base URL by HTTP/2": byCurl("--noproxy", "*", "--http2-prior-knowledge", itself("https")),
  "TLS straight at the port": byCurl(
    "--noproxy",
    "*",
    "--connect-to",
    ({ proxy }) => `api.test:443:127.0.0.1:${proxy.port}`,
    `https://api.test${path}`,
  ),
};

describe.each(Object.entries(spellings))("%s", (_name, ask) => {
  it("ends at the mock, and not at the real API", async () => {
    const running = await start();
    const { exit, out } = await ask(running);
    expect([exit, out.split(" ", 2)[1], out.includes("x-real")]).toEqual([0, "200", false]);
    expect([running.real.names, running.real.connections()]).toEqual([[], 0]);
    expect(running.proxy.mock?.requests).toHaveLength(1);
  });

  it("ends at the replay, and not at the real API", async () => {
    const running = await start(() => ({ replay: { folder: recordings() } }));
    const { exit, out } = await ask(running);
    expect([exit, out.split(" ", 2)[1]]).toEqual([0, "404"]);
    expect([running.real.names, running.real.connections()]).toEqual([[], 0]);
    expect(running.proxy.replay?.counts()).toEqual({ replayed: 0, passed: 0, unreachable: 0, missing: 1 });
  });
});

describe("a mock", () => {
  it.each(["https://api.test:PORT", "http://api.test:PORT"])(
    "answers at a port that stands for %s",
    async (upstream) => {
      const running = await start(({ port }) => ({
        mock: {},
        reverse: upstream.replace("PORT", String(port)),
      }));
      const { out } = await curl(
        running,
        "-i",
        ...asks,
        "--noproxy",
        "*",
        `http://127.0.0.1:${running.proxy.port}${path}`,
      );
      expect(out).toMatch(/^HTTP\/1\.1 200 /);
      expect([running.real.names, running.real.connections()]).toEqual([[], 0]);
    },
  );

  it("answers for no host that is no target, whatever its port", async () => {
    const running = await start();
    const { out } = await curl(running, "-i", `http://stranger.test:${running.real.port}/`);
    expect(out).toContain("x-real: yes");
    expect(running.real.names).toEqual(["stranger.test"]);
    expect(running.proxy.mock?.requests).toEqual([]);
  });

  it("leaves a target for which no certificate can be had closed, and does not ask the real API", async () => {
    const running = await start();
    const { exit } = await curl(running, `https://in-the.middle.test:${running.real.port}${path}`);
    expect(exit).not.toBe(0);
    expect(running.real.connections()).toBe(0);
  });

  it("answers for Anthropic's API though it is no target, in TLS that is not opened", async () => {
    const running = await start();
    const { out } = await curl(
      running,
      "-i",
      ...asks,
      `http://api.anthropic.com:${running.real.port}${path}`,
    );
    expect(out).toMatch(/^HTTP\/1\.1 200 /);
    expect(running.real.connections()).toBe(0);
  });

  it("gives way to what `resolve` says", async () => {
    const running = await start(({ port }) => ({
      mock: {},
      resolve: { "api.test:80": `127.0.0.1:${port}` },
    }));
    expect((await curl(running, "-i", `http://api.test${path}`)).out).toContain("x-real: yes");
    expect((await curl(running, "-i", ...asks, `http://api.test:81${path}`)).out).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("answers for a target that the program's own rules name later", async () => {
    const running = await start();
    const late = { seed: 0, targets: ["late.test"], marker: true, header: false, rules: [], expect: [] };
    running.proxy.setRules(late);
    const { out } = await curl(running, "-i", ...asks, `http://late.test:${running.real.port}${path}`);
    expect(out).toMatch(/^HTTP\/1\.1 200 /);
    expect(running.real.connections()).toBe(0);
  });

  it("answers for good for what a rule file has once named", () => {
    const sources = { targets: ["one.test"] };
    const answersFor = stoodInHosts({
      policy: { isTarget: (host: string) => sources.targets.includes(host) },
      rules: { sources },
    } as never);
    const asked = (): boolean[] =>
      ["one.test", "two.test", "api.anthropic.com", "other.test"].map(answersFor);
    expect(asked()).toEqual([true, false, true, false]);
    sources.targets = ["two.test"];
    expect(asked()).toEqual([true, true, true, false]);
    sources.targets = [];
    expect(asked()).toEqual([true, true, true, false]);
  });

  it("stops with its proxy", async () => {
    const { proxy } = await start();
    const port = proxy.mock?.port ?? 0;
    await proxy.close(0);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
});

describe("a replay", () => {
  it("answers for what was recorded, though it is no target", async () => {
    const running = await start(() => ({ replay: { folder: recordings() } }));
    const { out } = await curl(
      running,
      "--noproxy",
      "*",
      `http://127.0.0.1:${running.proxy.port}/upstream/http/recorded.test:8443${path}`,
    );
    expect(out).toBe("ok");
    expect(running.proxy.replay?.recordings).toBe(1);
  });

  it("passes on what was never recorded where it is to, and says what it did at its end", async () => {
    const running = await start(({ port }) => ({
      replay: { folder: recordings(), unrecorded: "pass" },
      resolve: { "api.test:81": `127.0.0.1:${port}` },
    }));
    expect((await curl(running, "-i", `http://api.test:81${path}`)).out).toContain("x-real: yes");
    expect(running.proxy.replay?.counts()).toEqual({ replayed: 0, passed: 1, unreachable: 0, missing: 0 });
    await running.proxy.close(0);
    expect(running.logged("replayed")).toMatchObject([{ msg: "0 replayed, 1 passed on" }]);
  });
});

describe("what can't stand in", () => {
  const logger = pino({ level: "silent" });

  it.each([
    [{}, "replay.folder is undefined, expected the folder of recordings"],
    [{ folder: 7 }, "replay.folder is 7, expected the folder of recordings"],
    [{ folder: "r", unrecorded: "pas" }, 'replay.unrecorded is "pas", expected "refuse" or "pass"'],
  ])("is a replay of %j", async (replay, message) => {
    // As a program in JavaScript can ask for it.
    const options = { replay: replay as { folder: string }, logger, port: 0 };
    await expect(startProxy(options)).rejects.toThrow(new ProxyError("bad-option", message));
  });

  it("is two at once", async () => {
    const both = { mock: {}, replay: { folder: "." }, logger, port: 0 };
    await expect(startProxy(both)).rejects.toThrow(
      new ProxyError(
        "bad-option",
        "a mock and a replay can't both answer for the targets; leave one of the two out",
      ),
    );
  });

  it("is one without a CA", async () => {
    await expect(startProxy({ mock: {}, logger, port: 0 })).rejects.toMatchObject({ code: "bad-option" });
  });

  it("is a folder that can't be read; a runtime of the caller's stays open", async () => {
    const directory = mkdtempSync(join(tmpdir(), "faultwire-stand-in-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const runtime = await openRuntime({ authority: { directory }, logger });
    const failed = startProxy({ runtime, replay: { folder: join(directory, "none") }, port: 0 });
    await expect(failed).rejects.toMatchObject({ code: "bad-folder" });
    await runtime.close();
  });
});
