/** What docs/verdicts.md gives to be pasted: the rule file is taken, and both helpers say what they are told to say. */
import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseOutcome, parseRuleFile, type ReportedOutcome } from "@faultwire/fault-engine";
import { expect, it, onTestFinished } from "vitest";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/verdicts.md"), "utf8");
const codeOf = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? "";
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** Runs a program with a server for outcomes, and gives what the server was told. */
async function toldBy(command: string, file: string, text: string): Promise<ReportedOutcome[]> {
  const told: ReportedOutcome[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      told.push(parseOutcome(Buffer.concat(parts)));
      response.writeHead(204).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const folder = mkdtempSync(join(tmpdir(), "faultwire-verdicts-"));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, file);
  writeFileSync(path, text);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/outcome`;
  for (const env of [{ ...process.env, FAULTWIRE_OUTCOME_URL: url }, process.env])
    await new Promise<void>((resolve, reject) => {
      execFile(command, [path], { env }, (error) => (error ? reject(error) : resolve()));
    });
  return told;
}

const expected = [{ outcome: "error", operation: "summary 7", text: "stream ended early" }];

it("has a helper in JavaScript, which does nothing outside of a run", async () => {
  const call = `await sayOutcome("error", { operation: "summary 7", text: "stream ended early" });`;
  expect(await toldBy(process.execPath, "program.mjs", `${codeOf("js")}${call}\n`)).toEqual(expected);
});

it.skipIf(!hasPython)("has the same in Python", async () => {
  const call = `say_outcome("error", operation="summary 7", text="stream ended early")`;
  const program = `import json, os, urllib.request\n${codeOf("python")}${call}\n`;
  expect(await toldBy("python3", "program.py", program)).toEqual(expected);
});

it("has a rule file for a program that asks nothing twice", () => {
  const { ruleSet } = parseRuleFile(codeOf("yaml"), "verdicts.yaml");
  expect(ruleSet).toMatchObject({ asksOnce: true, expect: [{ rule: "throttled-twice" }] });
});
