/** `faultwire check` and what rules look like in its words, tables and JSON. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  let out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((part) => {
    out += String(part);
    return true;
  });
  const program = new Command().exitOverride().addCommand(checkCommand());
  await program.parseAsync(["check", file, ...flags], { from: "user" });
  return { out: out.replaceAll(file, "f.yaml"), status: process.exitCode };
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

  it("is JSON for programs", async () => {
    const said = JSON.parse((await checked(rules, "--json", "--simulate", "4")).out) as Record<
      string,
      unknown
    >;
    expect(said).toMatchObject({
      ok: true,
      seed: 7,
      targets: ["api.anthropic.com"],
      rules: [{ name: "first-two", counts: "requests" }, { name: "elsewhere" }],
      simulation: { requests: 4, passed: 2 },
    });
    expect(said["notes"]).toHaveLength(1);
    expect(JSON.parse((await checked(rules, "--json")).out)).not.toHaveProperty("simulation");
  });
});

describe("a rule file that does not hold", () => {
  const wrong = "version: 1\nrules: [{ name: a, fault: { http: { status: 99 } } }]\n";

  it("is refused with status 2 and its problems as JSON", async () => {
    const { out, status } = await checked(wrong, "--json");
    const said = JSON.parse(out) as { ok: boolean; problems: readonly unknown[] };
    expect([said.ok, said.problems.length > 0, status]).toEqual([false, true, 2]);
  });

  it("is an error for the command otherwise, also where it can't be read at all", async () => {
    await expect(checked(wrong)).rejects.toThrow(/status/);
    const program = new Command().exitOverride().addCommand(checkCommand());
    await expect(program.parseAsync(["check", "/none/at/all", "--json"], { from: "user" })).rejects.toThrow(
      /can't be read .*check its name/,
    );
  });
});
