/** The script of the README, run as it is printed: it is green and red when the run was. */
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const script = join(import.meta.dirname, "in-a-script.sh");
const bin = join(import.meta.dirname, "../../bin/faultwire.js");

const rules = `version: 1
asksOnce: true
rules:
  - name: once
    when: { first: 1 }
    fault: { http: { preset: anthropic/overloaded_error } }
expect:
  - { rule: once, retries: { min: 1 }, endsWith: success }
`;

/** A client that asks so many times, and whose own status is the last argument. */
const client = `#!/bin/sh
for attempt in $(seq "$1"); do
  curl -sS -o /dev/null -X POST -d '{"model":"claude-sonnet-5-5","max_tokens":1,"messages":[{"role":"user","content":"x"}]}' \\
    -H 'content-type: application/json' -H 'x-api-key: x' -H 'anthropic-version: 2023-06-01' https://api.anthropic.com/v1/messages || exit 99
done
exit "$2"
`;

type Run = { readonly status: number; readonly output: string; readonly folder: string };

/** Runs the script in a folder of its own, with `faultwire` and the client on the PATH. */
async function run(ruleText: string, ...command: string[]): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-script-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const programs = join(folder, "bin");
  mkdirSync(programs);
  mkdirSync(join(folder, "tmp"));
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`;
  writeFileSync(join(programs, "faultwire"), shim, { mode: 0o755 });
  writeFileSync(join(programs, "client"), client, { mode: 0o755 });
  writeFileSync(join(folder, "faults.yaml"), ruleText);
  const env = {
    PATH: `${programs}:${process.env["PATH"] ?? ""}`,
    FAULTWIRE_HOME: join(folder, "home"),
    TMPDIR: join(folder, "tmp"),
  };
  return new Promise((resolve) => {
    execFile("sh", [script, "faults.yaml", ...command], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr, folder }),
    );
  });
}

it("is the one that is printed in the README", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  expect(readme).toContain(`\`\`\`sh\n${readFileSync(script, "utf8")}\`\`\``);
});

it("ends with 0 when the client does what the rules expect", async () => {
  const { status, output, folder } = await run(rules, "client", "2", "0");
  expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining("once") });
  expect(existsSync(join(folder, "report/report.xml"))).toBe(true);
});

it("ends with 1 when the client gives up and calls that success", async () => {
  const { status, folder } = await run(rules, "client", "1", "0");
  expect(status).toBe(1);
  expect(readFileSync(join(folder, "report/report.txt"), "utf8")).toContain("once");
});

it("ends with the command's own status when that is not 0, whatever the report says", async () => {
  expect((await run(rules, "client", "2", "7")).status).toBe(7);
  expect((await run(rules, "client", "1", "7")).status).toBe(7);
});

it("ends with 2 when the rules are refused, and leaves nothing running or lying about", async () => {
  const { status, output, folder } = await run("version: 1\nrules: 3\n", "client", "1", "0");
  expect(status).toBe(2);
  expect(output).toContain("faults.yaml:2:8: rules");
  expect(existsSync(join(folder, "report"))).toBe(false);
  expect(readdirSync(join(folder, "tmp"))).toEqual([]);
});
