import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { openRuntime as open, type RuntimeOptions } from "../../src/index.ts";

const scratch = mkdtempSync(join(tmpdir(), "faultwire-readme-"));

/** The example's file names, in a folder that goes away. */
const openRuntime = (
  options: RuntimeOptions & { readonly rules: { file: string }; readonly report: string },
) =>
  open({
    ...options,
    rules: { file: join(scratch, options.rules.file) },
    report: join(scratch, options.report),
  });

// Between the marks: the README's example, word for word.
async function example(): Promise<void> {
  // <example>
  const runtime = await openRuntime({
    rules: { file: "faults.yaml" },
    report: "out",
    logger: pino({ level: "warn" }),
  });
  console.log(`may fail: ${runtime.rules.sources.targets.join(", ")}`);
  // A carrier takes the whole runtime: startPluginServer({ runtime }). What it asks is this:
  const { facts } = runtime.policy.connection({
    way: "plain",
    host: "api.anthropic.com",
    alpnProtocols: [],
    clientHello: undefined,
    userAgent: "agent/1.0",
  });
  const answer = runtime.policy.request({ ...facts, method: "POST", target: "/v1/messages", headers: [] });
  console.log(`${facts.connection}: ${answer.kind === "fault" ? answer.decision.rule : answer.kind}`);
  const judgement = await runtime.close();
  console.log(judgement?.passed ? "as expected" : "not as expected");
  // </example>
}

it("the README's example runs as it says", async () => {
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const rules =
    "version: 1\nrules:\n  - { name: busy, when: { first: 1 }, fault: { http: { status: 529 } } }\n";
  writeFileSync(join(scratch, "faults.yaml"), rules);
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  await example();
  log.mockRestore();
  expect(lines).toEqual(["may fail: api.anthropic.com", "agent/1.0#1: busy", "as expected"]);
  expect(readdirSync(join(scratch, "out")).sort()).toEqual([
    "events.ndjson",
    "report.html",
    "report.json",
    "report.md",
    "report.txt",
    "report.xml",
  ]);

  const plain = (text: string): string => text.replaceAll(/\s+/g, " ");
  const readme = plain(readFileSync(join(import.meta.dirname, "../../README.md"), "utf8"));
  const source = readFileSync(import.meta.filename, "utf8");
  const code = source.slice(source.indexOf("<example>") + 9, source.indexOf("// </example>"));
  expect(readme).toContain(plain(code).trim());
});
