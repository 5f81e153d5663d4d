/** `faultwire check` and what rules look like in its words, tables and JSON. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROVIDER_MIX_NAMES, PROVIDER_NAMES } from "@faultwire/fault-engine";
import { Command } from "commander";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { checkCommand } from "../../src/commands/check.ts";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** What is printed for a rule file, and the status that is left behind. */
async function checked(text: string, ...flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "faultwire-check-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "f.yaml");
  writeFileSync(file, text);
  const { out, status } = await said(file, ...flags);
  return { out: out.replaceAll(file, "f.yaml"), status };
}

/** What is printed for these arguments, and the status that is left behind. */
async function said(...args: readonly string[]) {
  let out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((part) => {
    out += String(part);
    return true;
  });
  const program = new Command().exitOverride().addCommand(checkCommand());
  await program.parseAsync(["check", ...args], { from: "user" });
  return { out, status: process.exitCode };
}

const rules = `version: 1
seed: 7
targets: [api.anthropic.com]
rules:
  - { name: first-two, when: { first: 2 }, fault: { http: { status: 503 } } }
  - { name: elsewhere, match: { host: other.test }, fault: { http: { status: 500 } } }
`;

describe("a rule file that holds", () => {
  it("is explained, with a note for a rule that no target meets", async () => {
    const { out, status } = await checked(rules);
    expect(out).toMatch(/^Targets: api\.anthropic\.com\. Seed: 7\./);
    expect(out).toContain("1. first-two: the first 2");
    expect(out).toMatch(/^Note: .*elsewhere.*\.$/m);
    expect(status).toBeUndefined();
  });

  it("is tried on imagined requests, in columns", async () => {
    const { out } = await checked(rules, "--simulate", "8");
    expect(out.slice(out.indexOf("\n8 times") + 1)).toBe(
      `8 times POST /v1/messages to api.anthropic.com, streamed, every 100 ms, on new connections:
  first-two    2  25.0 %  first: request 1
  elsewhere    0   0.0 %
  (untouched)  6  75.0 %
`,
    );
  });

  const asked = (target: string, host: string): string => `3 times POST ${target} to ${host}, streamed`;
  const messages = asked("/v1/messages", "api.anthropic.com");
  const completions = asked("/v1/chat/completions", "api.openai.com");
  const openai = "{ name: a, match: { host: api.openai.com }, fault: { http: { status: 500 } } }";
  const any = "{ name: b, fault: { http: { status: 500 } } }";

  it.each([
    ["[api.openai.com]", any, completions],
    ["[API.OpenAI.com]", any, completions],
    ["[api.anthropic.com, api.openai.com]", openai, completions],
    ["[api.anthropic.com, api.openai.com]", `${openai}, ${any}`, messages],
    ["[api.anthropic.com, api.openai.com]", any, messages],
    ["[api.anthropic.com]", openai, messages],
    ["[localhost]", any, messages],
    ["[api.mistral.ai]", any, asked("/v1/chat/completions", "api.mistral.ai")],
    ["['*.openai.com', other.test]", any, completions],
  ])("with targets %s and rules %s is tried on the one API it names", async (targets, list, line) => {
    const { out } = await checked(`version: 1\ntargets: ${targets}\nrules: [${list}]\n`, "--simulate", "3");
    expect(out).toContain(line);
    const hits = / {2}b +(\d) /.exec(out)?.[1];
    if (list === any && !targets.includes("localhost")) expect(hits).toBe("3");
  });

  it.each([
    ["[api.openai.com]", "api.anthropic.com", true],
    ["[example.com]", "'*'", true],
    ["['*']", "api.anthropic.com", false],
    ["['*.ANTHROPIC.com']", "api.anthropic.com", false],
  ])(
    "says where a simulation for the targets %s asks none of them (host %s): %s",
    async (targets, host, says) => {
      const text = `version: 1\ntargets: ${targets}\nrules: [{ name: r, match: { host: ${host} }, fault: { http: { status: 500 } } }]\n`;
      const note =
        "the simulation asks api.anthropic.com, which is not among the targets: a run lets all of it pass";
      expect((await checked(text, "--simulate", "3")).out.includes(`Note: ${note}.\n`)).toBe(says);
      const { notes } = JSON.parse((await checked(text, "--json", "--simulate", "3")).out) as {
        notes: string[];
      };
      expect(notes.includes(note)).toBe(says);
      expect((await checked(text)).out).not.toContain("the simulation");
    },
  );

  it("is JSON for programs", async () => {
    const json = JSON.parse((await checked(rules, "--json", "--simulate", "4")).out) as Record<
      string,
      unknown
    >;
    expect(json).toMatchObject({
      ok: true,
      seed: 7,
      targets: ["api.anthropic.com"],
      rules: [{ name: "first-two", counts: "requests" }, { name: "elsewhere" }],
      simulation: { requests: 4, passed: 2 },
    });
    expect(json["notes"]).toHaveLength(1);
    expect(JSON.parse((await checked(rules, "--json")).out)).not.toHaveProperty("simulation");
  });
});

