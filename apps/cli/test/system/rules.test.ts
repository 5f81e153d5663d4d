/** Rules from files as a user meets them: the first 429, a change while it runs, reports and their exit status. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { readEventLog } from "@faultwire/fault-engine";
import { soon } from "@faultwire/testkit/soon";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { bin, type RunningFaultwire, runFaultwire, startFaultwire } from "../faultwire-process.ts";

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), "faultwire-rules-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let faultwire: RunningFaultwire | undefined;
afterEach(async () => {
  await faultwire?.stop();
  faultwire = undefined;
});

/** A busy machine takes longer. */
let files = 0;

function ruleFile(text: string): string {
  const path = join(scratch, `rules-${files++}.yaml`);
  writeFileSync(path, text);
  return path;
}

/** A rule that answers every message with this status. */
const failing = (status: number, when = "{}"): string =>
  `version: 1
seed: 42
targets: [api.anthropic.com]
rules:
  - name: busy
    match: { path: /v1/messages, model: "claude-*" }
    when: ${when}
    fault: { http: { status: ${status}, body: { error: busy }, retryAfter: 1s } }
`;

async function start(...flags: readonly string[]): Promise<RunningFaultwire> {
  faultwire = await startFaultwire("start", ...flags);
  return faultwire;
}

async function stop(
  signal?: NodeJS.Signals,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const ended = await faultwire?.stop(signal);
  faultwire = undefined;
  if (!ended) throw new Error("nothing runs");
  return ended;
}

/** Asks the API through HTTPS that is opened on its way. */
async function ask(
  text = "Hello!",
  header = "x-plain: 1",
): Promise<{ status: number; headers: string; body: string }> {
  const { proxy = "", caCert } = faultwire?.ready ?? { caCert: "" };
  const message = { model: "claude-sonnet-5-5", max_tokens: 16, messages: [{ role: "user", content: text }] };
  const { stdout } = await run("curl", [
    ...["-s", "-i", "--suppress-connect-headers", "--proxy", proxy, "--cacert", caCert],
    ...["-H", "x-api-key: sk-secret", "-H", "anthropic-version: 2023-06-01"],
    ...["-H", header, "-H", "content-type: application/json", "-d", JSON.stringify(message)],
    "https://api.anthropic.com/v1/messages",
  ]);
  const end = stdout.indexOf("\r\n\r\n");
  const headers = stdout.slice(0, end);
  return { status: Number(headers.split(" ")[1]), headers, body: stdout.slice(end + 4) };
}
const status = async (): Promise<number> => (await ask()).status;

describe("a rule file", () => {
  it("gives the first 429 through HTTPS, and the mock's answer after it", async () => {
    await start("--config", ruleFile(failing(429, "{ first: 1, per: client }")));
    const first = await ask();
    expect(first.status).toBe(429);
    expect(first.headers).toContain("retry-after: 1");
    expect(first.headers).toContain("x-faultwire: busy");
    expect(JSON.parse(first.body)).toEqual({ error: "busy" });
    const second = await ask();
    expect(second.status).toBe(200);
    expect(JSON.parse(second.body)).toMatchObject({ type: "message" });
    expect(faultwire?.stdout()).toContain("1 rule of ");
  });

  it("holds in forward mode", async () => {
    await start("--config", ruleFile(failing(529)));
    const proxy = new URL(faultwire?.ready.proxy ?? "");
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest({
        host: proxy.hostname,
        port: proxy.port,
        method: "POST",
        path: "http://api.anthropic.com/v1/messages",
        headers: { host: "api.anthropic.com" },
      });
      request.once("error", reject);
      request.once("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.end(JSON.stringify({ model: "claude-sonnet-5-5" }));
    });
    expect(answered).toBe(529);
  });

  it("may let requests choose for themselves", async () => {
    await start("--config", ruleFile(`version: 1\nheader: true\n`));
    const chosen = await ask("Hello!", "x-faultwire: anthropic/overloaded_error");
    expect(chosen.status).toBe(529);
    expect((await ask()).status).toBe(200);
    const refused = await ask("Hello!", "x-faultwire: &a [*a]");
    expect(refused.status).toBe(400);
    expect(refused.body).toContain("x-faultwire: an anchor");
  });

  it("comes before the flags, which get what it leaves", async () => {
    const config = ruleFile(failing(429, "{ first: 1 }"));
    await start("--config", config, "--error-probability", "1", "--status-code", "503");
    expect([await status(), await status()]).toEqual([429, 503]);
  });
});

