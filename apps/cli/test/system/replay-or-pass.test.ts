/** `--replay-or-pass`, as a user runs it: what was recorded is answered from the recording, the rest by the API. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { folder, run, shell } from "../support/run-command.ts";

let api: Server | undefined;
afterEach(() => api?.close());

/** An API in clear that counts what it is asked. */
async function startApi(
  say = (number: number): string => JSON.stringify({ number, access_token: "planted" }),
): Promise<{ readonly asked: string[]; readonly resolve: readonly string[] }> {
  const asked: string[] = [];
  api = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes: Buffer) => {
      body += bytes.toString();
    });
    request.on("end", () => {
      asked.push(`${request.method} ${request.headers.host}${request.url} ${body}`);
      response.setHeader("set-cookie", "session=planted");
      response.end(say(asked.length));
    });
  });
  const server = api;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { asked, resolve: ["--resolve", `api.anthropic.com:80:127.0.0.1:${port}`] };
}

const ask = (text: string): string =>
  `curl -sS -d '{"client_secret":"planted","say":"${text}"}' -H 'content-type: application/json' http://api.anthropic.com/v1/x`;
const quiet = ["--fail-on", "never", "--error-probability", "0", "--status-code", "529"];

it("adds what was not recorded, answers it the next time, and says how many of each there were", async () => {
  const at = join(folder(), "kept");
  const { asked, resolve } = await startApi();
  const both = ["--record", at, "--replay-or-pass", at];
  const first = await run(...quiet, ...resolve, ...both, ...shell(`${ask("one")}; ${ask("two")}`));
  expect(first.stderr).toContain("faultwire: 0 replayed, 2 passed on");
  expect(first.stderr).toContain(`recorded 2 exchanges in ${at}`);
  expect(first.stdout).toBe('{"number":1,"access_token":"planted"}{"number":2,"access_token":"planted"}');
  expect(asked[0]).toBe('POST api.anthropic.com/v1/x {"client_secret":"planted","say":"one"}');
  for (const name of readdirSync(at)) expect(readFileSync(join(at, name), "utf8")).not.toContain("planted");
  const second = await run(...quiet, ...resolve, ...both, ...shell(`${ask("two")}; ${ask("three")}`));
  expect(second.stdout).toBe('{"number":2,"access_token":"xxxxxxx"}{"number":3,"access_token":"planted"}');
  expect(second.stderr).toContain("faultwire: 1 replayed, 1 passed on");
  expect(second.stderr).toContain(
    "goes on to the real API: POST /v1/x at api.anthropic.com was recorded 2 times with other bodies",
  );
  expect(second.stderr).toContain(
    "answers come from 2 recordings, and from the real API for what was never recorded",
  );
  expect(asked).toHaveLength(3);
  expect(readdirSync(at)).toHaveLength(3);
});

it("no other port of a target leads past the replay", async () => {
  const at = join(folder(), "kept");
  const { asked, resolve } = await startApi();
  const other = [resolve[0]!, resolve[1]!.replace(":80:", ":8080:")];
  const both = ["--record", at, "--replay-or-pass", at];
  const script = ask("one").replace("anthropic.com/", "anthropic.com:8080/");
  const { stderr } = await run(...quiet, ...other, ...both, ...shell(script));
  expect(stderr).toContain("faultwire: 0 replayed, 1 passed on");
  expect(stderr).toContain(`recorded 1 exchange in ${at}`);
  expect(asked).toHaveLength(1);
});

it("faults strike on top of both", async () => {
  const at = join(folder(), "kept");
  const { resolve } = await startApi();
  await run(...quiet, ...resolve, "--record", at, ...shell(ask("one")));
  const always = ["--error-probability", "1", "--status-code", "529", "--fail-on", "never"];
  const struck = await run(
    ...always,
    ...resolve,
    "--replay-or-pass",
    at,
    ...shell(`${ask("one")}; ${ask("two")}`),
  );
  expect(struck.stderr).toContain("faultwire: 0 replayed, 0 passed on");
});

it("the same seed gives the same bytes, whether a rule, a recording or the API answers; another one does not", async () => {
  const at = join(folder(), "kept");
  const { asked, resolve } = await startApi(() => "from the API");
  await run(...quiet, ...resolve, "--record", at, ...shell(`${ask("1")}; ${ask("3")}; ${ask("5")}`));
  const script = ["1", "2", "3", "4", "5", "6", "1", "2"].map((text) => `${ask(text)} -i | grep -iv ^date`);
  const flags = ["--fail-on", "never", "--error-probability", "0.5", "--status-code", "529"];
  const go = async (seed: string): Promise<{ readonly stdout: string; readonly end: string | undefined }> => {
    const both = ["--replay-or-pass", at, "--replay-speed", "max", "--seed", seed];
    const { stdout, stderr } = await run(...flags, ...resolve, ...both, ...shell(script.join("; ")));
    return { stdout, end: /\d+ replayed, \d+ passed on/.exec(stderr)?.[0] };
  };
  const first = await go("7");
  const askedFirst = asked.splice(0);
  expect(await go("7")).toEqual(first);
  expect(asked.length).toBeLessThan(askedFirst.length);
  expect([first.stdout.includes("HTTP/1.1 529"), first.stdout.includes("from the API")]).toEqual([
    true,
    true,
  ]);
  expect(first.end).toMatch(/^[1-9] replayed, [1-9] passed on$/);
  expect((await go("8")).stdout).not.toBe(first.stdout);
});

it("an API that can't be reached is told and not recorded", async () => {
  const closed = ["--resolve", "api.anthropic.com:80:127.0.0.1:1"];
  const other = join(folder(), "other");
  const gone = await run(
    ...quiet,
    ...closed,
    "--replay-or-pass",
    other,
    "--record",
    other,
    ...shell(ask("two")),
  );
  expect(gone.stdout).toContain("ECONNREFUSED");
  expect(gone.stderr).toContain("not recorded: the real API could not be reached");
  expect(readdirSync(other)).toEqual([]);
});

it.each([
  [["--replay", "a", "--replay-or-pass", "b"], "--replay and --replay-or-pass contradict each other"],
  [["--mock", "--replay-or-pass", "b"], "--replay-or-pass and --mock contradict each other"],
  [["--replay-or-pass", "/nowhere/at/all"], "recordings can't be read from /nowhere/at/all (ENOENT)"],
])("%j is refused", async (flags, message) => {
  const { status, stderr } = await run(...flags, ...shell("true"));
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
