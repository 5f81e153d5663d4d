/** Events tell who answered: the mock, a recording, the replay by its 404, the real API behind a replay; or the upstream itself. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jsonReport, judge } from "@faultwire/fault-engine";
import { encodeRecording, openRecorder, recordingLimits } from "@faultwire/recordings";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { curl } from "../support/curl.ts";
import { ask } from "../support/http2-world.ts";
import { type ProxyUnderTest, runProxy } from "../support/running-proxy.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-who-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A folder in which `/recorded` is recorded, in clear and over TLS. */
function recordings(): string {
  const folder = newFolder();
  for (const scheme of ["http", "https"] as const)
    writeFileSync(
      join(folder, `${scheme}.json`),
      encodeRecording({
        recordedAt: "2026-11-29T00:00:00.000Z",
        request: {
          ...{ scheme, host: "api.test", method: "GET", target: "/recorded" },
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

/** An API in clear that says yes, and what it was asked. */
async function startApi(
  says = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes",
): Promise<{ readonly port: number; readonly heard: () => string }> {
  let heard = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      socket.write(says);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, heard: () => heard };
}

/** Of each request, in the order of their responses: its path, its status, and who answered. */
function answers({ told }: ProxyUnderTest): string[] {
  const paths = new Map(told("request").map(({ request, path }) => [request, path]));
  return told("response").map(
    ({ request, status, standsIn, answeredBy = standsIn ? "stands in" : "-" }) =>
      `${paths.get(request)} ${status} ${answeredBy}`,
  );
}

const rules = '[{ name: busy, match: { path: "/busy" }, fault: { http: { status: 503 } } }]';
const urls = (scheme: string, ...paths: readonly string[]): string[] =>
  paths.flatMap((path) => ["-o", "/dev/null", `${scheme}://api.test${path}`]);

const ways: readonly (readonly [name: string, scheme: string, ...args: string[]])[] = [
  ["HTTP/1.1 in clear", "http"],
  ["HTTP/1.1 in TLS", "https", "--http1.1"],
  ["HTTP/2 in TLS", "https", "--http2"],
  ["HTTP/2, many at once", "https", "--http2", "--parallel", "--parallel-immediate"],
];

it.each(ways)("a mock: %s", async (_name, scheme, ...args) => {
  const running = await runProxy(rules, { mock: {}, http2: "on" });
  await curl(running, ...args, ...urls(scheme, "/v1/none", "/busy", "/v1/other"));
  expect(answers(running).sort()).toEqual(["/busy 503 -", "/v1/none 404 mock", "/v1/other 404 mock"]);
});

it.each(ways)("a replay: %s", async (_name, scheme, ...args) => {
  const running = await runProxy(rules, { replay: { folder: recordings() }, http2: "on" });
  await curl(running, ...args, ...urls(scheme, "/recorded", "/busy", "/never", "/recorded"));
  expect(answers(running).sort()).toEqual([
    "/busy 503 -",
    "/never 404 no-recording",
    "/recorded 200 recording",
    "/recorded 200 recording",
  ]);
});

const passing = (port: number): ProxySettings => ({
  replay: { folder: recordings(), unrecorded: "pass" },
  resolve: { "api.test:80": `127.0.0.1:${port}` },
  http2: "on",
});

it("a replay that passes on; the API hears nothing of it, and a client can't say it", async () => {
  const api = await startApi();
  const recorded = newFolder();
  const recorder = await openRecorder({ folder: recorded });
  const running = await runProxy(rules, { ...passing(api.port), tap: recorder.tap });
  const spoofed = ["-H", "x-faultwire-request: 1"];
  await curl(running, ...spoofed, ...urls("http", "/recorded", "/busy", "/never", "/recorded"));
  expect(answers(running).sort()).toEqual([
    "/busy 503 -",
    "/never 200 passed-on",
    "/recorded 200 recording",
    "/recorded 200 recording",
  ]);
  await running.proxy.close(0);
  await recorder.close();
  expect(api.heard()).toMatch(/^GET \/never HTTP\/1\.1\r\n/);
  expect(api.heard()).not.toContain("x-faultwire-request");
  const [file = ""] = readdirSync(recorded);
  const text = readFileSync(join(recorded, file), "utf8");
  expect([text.includes("/never"), text.includes("x-faultwire-request")]).toEqual([true, false]);
});

const replayIsTranslated =
  "what stands in for api.test has http/1.1 alone; what the client says by h2 is translated";
const nowhere: ProxySettings = {
  http2: "on",
  resolve: { "api.test:80": "127.0.0.1:1", "api.test:443": "127.0.0.1:1" },
};
/** Ways to ask `api.test` in clear by HTTP/2 with prior knowledge: curl's arguments for a path. */
const priorKnowledge: readonly (readonly [
  name: string,
  argsOf: (proxy: string, path: string) => readonly string[],
])[] = [
  ["in a tunnel", (_proxy, path) => ["--proxytunnel", `http://api.test${path}`]],
  [
    "in a tunnel of SOCKS",
    (proxy, path) => ["--proxy", proxy.replace("http:", "socks5h:"), `http://api.test${path}`],
  ],
  ["at a base URL", (proxy, path) => ["--noproxy", "*", `${proxy}/upstream/http/api.test${path}`]],
  // The target of such a request is whole, as it is for a proxy in HTTP/1.1.
  [
    "in absolute form",
    (proxy, path) => ["--noproxy", "*", "--request-target", `http://api.test${path}`, proxy],
  ],
];

describe.each(priorKnowledge)("HTTP/2 with prior knowledge %s", (_name, argsOf) => {
  /** Asks for each path on a connection of its own: curl 7.88 uses none of these twice. */
  async function askFor(running: ProxyUnderTest, paths: readonly string[], ...more: readonly string[]) {
    const got: string[] = [];
    for (const path of paths) {
      const args = ["--http2-prior-knowledge", "-w", " %{http_code} %{http_version}", ...more];
      const { exit, out } = await curl(running, ...args, ...argsOf(running.proxy.url, path));
      got.push(exit === 0 ? out : `exit ${exit}`);
    }
    return got;
  }

  it("is answered by a replay that passes on, and by the API behind it", async () => {
    const api = await startApi();
    const running = await runProxy(rules, passing(api.port));
    const got = await askFor(running, ["/recorded", "/never", "/busy"]);
    expect(got.slice(0, 2)).toEqual(["ok 200 2", "yes 200 2"]);
    expect(answers(running)).toEqual(["/recorded 200 recording", "/never 200 passed-on", "/busy 503 -"]);
    expect(api.heard()).toMatch(/^GET \/never HTTP\/1\.1\r\n/);
    expect(api.heard()).not.toContain("x-faultwire-request");
    expect(running.logged("translated")).toContainEqual(
      expect.objectContaining({
        host: "api.test",
        client: "h2",
        upstream: "http/1.1",
        msg: replayIsTranslated,
      }),
    );
  });

  it("is told where the API behind the replay can't be reached, also with much to say", async () => {
    const running = await runProxy(rules, { ...passing(1), ...nowhere });
    const [first] = await askFor(running, ["/never"]);
    expect(first).toMatch(/ECONNREFUSED.* 502 2$/s);
    const large = join(newFolder(), "large");
    writeFileSync(large, Buffer.alloc(400_000, "a"));
    const [second] = await askFor(running, ["/much"], "-T", large);
    expect(second).toMatch(/ECONNREFUSED.* 502 2$/s);
    expect(answers(running)).toEqual(["/never 502 stands in", "/much 502 stands in"]);
    expect(running.proxy.replay?.counts()).toMatchObject({ passed: 0, unreachable: 2 });
  });

  it("is answered by a replay alone, and by a mock", async () => {
    const replayed = await runProxy(rules, { replay: { folder: recordings() } });
    await askFor(replayed, ["/recorded", "/never", "/busy"]);
    expect(answers(replayed)).toEqual(["/recorded 200 recording", "/never 404 no-recording", "/busy 503 -"]);
    const mocked = await runProxy(rules, { mock: {} });
    await askFor(mocked, ["/v1/none"]);
    expect(answers(mocked)).toEqual(["/v1/none 404 mock"]);
  });
});

it("many requests of one client of HTTP/2 in clear are answered at the same time, or in turn", async () => {
  const running = await runProxy(rules, { ...passing(1), ...nowhere });
  const session = connectHttp2(running.proxy.url);
  onTestFinished(() => session.destroy());
  const paths = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? "/recorded" : "/never"));
  const got = await Promise.all(
    paths.map((path) => ask(session, { ":path": `/upstream/http/api.test${path}` })),
  );
  expect(got.map(({ status }) => status)).toEqual(paths.map((path) => (path === "/never" ? 502 : 200)));
});

/** Beside `/busy`: what happens to responses, in frames, in bodies and by a budget of one request. */
const striking = `[
  { name: busy, match: { path: "/busy" }, fault: { http: { status: 503 } } },
  { name: cut, match: { path: "/cut" }, fault: { http: { truncate: { afterShare: 0.5 } } } },
  { name: gone, match: { path: "/gone" }, fault: { http2: { reset: { code: INTERNAL_ERROR, at: response-head } } } },
  { name: budget, match: { path: "/budget" }, fault: { http: { rateLimit: { requestsPerMinute: 1, per: all } } } },
]`;

describe.each([
  ["behind a replay that passes on", true],
  ["without a replay", false],
] as const)("an API that can't be reached, %s", (_name, isReplayed) => {
  const settings = (): ProxySettings => (isReplayed ? { ...passing(1), ...nowhere } : nowhere);

  it.each(ways)("is told as that, and no fault strikes: %s", async (_way, scheme, ...args) => {
    const running = await runProxy(striking, settings());
    const paths = ["/never", "/busy", "/cut", "/gone", "/never"];
    await curl(running, ...args, ...urls(scheme, ...paths));
    expect(answers(running).sort()).toEqual([
      "/busy 503 -",
      "/cut 502 stands in",
      "/gone 502 stands in",
      "/never 502 stands in",
      "/never 502 stands in",
    ]);
    expect(running.told("done").map(({ rule }) => rule)).toEqual(["busy"]);
    const undone = running.told("undone").map(({ rule, reason }) => `${rule}: ${reason}`);
    expect(undone.sort()).toEqual([
      "cut: the upstream can't be reached",
      // A client that speaks both versions gets HTTP/1.1 from who passes on.
      expect.stringMatching(
        /^gone: (?:the upstream can't be reached|HTTP\/1\.1 is spoken on this connection.*)$/,
      ),
    ]);
  });

  it.each(ways)(
    "a budget that lets a request pass is not told, one that refuses is: %s",
    async (_way, scheme, ...args) => {
      const running = await runProxy(striking, settings());
      await curl(running, ...args, ...urls(scheme, "/budget", "/budget"));
      expect(answers(running).sort()).toEqual(["/budget 429 -", "/budget 502 stands in"]);
      expect(running.told("decision").map(({ rule }) => rule)).toEqual(["budget"]);
      expect(running.told("done").map(({ rule }) => rule)).toEqual(["budget"]);
      expect(running.told("undone")).toEqual([]);
    },
  );

  it("is told as that over HTTP/2, to whichever version it is translated", async () => {
    const running = await runProxy(striking, settings());
    const at = `http://127.0.0.1:${running.proxy.port}/upstream/https/api.test`;
    // curl can't use such a connection twice.
    for (const path of ["/never", "/cut", "/gone", "/budget"])
      await curl(running, "--noproxy", "*", "--http2-prior-knowledge", at + path);
    expect(answers(running).sort()).toEqual([
      "/budget 502 stands in",
      "/cut 502 stands in",
      "/gone 502 stands in",
      "/never 502 stands in",
    ]);
    // Of the API nobody knows what it has.
    for (const { msg } of running.logged("translated")) expect(msg).toBe(replayIsTranslated);
    expect(running.told("done")).toEqual([]);
    const undone = running.told("undone").map(({ rule, reason }) => `${rule}: ${reason}`);
    expect(undone.sort()).toEqual([
      "cut: the upstream can't be reached",
      "gone: the upstream can't be reached",
    ]);
  });

  it("is nobody's answer in the report", async () => {
    const running = await runProxy(striking, settings());
    await curl(running, ...urls("http", "/never", "/busy"));
    const report = JSON.parse(jsonReport({ title: "t", judgement: judge([], running.events) })) as {
      operations: { attempts: { path: string; answeredBy?: string }[] }[];
    };
    const attempts = report.operations.flatMap((operation) => operation.attempts);
    expect(attempts.map(({ path, answeredBy }) => [path, answeredBy])).toEqual([
      ["/never", "no-upstream"],
      ["/busy", undefined],
    ]);
  });
});

it("a replay counts what reached no API for itself", async () => {
  const running = await runProxy(rules, { ...passing(1), ...nowhere });
  await curl(running, ...urls("http", "/never", "/recorded", "/never"));
  expect(running.proxy.replay?.counts()).toEqual({ replayed: 1, passed: 0, unreachable: 2, missing: 0 });
  await running.proxy.close(0);
  expect(running.logged("replayed")).toMatchObject([
    { msg: "1 replayed, 0 passed on, 2 for which the real API could not be reached" },
  ]);
});

it("a fault of another Faultwire on the way is the API's answer", async () => {
  const api = await startApi("HTTP/1.1 529 Overloaded\r\nx-faultwire: a-rule\r\ncontent-length: 0\r\n\r\n");
  const running = await runProxy(rules, passing(api.port));
  await curl(running, ...urls("http", "/never"));
  expect(answers(running)).toEqual(["/never 529 passed-on"]);
});

it("what a replay refuses by itself has no recording, and is not the API's", async () => {
  const running = await runProxy(rules, { replay: { folder: recordings() } });
  const large = join(newFolder(), "large");
  writeFileSync(large, "");
  truncateSync(large, recordingLimits.maxRequestBytes + 1);
  await curl(running, "-T", large, "-H", "expect:", ...urls("http", "/recorded"));
  expect(answers(running)).toEqual(["/recorded 413 no-recording"]);
});

it("an upstream of its own is told as before, also beside a mock", async () => {
  const api = await startApi();
  const resolve = { "api.test:80": `127.0.0.1:${api.port}` };
  const running = await runProxy(rules, { mock: {}, resolve });
  await curl(running, ...urls("http", "/own", "/busy"));
  expect(answers(running)).toEqual(["/own 200 -", "/busy 503 -"]);
  expect(api.heard()).not.toContain("x-faultwire-request");
});
