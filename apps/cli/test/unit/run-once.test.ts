/** One run from the start of the proxy to what came of it, in this process: the command is another one. */
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import type { World } from "../../src/run/open-world.ts";
import { runVariable } from "../../src/run/process-tree.ts";
import { type RunOnceOptions, runOnce, type SignalTarget } from "../../src/run/run-once.ts";
import { ownHome } from "../support/own-home.ts";

ownHome();

const rules = (text: string) => ({
  builtIn: { title: "rules of the test", text },
  single: { seed: "7" },
  watch: false,
});
const always =
  "version: 1\ntargets: [api.test]\nrules: [{ name: busy, fault: { http: { status: 503 } } }]\nexpect: [{ rule: busy, retries: 0 }]\n";

/** Runs a command once; gives what came of it, and all that was told on the way. */
async function ran(command: RunOnceOptions["command"], more: Partial<RunOnceOptions> = {}, text = always) {
  const worlds: World[] = [];
  const targets: (SignalTarget | undefined)[] = [];
  const outcome = await runOnce({
    world: {
      runtime: { rules: rules(text), intercept: true, logger: pino({ level: "silent" }), upstream: {} },
    } as RunOnceOptions["world"],
    command,
    timeoutMs: undefined,
    askedBy: () => undefined,
    baseUrls: false,
    watched: { upstreams: new Set() },
    onReady: (world) => worlds.push(world),
    onRunning: (target) => targets.push(target),
    ...more,
  });
  return { outcome, worlds, targets };
}

const node = (script: string) => [process.execPath, "-e", script] as const;
/** Sends the proxy a request for a target, in clear, and ends with the status that comes. */
const asks = `
const proxy = new URL(process.env.HTTP_PROXY);
require("node:http").get({ host: proxy.hostname, port: proxy.port, path: "http://api.test/v1/x", headers: { host: "api.test" } },
  (response) => { response.resume(); process.exitCode = response.statusCode === 503 ? 5 : 6; });`;

/** The same by HTTP/2 with prior knowledge, straight at the port; ends with the code of a GOAWAY, where one comes. */
const asksByHttp2 = `
const session = require("node:http2").connect(process.env.HTTP_PROXY);
session.on("error", () => {});
session.on("goaway", (code) => { process.exitCode = code; });
const request = session.request({ ":path": "/upstream/http/api.test/v1/x" });
request.on("error", () => {});
request.on("response", (fields) => { process.exitCode = fields[":status"] === 503 ? 5 : 6; });
request.resume();
request.on("close", () => session.close());`;

describe("a run", () => {
  it.each([
    ["alone", 5],
    ["off", 13],
  ] as const)("speaks HTTP/2 as --http2 %s says", async (http2, status) => {
    const runtime = {
      rules: rules(always),
      intercept: true,
      logger: pino({ level: "silent" }),
      upstream: {},
    };
    const world = { runtime, http2 } as RunOnceOptions["world"];
    const { outcome } = await ran(node(asksByHttp2), { world });
    expect(outcome.end).toEqual({ kind: "exited", status });
  });

  it("counts what came by, and judges it", async () => {
    const { outcome, worlds, targets } = await ran(node(asks));
    expect(outcome.end).toEqual({ kind: "exited", status: 5 });
    expect([outcome.tally.requests, outcome.targets, outcome.seed, outcome.title]).toEqual([
      1,
      ["api.test"],
      "7",
      "rules of the test",
    ]);
    expect(outcome.counts).toEqual([{ rule: "busy", matches: 1, hits: 1 }]);
    expect(outcome.judgement?.verdicts.map(({ outcome: verdict }) => verdict)).toEqual(["pass"]);
    expect(outcome.judgement?.passed).toBe(true);
    expect([outcome.timedOutMs, outcome.underWay, outcome.leftovers, outcome.refusals]).toEqual([
      undefined,
      undefined,
      [],
      [],
    ]);
    expect(worlds).toHaveLength(1);
    // What signals act upon is there while the command runs, and no longer.
    expect([targets.length, targets[0] === undefined, targets[1]]).toEqual([2, false, undefined]);
    // All of it has ended.
    await expect(fetch(worlds[0]?.proxy.url ?? "")).rejects.toThrow();
  });

  it("is judged by the first events alone, so that a run of days fills no memory, and counted by all", async () => {
    const { outcome } = await ran(node(asks), { maxEvents: 1 });
    expect(outcome.judgement?.operations).toEqual([]);
    expect(outcome.judgement?.passed).toBe(false);
    expect([outcome.tally.requests, outcome.counts]).toEqual([1, [{ rule: "busy", matches: 1, hits: 1 }]]);
  });

  it("of a command that can't be started judges nothing", async () => {
    const { outcome } = await ran(["/no/such/command"]);
    expect([outcome.end.kind, outcome.judgement, outcome.tally.requests]).toEqual([
      "not-started",
      undefined,
      0,
    ]);
  });
});

describe.runIf(process.platform === "linux")("what a command leaves behind", () => {
  it("is named, and goes on", async () => {
    const { outcome } = await ran(["sh", "-c", "sleep 1000 & echo"]);
    onTestFinished(() => {
      for (const { pid } of outcome.leftovers) process.kill(pid, "SIGKILL");
    });
    expect(outcome.leftovers).toHaveLength(1);
    expect(process.env[runVariable]).toBeUndefined();
  });
});