describe("a rule file that changes", () => {
  it("is taken when it is written, and when an editor puts another one in its place", async () => {
    const path = ruleFile(failing(429));
    await start("--config", path);
    expect(await status()).toBe(429);
    writeFileSync(path, failing(503));
    await expect.poll(status).toBe(503);
    writeFileSync(`${path}~`, failing(529));
    renameSync(`${path}~`, path);
    await expect.poll(status).toBe(529);
  });

  it("may name other targets: they go to the mock as well", async () => {
    const path = ruleFile("version: 1\ntargets: [api.anthropic.com]\n");
    await start("--config", path);
    const askOther = async (): Promise<string> => {
      const url = `${faultwire?.ready.proxy}/upstream/https/eu.api.anthropic.com/v1/models`;
      const headers = ["-H", "x-api-key: x", "-H", "anthropic-version: 2023-06-01"];
      const { stdout } = await run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", ...headers, url]);
      return stdout;
    };
    // Its name does not resolve here, or the request ends at the real API.
    expect(await askOther()).not.toBe("200");
    writeFileSync(path, "version: 1\ntargets: [eu.api.anthropic.com]\n");
    await expect.poll(askOther).toBe("200");
    expect((await ask()).status).toBe(200);
  });

  it("is refused with its line where it is broken, and the rules before stay", async () => {
    const path = ruleFile(failing(429));
    await start("--config", path);
    writeFileSync(path, failing(503).replace("retryAfter", "retryAftr"));
    await expect.poll(() => faultwire?.stderr()).toContain("rules-refused");
    expect(faultwire?.stderr()).toContain(`${path}:8:58: rules[0].fault.http.retryAftr: unknown key`);
    expect(await status()).toBe(429);
  });

  it("is left alone with --no-watch, until SIGHUP", async () => {
    for (const flag of ["--no-watch", "--watch=false"]) {
      const path = ruleFile(failing(429));
      await start("--config", path, flag);
      writeFileSync(path, failing(503));
      expect(await status()).toBe(429);
      process.kill(faultwire?.pid ?? 0, "SIGHUP");
      await expect.poll(status).toBe(503);
      expect(faultwire?.stderr()).toContain('"why":"SIGHUP"');
      await stop();
    }
  });
});

it("a rule whose first are used up says so, and begins anew at SIGHUP", async () => {
  await start("--config", ruleFile(failing(503, "{ first: 1 }")));
  expect([await status(), await status()]).toEqual([503, 200]);
  const line = `busy is used up (first: 1), so it strikes no more. To count anew: kill -HUP ${faultwire?.pid}`;
  await expect.poll(() => faultwire?.stderr()).toContain(line);
  process.kill(faultwire?.pid ?? 0, "SIGHUP");
  await expect.poll(() => faultwire?.stderr()).toContain("all rules count anew");
  expect([await status(), await status()]).toEqual([503, 200]);
});

