/** Events tell who answered: the mock, a recording, the replay by its 404, the real API behind a replay; or the upstream itself. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecording, openRecorder } from "@faultwire/recordings";
import { expect, it, onTestFinished } from "vitest";
import type { ProxySettings } from "../../src/index.ts";
import { curl } from "../support/curl.ts";
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
async function startApi(): Promise<{ readonly port: number; readonly heard: () => string }> {
  let heard = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard += bytes.toString("latin1");
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes");
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
    ({ request, status, answeredBy = "-" }) => `${paths.get(request)} ${status} ${answeredBy}`,
  );
}

const rules = '[{ name: busy, match: { path: "/busy" }, fault: { http: { status: 503 } } }]';
const urls = (scheme: string, ...paths: readonly string[]): string[] =>
  paths.flatMap((path) => ["-o", "/dev/null", `${scheme}://api.test${path}`]);

const ways: readonly (readonly [name: string, scheme: string, ...args: string[]])[] = [
  ["HTTP/1.1 in clear", "http"],
  ["HTTP/1.1 in TLS", "https"],
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

it("a replay that passes on what came by HTTP/2, translated, many at once", async () => {
  const running = await runProxy(rules, { ...passing(1), resolve: { "api.test:443": "127.0.0.1:1" } });
  const args = ["--http2", "--parallel", "--parallel-immediate"];
  await curl(running, ...args, ...urls("https", "/recorded", "/busy", "/never", "/recorded", "/never"));
  expect(answers(running).sort()).toEqual([
    "/busy 503 -",
    "/never 502 passed-on",
    "/never 502 passed-on",
    "/recorded 200 recording",
    "/recorded 200 recording",
  ]);
});

it("an API that can't be reached behind a replay was passed on to all the same", async () => {
  const running = await runProxy(rules, passing(1));
  await curl(running, ...urls("http", "/never"));
  expect(answers(running)).toEqual(["/never 502 passed-on"]);
});

it("an upstream of its own is told as before, also beside a mock", async () => {
  const api = await startApi();
  const resolve = { "api.test:80": `127.0.0.1:${api.port}` };
  const running = await runProxy(rules, { mock: {}, resolve });
  await curl(running, ...urls("http", "/own", "/busy"));
  expect(answers(running)).toEqual(["/own 200 -", "/busy 503 -"]);
  expect(api.heard()).not.toContain("x-faultwire-request");
});
