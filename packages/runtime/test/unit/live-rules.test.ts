import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FaultEngine, type SingleRule } from "@faultwire/fault-engine";
import pino from "pino";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { firstRules, LiveRules } from "../../src/rules/live-rules.ts";

/** A file is looked at five times a second; a busy machine takes longer to get there. */
const scratch = mkdtempSync(join(tmpdir(), "faultwire-rules-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let stop = (): void => {};
afterEach(() => stop());
let files = 0;

const ruleFile = (...names: readonly string[]): string =>
  `version: 1\ntargets: [api.test]\nrules:\n${names.map((name) => `  - { name: ${name}, fault: none }\n`).join("")}`;

async function live(text: string, single: SingleRule = {}) {
  const path = join(scratch, `rules-${files++}.yaml`);
  writeFileSync(path, text);
  const logged: { event: string; msg: string }[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => logged.push(JSON.parse(line)) });
  const engine = new FaultEngine({ startedAtMs: 0 });
  const given = { file: path, single };
  const rules = new LiveRules(given, await firstRules(given), engine, logger);
  const names = (): string[] => engine.rules.map(({ name }) => name);
  const events = (): string[] => logged.map(({ event }) => event);
  return { path, rules, engine, logged, names, events };
}

describe("rules of a file", () => {
  it("are in force from the start", async () => {
    const { names } = await live(ruleFile("a", "b"));
    expect(names()).toEqual(["a", "b"]);
  });

  it("are replaced when the file is written", async () => {
    const { path, rules, names, events } = await live(ruleFile("a"));
    stop = rules.watch();
    writeFileSync(path, ruleFile("b"));
    await expect.poll(names).toEqual(["b"]);
    expect(events()).toEqual(["rules-loaded"]);
  });

  it("are replaced when another file takes the place, as editors save, again and again", async () => {
    const { path, rules, names } = await live(ruleFile("a"));
    stop = rules.watch();
    for (const name of ["b", "c"]) {
      writeFileSync(`${path}.new`, ruleFile(name));
      renameSync(`${path}.new`, path);
      await expect.poll(names).toEqual([name]);
    }
  });

  it("stay where the file is broken, or gone, and come back with it", async () => {
    const { path, rules, names, logged, events } = await live(ruleFile("a"));
    stop = rules.watch();
    writeFileSync(path, `${ruleFile("b")}  - { nam: c }\n`);
    await expect.poll(events).toEqual(["rules-refused"]);
    expect(names()).toEqual(["a"]);
    expect(logged[0]?.msg).toContain(`${path}:5:7: rules[1].nam: unknown key (did you mean name?)`);
    expect(logged[0]?.msg).toContain("The rules before stay in force.");
    rmSync(path);
    await expect.poll(events).toEqual(["rules-refused", "rules-refused"]);
    expect(logged[1]?.msg).toContain("ENOENT");
    writeFileSync(path, ruleFile("d"));
    await expect.poll(names).toEqual(["d"]);
  });

  it("that did not change keep their counts", async () => {
    const text =
      "version: 1\nrules:\n  - { name: twice, when: { first: 2 }, fault: { http: { status: 503 } } }\n";
    const { path, rules, engine } = await live(text);
    const ask = (): string =>
      engine.decideRequest({ connection: "c", method: "GET", target: "/", headers: [], body: null }, 0).kind;
    expect(ask()).toBe("fault");
    writeFileSync(path, `${text}  - { name: other, fault: none }\n`);
    await rules.reload("change");
    expect([ask(), ask()]).toEqual(["fault", "none"]);
  });

  it("count anew at SIGHUP, with a file and without one, and not where the file is refused", async () => {
    const text =
      "version: 1\nrules:\n  - { name: once, when: { first: 1 }, fault: { http: { status: 503 } } }\n";
    const { path, rules, engine, logged } = await live(text);
    let anew = 0;
    rules.onAnew = () => anew++;
    const ask = (): string =>
      engine.decideRequest({ connection: "c", method: "GET", target: "/", headers: [], body: null }, 0).kind;
    expect([ask(), ask()]).toEqual(["fault", "none"]);
    await rules.reload("SIGHUP");
    expect([ask(), ask(), anew]).toEqual(["fault", "none", 1]);
    expect(logged.at(-1)?.msg).toContain("rules count anew");
    writeFileSync(path, "version: 2\n");
    await rules.reload("SIGHUP");
    expect([ask(), anew]).toEqual(["none", 1]);

    const single = new FaultEngine({ startedAtMs: 0 });
    const flags = new LiveRules({}, await firstRules({}), single, pino({ level: "silent" }));
    flags.onAnew = () => anew++;
    await flags.reload("SIGHUP");
    expect(anew).toBe(2);
  });

  it("are read again at SIGHUP though nothing changed; a touch is no change", async () => {
    const { rules, events } = await live(ruleFile("a"));
    await rules.reload("change");
    expect(events()).toEqual([]);
    await rules.reload("SIGHUP");
    expect(events()).toEqual(["rules-loaded", "rules-anew"]);
  });

  it("with new targets are in force, and what needs a restart is said", async () => {
    const { path, rules, engine, logged } = await live(ruleFile("a"));
    writeFileSync(path, ruleFile("a").replace("[api.test]", "[api.test, new.test]"));
    await rules.reload("change");
    expect(engine.isTarget("new.test")).toBe(true);
    expect(logged.map(({ event }) => event)).toEqual(["rules-loaded", "targets-added"]);
  });

  it("that can never hit are told at each change", async () => {
    const { path, rules, logged } = await live(ruleFile("a"));
    writeFileSync(path, `${ruleFile("b")}  - { name: c, match: { host: other.test }, fault: none }\n`);
    await rules.reload("change");
    expect(logged.map(({ event, msg }) => [event, msg])).toEqual([
      ["rules-loaded", `${path} is in force`],
      ["rule-never-hits", "c never hits: other.test is not among the targets (api.test)"],
    ]);
  });

  it("that are refused for several reasons are told with all of them, a line each", async () => {
    const { path, rules, logged } = await live(ruleFile("a"));
    writeFileSync(path, "version: 1\nrules:\n  - { nam: c }\n");
    await rules.reload("change");
    const [first, ...lines] = logged[0]?.msg.split("\n") ?? [];
    expect(first).toBe(`${path} has ${lines.length - 1} problems`);
    expect(lines.length).toBeGreaterThan(2);
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^.*\.yaml:3:\d+: rules\[0\]/);
    expect(lines.at(-1)).toBe("The rules before stay in force.");
  });

  it("come before those of the flags, through every change", async () => {
    const { path, rules, names } = await live(ruleFile("a"), { errorProbability: 1 });
    expect(names()).toEqual(["a", "flags", "flags/connection"]);
    writeFileSync(path, ruleFile("b"));
    await rules.reload("change");
    expect(names()).toEqual(["b", "flags", "flags/connection"]);
  });
});

describe("the old JSON", () => {
  it("is read again, too, and keeps the run's seed", async () => {
    const { path, rules } = await live('{"status_code": 500}');
    const before = rules.sources.flags;
    writeFileSync(path, '{"status_code": 503}');
    await rules.reload("change");
    expect(rules.sources.flags?.seed).toBe(before?.seed);
    expect(JSON.stringify(rules.sources.flags)).toContain('"status":503');
  });
});

it("flags alone have nothing to read again", async () => {
  const logged: string[] = [];
  const logger = pino({}, { write: (line: string) => logged.push(line) });
  const engine = new FaultEngine({ startedAtMs: 0 });
  const rules = new LiveRules({}, await firstRules({}), engine, logger);
  await rules.reload("SIGHUP");
  expect(logged.join()).toContain("there is no rule file to read again");
  expect(engine.rules).toHaveLength(2);
});
