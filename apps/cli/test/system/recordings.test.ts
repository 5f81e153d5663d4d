/** `--record` and `--replay`, as a user runs them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { curl, folder, run, shell, url } from "../support/run-command.ts";

const key = "sk-ant-api03-plantedplanted";
const body = (text: string, stream = true): string =>
  JSON.stringify({
    model: "claude-opus-4-5",
    max_tokens: 60,
    stream,
    messages: [{ role: "user", content: text }],
  });
const ask = (text: string, stream?: boolean): string =>
  `curl -sS -i --suppress-connect-headers -H 'x-api-key: ${key}' -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json' -d '${body(text, stream)}' ${url}`;
/** So that nothing fails. */
const quiet = ["-q", "--fail-on", "never", "--error-probability", "0", "--status-code", "529"];

it("what was recorded is replayed byte for byte, streamed or not, without the API", async () => {
  const at = join(folder(), "kept");
  const script = `${ask("one")}; ${ask("two", false)}`;
  const recorded = await run(...quiet, "--mock", "--record", at, ...shell(script));
  expect(recorded.stdout).toContain("event: message_stop");
  expect(readdirSync(at)).toHaveLength(2);
  for (const name of readdirSync(at)) expect(readFileSync(join(at, name), "utf8")).not.toContain("planted");
  const replayed = await run(...quiet, "--replay", at, "--replay-speed", "max", ...shell(script));
  expect(replayed.stdout).toBe(recorded.stdout);
});

it("a run without rules records, lets nothing fail, and ends as the command does", async () => {
  const at = join(folder(), "kept");
  const { status, stdout, stderr } = await run("--mock", "--record", at, ...shell(`${ask("one")}; exit 0`));
  expect(stdout).toMatch(/^HTTP\/1\.1 200 /);
  expect(stderr).toContain("api.anthropic.com: no rules were given, so this run records and nothing fails");
  expect(stderr).toContain(`recorded 1 exchange in ${at}`);
  expect(status).toBe(0);
});

it("a run that records, and whose command asks no target, ends with 3 as others do", async () => {
  const { status } = await run("--mock", "--record", join(folder(), "kept"), ...shell("true"));
  expect(status).toBe(3);
});

it("a run that records has the rules that it is given", async () => {
  const at = join(folder(), "kept");
  const { stderr } = await run("--mock", "--record", at, "--mix", "gentle", "--seed", "1", ...shell("true"));
  expect(stderr).toContain("mix gentle, seed 1");
});

it("a recording that stops is told, also to who asked for silence, and by the exit status", async () => {
  const at = join(folder(), "kept");
  const gone = await run(
    "-q",
    "--fail-on",
    "never",
    "--mock",
    "--record",
    at,
    ...shell(`rm -r ${at}; ${curl}`),
  );
  expect(gone.stderr).toBe(
    `faultwire: recording has stopped: ${at} can't be written (ENOENT) (exit status 1)\n`,
  );
  expect(gone.status).toBe(1);
});

it("faults strike on top of a replay", async () => {
  const at = join(folder(), "kept");
  await run(...quiet, "--mock", "--record", at, ...shell(ask("one")));
  const always = ["--error-probability", "1", "--status-code", "529", "--fail-on", "never"];
  const struck = await run("-q", ...always, "--replay", at, ...shell(ask("one")));
  expect(struck.stdout).toMatch(/^HTTP\/1\.1 529 /);
});

it("what a fault answers is not recorded", async () => {
  const always = ["--error-probability", "1", "--status-code", "529", "--fail-on", "never"];
  const empty = join(folder(), "none");
  const lines = await run(...always, "--mock", "--record", empty, ...shell(curl));
  expect(lines.stderr).toContain(`faultwire: recorded 0 exchanges in ${empty}`);
  expect(readdirSync(empty)).toEqual([]);
});

it("a request that was never recorded gets 404 and a line that says what differs", async () => {
  const at = join(folder(), "kept");
  await run(...quiet, "--mock", "--record", at, ...shell(ask("one")));
  const [, ...loud] = quiet;
  const { stdout, stderr } = await run(...loud, "--replay", at, ...shell(ask("two")));
  expect(stdout).toMatch(/^HTTP\/1\.1 404 /);
  expect(stdout).toContain("x-faultwire-replay: not-recorded");
  expect(stderr).toContain("faultwire: answers come from 1 recording\n");
  expect(stderr).toContain(
    "the replay answers 404: POST /v1/messages at api.anthropic.com was recorded with another body, which differs at $.messages[0].content",
  );
});

it.each([
  [["--record", "a", "--replay", "b"], "--record and --replay contradict each other"],
  [["--mock", "--replay", "b"], "--replay and --mock contradict each other"],
  [["--replay-speed", "2"], "--replay-speed says how fast a replay is; name its folder by --replay"],
  [["--replay", "b", "--replay-speed", "0"], "Expected a number above 0, such as 10 or 0.5, or max."],
  [["--replay", "/nowhere/at/all"], "recordings can't be read from /nowhere/at/all (ENOENT)"],
  [
    ["--record", "/dev/null"],
    "recordings can't be kept in /dev/null (EEXIST); name a folder that can be written",
  ],
  [["--intercept", "connection", "--record", "a"], "can't be recorded"],
])("%j is refused", async (flags, message) => {
  const { status, stderr } = await run(...flags, ...shell("true"));
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