describe("a rule file that does not hold", () => {
  const wrong = "version: 1\nrules: [{ name: a, fault: { http: { status: 99 } } }]\n";

  it("is refused with status 2 and its problems as JSON", async () => {
    const { out, status } = await checked(wrong, "--json");
    const { ok, problems } = JSON.parse(out) as { ok: boolean; problems: readonly unknown[] };
    expect([ok, problems.length > 0, status]).toEqual([false, true, 2]);
  });

  it("is an error for the command otherwise, also where it can't be read at all", async () => {
    await expect(checked(wrong)).rejects.toThrow(/status/);
    const program = new Command().exitOverride().addCommand(checkCommand());
    await expect(program.parseAsync(["check", "/none/at/all", "--json"], { from: "user" })).rejects.toThrow(
      /can't be read .*check its name/,
    );
  });
});

describe("mixes", () => {
  it("--list names every one, and says what each shape is like", async () => {
    const { out, status } = await said("--list");
    const lines = out.split("\n");
    expect(lines[0]).toBe(
      "gentle, realistic, brutal: for any request, in the errors of the API that it is for",
    );
    expect(lines.filter((line) => /^\w+\/[\w-]+$/.test(line))).toEqual(PROVIDER_MIX_NAMES);
    for (const shape of ["realistic", "bursts", "brownout", "partial-outage"])
      expect(out).toMatch(new RegExp(`^  ${shape} +\\w.{40,}$`, "m"));
    expect(status).toBeUndefined();
  });

  it("--list --json names them for programs", async () => {
    const json = JSON.parse((await said("--list", "--json")).out) as {
      mixes: readonly string[];
      shapes: Record<string, string>;
    };
    expect(json.mixes).toHaveLength(3 + 4 * PROVIDER_NAMES.length);
    expect(json.mixes).toContain("azure/partial-outage");
    expect(Object.keys(json.shapes)).toEqual(["realistic", "bursts", "brownout", "partial-outage"]);
  });

  it("--mix is explained, and tried on requests of its provider", async () => {
    const { out, status } = await said("--mix", "openai/bursts", "--simulate", "50");
    expect(out).toContain("1. openai/bursts/overloaded: 90 % by chance");
    expect(out).toContain("→ status 503 (openai/server_is_overloaded)");
    // The first 5 s of a burst, every 100 ms.
    const [, hits] = /^ {2}openai\/bursts\/overloaded +(\d+) /m.exec(out) ?? [];
    expect(Number(hits)).toBeGreaterThan(35);
    expect(out).toContain("50 times POST /v1/chat/completions to api.openai.com, streamed");
    expect(status).toBeUndefined();
  });

  it("--mix --json has the rules and what they took", async () => {
    const { out } = await said("--mix", "mistral/partial-outage", "--simulate", "20", "--json");
    const json = JSON.parse(out) as { simulation: { rules: readonly { hits: number }[]; passed: number } };
    expect(json).toMatchObject({
      ok: true,
      rules: [
        { name: "mistral/partial-outage/overloaded", counts: "requests" },
        { name: "mistral/partial-outage/failed" },
      ],
      simulation: { requests: 20 },
    });
    const taken = json.simulation.rules.reduce((sum, { hits }) => sum + hits, 0);
    expect([taken > 10, taken + json.simulation.passed]).toEqual([true, 20]);
  });

  it.each([
    ["nope", ""],
    ["openai/burst", " (did you mean openai/bursts?)"],
  ])("there is no %s: what there is is told", async (mix, hint) => {
    const expected = `--mix: found "${mix}", expected gentle, realistic, brutal, or <provider>/<shape> with realistic, bursts, brownout, partial-outage${hint}`;
    for (const flags of [[], ["--json"]])
      await expect(said("--mix", mix, ...flags)).rejects.toMatchObject({
        name: "UsageError",
        message: expected,
      });
  });

  it.each([
    [["--list", "f.yaml"], /check --list names the mixes, and wants no rule file/],
    [["--list", "--mix", "gentle"], /wants no rule file, --mix or --simulate/],
    [["--list", "--simulate", "5"], /wants no rule file, --mix or --simulate/],
    [["--mix", "gentle", "f.yaml"], /wants a rule file, or --mix, and not both/],
    [[], /wants a rule file, or --mix, and not both/],
  ])("check %j is refused", async (args, why) => {
    await expect(said(...args)).rejects.toThrow(why);
  });
});