describe("--report", () => {
  const expecting = (demand: string): string =>
    `${failing(503, "{ first: 1 }")}asksOnce: true\nexpect:\n  - { rule: busy, ${demand} }\n`;

  it("writes events and reports, and ends with 0 where clients did what was expected", async () => {
    const folder = join(scratch, "good");
    await start("--config", ruleFile(expecting("retries: 1, endsWith: success")), "--report", folder);
    expect([await status(), await status()]).toEqual([503, 200]);
    const ended = await stop();
    expect(ended.status).toBe(0);
    expect(ended.stdout).toContain("2 passed, 0 failed, 0 unproven, 0 untested");
    const log = readFileSync(join(folder, "events.ndjson"), "utf8");
    expect(readEventLog(log).events.map(({ type }) => type)).toContain("done");
    expect(log).not.toContain("sk-secret");
    expect(log).not.toContain("Hello!");
    expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toMatchObject({ passed: true });
    expect(readFileSync(join(folder, "report.xml"), "utf8")).toContain("<testsuites");
    expect(readFileSync(join(folder, "report.html"), "utf8")).toContain("<!DOCTYPE html>");
    expect(readFileSync(join(folder, "report.md"), "utf8")).toContain("pass |");
    expect(readFileSync(join(folder, "report.txt"), "utf8")).toContain("ok");
  });

  it("ends with 1 where one did not", async () => {
    const folder = join(scratch, "bad");
    const config = ruleFile(expecting("honoursRetryAfter: true"));
    await start("--config", config, "--report", folder);
    expect([await status(), await status()]).toEqual([503, 200]);
    const ended = await stop("SIGINT");
    expect(ended.status).toBe(1);
    expect(ended.stdout).toMatch(/FAIL busy: waits as long as retry-after says/);

    const log = join(folder, "events.ndjson");
    const again = await runFaultwire(["report", log, "--rules", config]);
    expect(again).toMatchObject({ status: 1, stderr: "" });
    expect(again.stdout).toContain("FAIL busy");
    const without = await runFaultwire(["report", log, "--format", "json"]);
    expect(without.status).toBe(0);
    expect(JSON.parse(without.stdout)).toMatchObject({ passed: true, operations: [{ attempts: [{}, {}] }] });
    const out = join(scratch, "report.html");
    expect((await runFaultwire(["report", log, "--format", "html", "--out", out])).stdout).toBe("");
    expect(readFileSync(out, "utf8")).toContain("<!DOCTYPE html>");
  });

  it("is shown in the browser with --open", async () => {
    const folder = join(scratch, "shown");
    mkdirSync(folder);
    const log = join(folder, "events.ndjson");
    writeFileSync(log, '{"type":"connection","atMs":1,"connection":"c#1","client":"c","host":"h"}\n');
    const told = join(folder, "told");
    // What the system opens files with, in its place.
    for (const name of ["xdg-open", "open"])
      writeFileSync(join(folder, name), `#!/bin/sh\necho "$1" > '${told}'\n`, { mode: 0o755 });
    const shown = (path: string): { status: number | null; stderr: string } => {
      const env = { ...process.env, PATH: path };
      return spawnSync(process.execPath, [bin, "report", log, "--open"], { env, encoding: "utf8" });
    };
    const page = join(folder, "report.html");
    expect(shown(`${folder}:${process.env["PATH"] ?? ""}`)).toMatchObject({
      status: 3,
      stderr: `faultwire: ${page}\n`,
    });
    await expect.poll(() => existsSync(told) && readFileSync(told, "utf8")).toBe(`${page}\n`);
    expect(readFileSync(page, "utf8")).toContain("Nothing was judged");
    // Without such a program the page is there all the same, and the reason is said.
    expect(shown(scratch).stderr).toMatch(/report\.html is written, but .* can't be started \(ENOENT\)/);
  });

  it("leaves a log behind that can be judged, even where the process was killed", async () => {
    const folder = join(scratch, "killed");
    const config = ruleFile(expecting("retries: 1"));
    await start("--config", config, "--report", folder);
    await status();
    await status();
    const log = join(folder, "events.ndjson");
    await expect
      .poll(() => readEventLog(readFileSync(log, "utf8")).events.filter(({ type }) => type === "end"))
      .toHaveLength(2);
    await stop("SIGKILL");
    writeFileSync(log, `${readFileSync(log, "utf8")}{"type":"requ`);
    expect(await runFaultwire(["report", log, "--rules", config])).toMatchObject({ status: 0 });
  });

  it("whose folder has gone meanwhile is something to mend, and the end all the same", async () => {
    const folder = join(scratch, "gone");
    await start("--config", ruleFile(expecting("retries: 1")), "--report", folder);
    expect(await status()).toBe(503);
    rmSync(folder, { recursive: true });
    const ended = await stop();
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain(
      `event log ${join(folder, "events.ndjson")} can't be read (ENOENT: no such file or directory)`,
    );
  });

  it("says at the start that expectations are not judged without it", async () => {
    await start("--config", ruleFile(expecting("retries: 1")));
    expect(faultwire?.stderr()).toContain("judged with --report only");
  });
});

describe("faultwire check", () => {
  it("explains a file, and says what a thousand requests would meet", async () => {
    const path = ruleFile(failing(429, "{ every: 4 }"));
    const { status, stdout } = await runFaultwire(["check", path, "--simulate", "1000"]);
    expect(status).toBe(0);
    expect(stdout).toContain("1. busy: every 4th, counting requests with path /v1/messages, model claude-*");
    expect(stdout).toMatch(/busy +250 +25\.0 % {2}first: request 4/);
    expect(stdout).toMatch(/\(untouched\) +750 +75\.0 %/);
  });

  it("does so for programs", async () => {
    const { stdout } = await runFaultwire(["check", ruleFile(failing(429)), "--json", "--simulate", "10"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      targets: ["api.anthropic.com"],
      rules: [{ name: "busy", counts: "requests" }],
      simulation: { requests: 10, passed: 0 },
    });
  });

  it("explains the old JSON", async () => {
    const path = join(scratch, "old.json");
    writeFileSync(path, '{"error_probability": 0.25, "status_code": 529}');
    expect((await runFaultwire(["check", path])).stdout).toContain(
      "flags: 25 % by chance, counting requests",
    );
  });

  it("refuses what serve would refuse, for people and for programs", async () => {
    const path = ruleFile(failing(429).replace("match", "mathc"));
    const { status, stderr, stdout } = await runFaultwire(["check", path]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(`${path}:6:5: rules[0].mathc: unknown key (did you mean match?)`);
    const json = await runFaultwire(["check", path, "--json"]);
    expect(json).toMatchObject({ status: 2, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: [{ line: 6, column: 5 }] });
  });

  it.each([
    [["check"], "check wants a rule file, or --mix, and not both"],
    [["check", "none.yaml"], "rule file none.yaml can't be read (ENOENT: no such file or directory)"],
    [["check", "x", "--simulate", "0"], "Expected a whole number from 1 to 1000000"],
    [
      ["report", "none.ndjson"],
      "event log none.ndjson can't be read (ENOENT: no such file or directory); check its name",
    ],
    [["report", "x", "--format", "pdf"], "Allowed choices are text, json, junit, markdown, html"],
    [
      ["report", "x", "--rules", "none.yaml"],
      "rule file none.yaml can't be read (ENOENT: no such file or directory)",
    ],
  ])("%j is refused", async (args, line) => {
    const { status, stderr } = await runFaultwire(args);
    expect(status).toBe(2);
    expect(stderr).toContain(line);
  });

  it("a log without a request says so, and is no success", async () => {
    const path = join(scratch, "empty.ndjson");
    writeFileSync(path, "");
    const { status, stdout } = await runFaultwire(["report", path]);
    expect(status).toBe(3);
    expect(stdout).toContain("the log holds no request");
    const config = join(scratch, "expecting.yaml");
    writeFileSync(
      config,
      "version: 1\nrules: [{ name: a, fault: none }]\nexpect: [{ rule: a, retries: 1 }]\n",
    );
    expect(await runFaultwire(["report", path, "--rules", config])).toMatchObject({ status: 1 });
  });

  it("a log that is none is refused with its line", async () => {
    const path = join(scratch, "no.ndjson");
    writeFileSync(path, "hello\n");
    const { status, stderr } = await runFaultwire(["report", path]);
    expect(status).toBe(2);
    expect(stderr).toBe(
      `faultwire: ${path}: line 1 of the event log: not JSON; no line of the file is an event, as --report writes it to events.ndjson; check its name\n`,
    );
  });
});

describe("rules from standard input", () => {
  const piped = (input: string, ...args: readonly string[]) =>
    spawnSync(process.execPath, [bin, ...args], { input, encoding: "utf8" });

  it("are checked, and refused by that name", () => {
    expect(piped(failing(429), "check", "-").stdout).toContain("429");
    expect(piped("version: 2\n", "check", "-").stderr).toContain("standard input:1:1");
    const long = piped(`#${"x".repeat(1_048_576)}`, "check", "-");
    expect([long.status, long.stderr]).toEqual([2, expect.stringContaining("standard input can't be read")]);
  });

  it("are in force, and stay at SIGHUP", async () => {
    const child = spawn(process.execPath, [bin, "proxy", "--config", "-", "--port", "0"], {
      env: { ...process.env, FAULTWIRE_HOME: join(scratch, "home") },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
    child.stdin.end(failing(429));
    await expect.poll(() => said, { timeout: 30_000 }).toContain("standard input");
    child.kill("SIGHUP");
    await expect.poll(() => said).toContain("which can't be read again");
    child.kill();
    await soon(once(child, "exit"), "the event exit of child", 45_000);
  });

  it("are not for run, whose program has it", () => {
    const { status, stderr } = piped("", "run", "--config", "-", "--", "true");
    expect([status, stderr]).toEqual([2, expect.stringContaining("--config -: standard input is that of")]);
  });
});
