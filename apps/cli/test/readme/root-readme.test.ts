/** Every command of the README at the top, pasted: against a run with its own rule file, on ports that are free. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineEvent } from "@faultwire/fault-engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LineWriter } from "../../src/traffic/line-writer.ts";
import { Traffic } from "../../src/traffic/traffic.ts";
import { type RunningFaultwire, runFaultwire, startFaultwire } from "../faultwire-process.ts";
import { doneEvent, endEvent, requestEvent, responseEvent } from "../support/traffic-events.ts";

const readme = readFileSync(join(import.meta.dirname, "../../../../README.md"), "utf8");
const bin = join(import.meta.dirname, "../../bin/faultwire.js");
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, "g"))].map(([, text = ""]) => text);
/** Commands, without what is said of them. */
const commands = blocks("sh")
  .flatMap((block) => block.trim().split("\n"))
  .map((line) => line.replace(/\s+# .*$/, ""));

const rulesOfReadme = blocks("yaml")[0] ?? "";
/** What stands in the README for a program of the reader's. */
const program = "python my_agent.py";
const folder = mkdtempSync(join(tmpdir(), "faultwire-readme-"));
let faultwire: RunningFaultwire;

beforeAll(async () => {
  writeFileSync(join(folder, "faults.yaml"), rulesOfReadme);
  const programs = join(folder, "bin");
  mkdirSync(programs);
  const shim = (name: string, text: string): void =>
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  shim("npx", `shift; exec "${process.execPath}" "${bin}" "$@"`);
  shim(
    "python",
    // An agent that asks until it gets an answer, and says the statuses.
    `url="\${ANTHROPIC_BASE_URL:-https://api.anthropic.com}/v1/messages"
body='{"model":"claude-sonnet-5-5","max_tokens":1,"messages":[{"role":"user","content":"x"}]}'
for attempt in 1 2 3; do
  status=$(curl -s -o /dev/null -w '%{http_code}' -d "$body" -H 'content-type: application/json' -H 'x-api-key: x' -H 'anthropic-version: 2023-06-01' "$url")
  echo "$status"
  [ "$status" != 429 ] || sleep 2.1
done`,
  );
  faultwire = await startFaultwire("start", ...flagsOf("npm start -- --config faults.yaml --report out"));
});
afterAll(async () => {
  await faultwire.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The flags behind a command, with files in the folder of this test. */
const flagsOf = (command: string): string[] =>
  command
    .replace(/^.*? -- /, "")
    .split(" ")
    .map((word) => (/^(faults\.yaml|out)$/.test(word) ? join(folder, word) : word));

/** Pastes lines into a shell whose proxy listens elsewhere than the README says. */
function paste(...lines: readonly string[]): Promise<{ status: number; output: string }> {
  const script = lines.join("\n").replaceAll("http://127.0.0.1:3180", faultwire.ready.proxy ?? "");
  const env = {
    PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
    FAULTWIRE_HOME: faultwire.home,
    HOME: folder,
  };
  return new Promise((resolve) => {
    execFile("sh", ["-c", script], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

const lineWith = (part: string): string =>
  commands.find((line) => line.includes(part)) ?? `none with ${part}`;

describe("the README", () => {
  it("holds no command but those that are pasted here, or run by other tests", () => {
    const pasted = [
      "curl ",
      "ANTHROPIC_BASE_URL=",
      'eval "',
      "faultwire run",
      "faultwire check",
      "grpc-plugin",
    ];
    const known = [...pasted.map(lineWith), program];
    const elsewhere = [
      // By the trial of a fresh clone.
      "npm start",
      "npm test",
      // Below.
      "npm start -- --config faults.yaml --report out",
      "npm start -- --error-probability 0.5 --status-code 529 --seed 42",
      "npx faultwire serve",
    ];
    expect(commands.filter((line) => ![...known, ...elsewhere].includes(line))).toEqual([]);
  });

  it("asks with curl, by a base URL", async () => {
    const { status, output } = await paste(`${lineWith("curl ")} 2>/dev/null`);
    expect(status).toBe(0);
    expect(JSON.parse(output)).toHaveProperty("data");
  });

  it("leads a program here by a base URL, and its rule file fails it twice", async () => {
    expect(await paste(lineWith("ANTHROPIC_BASE_URL="))).toEqual({ status: 0, output: "429\n429\n200\n" });
  });

  it("leads a program here by the proxy, and knows it for the same client", async () => {
    expect(await paste(lineWith('eval "'), program)).toEqual({ status: 0, output: "200\n200\n200\n" });
  });

  it("has one command run and judged", async () => {
    // With the flags that its output was made with: without --mock it would ask the real API.
    const [flags = ""] = /--mock --mix realistic --seed 4/.exec(readme) ?? [];
    const { output } = await paste(lineWith("faultwire run").replace(" run -- ", ` run ${flags} -- `));
    const printed = blocks("text").find((text) => text.startsWith("faultwire: "));
    expect(output).toContain(printed?.split("\n", 1)[0]);
    expect(output).toMatch(/^(?:000|200|429|5\d\d)$/m);
    expect(output).toMatch(/faultwire: 3 requests to api\.anthropic\.com$/m);
  });

  it("says beforehand what a file will do", async () => {
    const { status, output } = await paste(lineWith("faultwire check"));
    expect(status).toBe(0);
    expect(output).toContain("throttled-twice");
  });

  it("makes a rule of flags", async () => {
    const flags = flagsOf(lineWith("--error-probability"));
    const running = await startFaultwire("start", ...flags);
    expect(running.stdout()).toContain("50 % of requests answered with 529");
    expect(running.stdout()).toContain("seed 42");
    await running.stop();
  });

  it("gives the Fault proxy what serve prints", async () => {
    const serve = await startFaultwire("serve");
    const printed = serve.stdout().slice(serve.stdout().indexOf("fault run")).split("\n\n")[0] ?? "";
    const [server = "", client = ""] = serve.ready.plugins;
    const line = printed
      .replaceAll(/\s*\\\n\s*/g, " ")
      .replace(server, "http://127.0.0.1:50051")
      .replace(client, "http://127.0.0.1:50052");
    expect(line).toBe(lineWith("grpc-plugin"));
    await serve.stop();
  });

  it("refuses nothing of its own", async () => {
    expect((await runFaultwire(["check", join(folder, "faults.yaml")])).status).toBe(0);
  });

  it("shows lines as they are written", () => {
    let text = "";
    const lines = new LineWriter({
      write: (more) => (text += more),
      colors: false,
      // Without room for the time of day.
      width: () => 126,
      clock: () => "12:00:00",
    });
    const traffic = new Traffic({
      finished: (request) => lines.request(request),
      connectionFault() {},
      passed() {},
    });
    let asked = 0;
    const exchange = (name: string, at: number, ms: number, status: number): EngineEvent[] => [
      // As SDKs count.
      requestEvent(name, at, { stream: true, retryCount: asked++ }),
      ...(status === 429 ? [doneEvent(name, "throttled-twice")] : []),
      responseEvent(name, at, status),
      endEvent(name, at + ms, "complete", status === 200 ? 24 : undefined),
    ];
    const events = [exchange("a", 0, 3, 429), exchange("b", 2053, 2, 429), exchange("c", 4165, 812, 200)];
    for (const event of events.flat()) traffic.onEvent(event);
    expect(blocks("text")).toContain(text.replaceAll(/^12:00:00 {2}/gm, ""));
  });
});
