/** Keys in everything that a client sends and a user types: none is in what the command says, writes or leaves. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { bin, startFaultwire } from "../faultwire-process.ts";

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), "faultwire-planted-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const secret = "Zk3nD8sQ2mVx7Lp0Rt5Y";
/** One of each kind that stands in headers, paths and bodies. */
const keys = [
  `sk-ant-api03-${secret}`,
  `AIza${secret}`,
  `xai-${secret}`,
  `ghp_${secret}`,
  `Bearer ${secret}`,
  `api_key=${secret}`,
];

it.each(["json", "pretty"])("in the %s log, the lines, the reports and the ready file", async (format) => {
  const report = join(scratch, format);
  const flags = ["--error-probability", "0.5", "--log-format", format, "--verbose", "--report", report];
  const faultwire = await startFaultwire("start", ...flags);
  const { proxy = "", caCert } = faultwire.ready;
  const curl = (...args: readonly string[]) =>
    run("curl", ["-s", "-o", "/dev/null", "--cacert", caCert, ...args]).catch(() => {});
  for (const key of keys) {
    const inUrl = encodeURIComponent(key);
    const headers = [
      "user-agent",
      "x-api-key",
      "x-faultwire-operation",
      "x-request-id",
      "x-stainless-runtime",
      "cookie",
      "idempotency-key",
    ];
    const planted = headers.flatMap((name) => ["-H", `${name}: ${key}`]);
    const body = JSON.stringify({ model: key, max_tokens: 1, messages: [{ role: "user", content: key }] });
    const path = `v1/messages/${inUrl}?key=${inUrl}`;
    await curl("--proxy", proxy, ...planted, "-d", body, `https://api.anthropic.com/${path}`);
    await curl(...planted, "-d", body, `${proxy}/anthropic/${path}`);
    await curl("--proxy", proxy, "-A", key, `http://127.0.0.1:9/${path}`);
    await curl("--proxy", proxy, "-A", key, `https://${key.replace(/[ =]/g, "-")}.invalid/`);
    const word = JSON.stringify({ outcome: "error", operation: key, text: `it said ${key}` });
    await curl("-d", word, `${proxy}/outcome`);
  }
  const said = await faultwire.stop();
  const written = readdirSync(report).map((name) => readFileSync(join(report, name), "utf8"));
  expect(written.join("")).toContain("[masked]");
  expect(said.stderr).toContain("[masked]");
  for (const text of [said.stdout, said.stderr, JSON.stringify(faultwire.ready), ...written])
    expect(text.split("\n").filter((line) => line.includes(secret))).toEqual([]);
});

it.each([
  ["an unknown flag", ["proxy", `--api-key=${keys[0]}`]],
  ["a value that is none", ["proxy", "--port", keys[0] ?? ""]],
  ["a file that is not there", ["check", `${keys[0]}.yaml`]],
  ["a command that is none", [keys[0] ?? ""]],
])("in the error about %s", (_, args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { encoding: "utf8" });
  expect(status).toBe(2);
  expect(stderr).toContain("[masked]");
  expect(stdout + stderr).not.toContain(secret);
});
