/** docs/ci.md: its files work, and the steps of its jobs do what they say, as far as a machine without those services can tell. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse } from "yaml";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/ci.md"), "utf8");
const bin = join(import.meta.dirname, "../../bin/faultwire.js");

/** The block whose first lines name this file. */
function fileOf(name: string): string {
  const blocks = [...page.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  const found = blocks.filter((text) => text.split("\n", 2).some((line) => line.endsWith(` ${name}`)));
  expect(found, name).toHaveLength(1);
  return found[0] ?? "";
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
}

/** A checkout with the page's files, where `npx` runs what was built here, and `npm` has nothing to fetch. */
function checkout(agent: string): {
  readonly run: (script: string) => Promise<Ended>;
  readonly file: (name: string) => string;
} {
  const place = mkdtempSync(join(tmpdir(), "faultwire-ci-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const tools = join(place, "tools");
  mkdirSync(tools);
  const tool = (name: string, script: string): void => {
    writeFileSync(join(tools, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(tools, name), 0o755);
  };
  tool("npm", `test "$*" = ci`);
  tool("npx", `test "$1" = faultwire && shift && exec '${process.execPath}' '${bin}' "$@"`);
  writeFileSync(join(place, "faults.yaml"), fileOf("faults.yaml"));
  writeFileSync(join(place, "agent.mjs"), agent);
  writeFileSync(join(place, "resilience.sh"), fileOf("resilience.sh"));
  return {
    async run(script) {
      // As both services run a step.
      const child = spawn("sh", ["-e", "-c", script], {
        cwd: place,
        env: {
          ...process.env,
          PATH: [tools, process.env["PATH"]].join(delimiter),
          FAULTWIRE_HOME: join(place, "home"),
          GITHUB_STEP_SUMMARY: join(place, "summary.md"),
        },
        stdio: ["ignore", "pipe", "ignore"],
      });
      let stdout = "";
      child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
      const [status] = (await soon(once(child, "close"), "the event close of child", 45_000)) as [
        number | null,
      ];
      return { status, stdout };
    },
    file: (name) => (existsSync(join(place, name)) ? readFileSync(join(place, name), "utf8") : ""),
  };
}

const good = fileOf("agent.mjs");
/** It asks again at once, whatever it is told. */
const careless = good.replace(/const seconds = .*;/, "const seconds = 0;");

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
}

/** The steps of the job that are scripts. */
function actionsSteps(): readonly Step[] {
  const { jobs } = parse(fileOf(".github/workflows/resilience.yml")) as {
    jobs: { resilience: { steps: Step[] } };
  };
  const { steps } = jobs.resilience;
  expect(steps.every(({ run, uses }) => (run === undefined) !== (uses === undefined))).toBe(true);
  return steps.filter(({ run }) => run !== undefined);
}

/** The lines of the job's script. */
function gitlabScript(): readonly string[] {
  const { resilience } = parse(fileOf(".gitlab-ci.yml")) as { resilience: { script: string[] } };
  return resilience.script;
}

describe.skipIf(process.platform === "win32")("docs/ci.md", () => {
  it.each([
    ["a good program", good, 0],
    ["a careless one", careless, 1],
  ])("the GitHub Actions job tells: %s", async (_, agent, expected) => {
    const { run, file } = checkout(agent);
    let status: number | null = 0;
    for (const step of actionsSteps()) {
      if (status !== 0 && step.if !== "always()") continue;
      const ended = await run(step.run ?? "");
      if (status === 0) status = ended.status;
    }
    expect(status).toBe(expected);
    expect(file("summary.md")).toContain("throttled-twice");
    expect(file("out/report.html")).toContain("<html");
  });

  it.each([
    ["a good program", good, 0],
    ["a careless one", careless, 1],
  ])("the GitLab job tells: %s", async (_, agent, expected) => {
    const { run, file } = checkout(agent);
    const { status } = await run(gitlabScript().join("\n"));
    expect(status).toBe(expected);
    expect(file("out/report.xml")).toContain("<testsuites");
  });

  it.each([
    ["a good program", good, 0, "does what faults.yaml expects"],
    ["a careless one", careless, 1, "It does not"],
    ["one that fails by itself", "process.exitCode = 9", 9, "ended with 9"],
    ["one that asks nothing", "", 3, "Nothing was tested"],
  ])("the shell script tells: %s", async (_, agent, expected, words) => {
    const { run } = checkout(agent);
    const { status, stdout } = await run("sh resilience.sh");
    expect(stdout).toContain(words);
    expect(status).toBe(expected);
  });
});
