/** Several runs of a command, and one that hangs. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { launchRun } from "../../faultwire-process.ts";
import { curl, folder, rules, run, shell, url } from "../../support/run-command.ts";

describe("several runs", () => {
  const half = [
    "rules:",
    "  - { name: down, when: { probability: 0.5 }, fault: { http: { status: 503 } } }",
    "  - { name: first, when: { first: 1, per: client }, fault: { http: { status: 500 } } }",
    "expect:",
    "  - { rule: down, endsWith: success }",
    "",
  ].join("\n");

  it("each have their seed, fresh counts and reports; a table and a line to paste come at the end", async () => {
    const place = join(folder(), "out dir");
    const config = rules(half);
    // Twice, so that a rule with `first` leaves something for the rules below.
    const script = `${curl}; ${curl}; echo`;
    const flags = ["--mock", "--config", config, "--report", place];
    const { status, stdout, stderr } = await run(...flags, "--seeds", "1..3,8", ...shell(script));
    const answers = stdout.trim().split("\n");
    expect(answers).toHaveLength(4);
    expect(readdirSync(place).sort()).toEqual(["seed-1", "seed-2", "seed-3", "seed-8"]);
    expect(stderr).toMatch(/^faultwire: seed {2}status {2}1 /m);
    for (const seed of ["1", "2", "3", "8"])
      expect(stderr).toMatch(new RegExp(`^faultwire: ${seed} {5}\\d`, "m"));
    expect(stderr).toMatch(/^faultwire: +1 {2}down: ends with success$/m);
    // What was printed, pasted: the same answers.
    const line = stderr.split("\n").find((one) => one.startsWith("faultwire run "));
    expect(line).toContain(`--report '${place}' --seed`);
    const seed = /--seed (\d)/.exec(line ?? "")?.[1] ?? "";
    const again = await run(...flags, "--seed", seed, ...shell(script));
    expect(again.stdout.trim()).toBe(answers[["1", "2", "3", "8"].indexOf(seed)]);
    expect(again.status).toBe(status);
    expect(status).toBe(1);
  });

  it("have the status of the first one whose status is not 0", async () => {
    const script = `test "$FAULTWIRE_RUN" != "$(cat "$0")" && { echo "$FAULTWIRE_RUN" > "$0"; exit 6; }; exit 7`;
    const place = join(folder(), "last");
    writeFileSync(place, "");
    const { status, stderr } = await run("--repeat", "2", "--seed", "4", "--", "sh", "-c", script, place);
    expect(status).toBe(6);
    expect(stderr).toMatch(/^faultwire: 4 {5}6/m);
    expect(stderr).toMatch(/^faultwire: 5 {5}6/m);
    expect(stderr).toMatch(/^faultwire run --seed 4 -- sh -c '/m);
  });

  it("leave nothing behind in the process from one to the next", async () => {
    const { stderr } = await run("--repeat", "12", "--seed", "1", "--", "true");
    expect(stderr).toContain("12 seeds");
    expect(stderr).not.toContain("Warning");
  });

  it("end with the one in which a signal came", async () => {
    const running = launchRun("--repeat", "5", ...shell("echo ready; exec sleep 1000"));
    await expect.poll(running.stdout).toContain("ready");
    running.child.kill("SIGTERM");
    const { status, stdout, stderr } = await running.finished;
    expect(stdout).toBe("ready\n");
    expect(stderr).toContain("not run any more: 4 seeds");
    expect(status).toBe(143);
  });
});

describe("a program that hangs", () => {
  it("is ended, and what it was waiting for is said", async () => {
    const stall = rules(
      "rules:\n  - { name: stalled, fault: { stream: { stall: { afterEvents: 2, for: ever } } } }\n",
    );
    const body = `{"model":"claude-sonnet-5-5","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`;
    const ask = `curl -sN -o /dev/null -H 'content-type: application/json' -H 'x-api-key: t' -H 'anthropic-version: 2023-06-01' -d '${body}' ${url}`;
    const { status, stderr } = await run("-q", "--mock", "--config", stall, "--timeout", "5s", ...shell(ask));
    expect(stderr).toMatch(
      /it ran longer than 5s \(--timeout\) and was ended; hung \d\.\d s after a stalled stream \(rule stalled\): POST api\.anthropic\.com\/v1\/messages/,
    );
    expect(status).toBe(124);
  });
});
