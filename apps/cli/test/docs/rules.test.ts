/** docs/rules.md says what the code does: its examples are parsed and simulated, and no key is left out. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  explain,
  FAULT_KINDS,
  MIX_SHAPES,
  parseRuleFile,
  ruleFileJsonSchema,
  simulate,
} from "@faultwire/fault-engine";
import { faultTable, matchTable, wayTable } from "@faultwire/fault-engine/internal";
import { forwardWay } from "@faultwire/plugin-server";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../../..");
const file = join(root, "docs/rules.md");
const guide = readFileSync(file, "utf8");
const readme = readFileSync(join(root, "README.md"), "utf8");
const examplesOf = (text: string): string[] =>
  [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, example = ""]) => example);
const between = (name: string): string => {
  const [, after = ""] = guide.split(`<!-- ${name} -->\n`);
  return after.split(`<!-- end of ${name} -->`)[0] ?? "";
};

/** UPDATE_DOCS=1: puts the table that the code makes into the page. */
function update(name: string, table: string): void {
  if (process.env["UPDATE_DOCS"] !== "1") return;
  // Read anew: another table may have been written since.
  const page = readFileSync(file, "utf8");
  const [before = "", after = ""] = page.split(`<!-- ${name} -->\n`);
  const rest = after.slice(after.indexOf(`<!-- end of ${name} -->`));
  writeFileSync(file, `${before}<!-- ${name} -->\n\n${table}\n\n${rest}`);
}

const cells = (table: string): string[] =>
  table.split("\n").map((row) => row.replaceAll(/-+/g, "-").replaceAll(/ *\| */g, "|"));

/** Everything that JSON Schema calls a property. */
function propertiesOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const own =
    "properties" in schema && typeof schema.properties === "object"
      ? Object.keys(schema.properties ?? {})
      : [];
  return [...own, ...Object.values(schema).flatMap(propertiesOf)];
}

describe("an example", () => {
  const examples = [...examplesOf(guide), ...examplesOf(readme)];

  it("is there", () => {
    expect(examplesOf(guide).length).toBeGreaterThan(4);
    expect(examplesOf(readme).length).toBeGreaterThan(0);
  });

  it.each(examples)("is a rule file that can be explained and simulated: %#", (text) => {
    const { ruleSet } = parseRuleFile(text, "docs/rules.md");
    expect(explain(ruleSet)).toContain("Targets");
    const { rules, passed } = simulate(ruleSet, { requests: 1000 });
    expect(rules.reduce((sum, { hits }) => sum + hits, passed)).toBe(1000);
  });

  it("fails the first two of each client, as its text says", () => {
    const [, first = ""] = examples;
    const { ruleSet } = parseRuleFile(first, "docs/rules.md");
    expect(simulate(ruleSet, { requests: 10 }).rules).toEqual([
      { rule: "throttled-twice", hits: 2, firstAt: 1 },
    ]);
  });
});

describe("the table of faults", () => {
  const faults = between("faults")
    .split("\n")
    .flatMap((row) => /^\| `(\{.*?\})` +\|/.exec(row)?.[1] ?? []);

  it("is the one that the code makes; UPDATE_DOCS=1 writes it", () => {
    const table = faultTable().trim();
    update("faults", table);
    expect(cells(between("faults").trim())).toEqual(cells(table));
  });

  it("has an example of every one, and each is taken", () => {
    const kinds = faults.map((fault) => {
      const text = `version: 1\nrules: [{ name: a, fault: ${fault} }]\n`;
      return parseRuleFile(text, fault).ruleSet.rules[0]?.faults[0]?.kind;
    });
    expect(kinds).toEqual(FAULT_KINDS);
  });
});

it("no key of the schema is left out", () => {
  const missing = [...new Set(propertiesOf(ruleFileJsonSchema()))].filter(
    (key) => !new RegExp(`[\`{ ]${key.replace("$", "\\$")}[\`:, }]`).test(guide),
  );
  expect(missing).toEqual([]);
});

it("the table of match is the one that the code makes; UPDATE_DOCS=1 writes it", () => {
  const table = matchTable().trim();
  update("match", table);
  expect(cells(between("match").trim())).toEqual(cells(table));
});

it("the table of forward mode is the one that the code makes; UPDATE_DOCS=1 writes it", () => {
  const table = wayTable([forwardWay]).trim();
  update("forward mode", table);
  expect(cells(between("forward mode").trim())).toEqual(cells(table));
});

it("every shape of a provider's mixes stands in the page as the code has it", () => {
  const rules = readFileSync(join(import.meta.dirname, "../../../../docs/rules.md"), "utf8");
  const rows = [...rules.matchAll(/^\| `([a-z-]+)` +\| (.+?) *\|$/gm)].map(
    ([, name, doc]) => `${name}: ${doc}`,
  );
  expect(MIX_SHAPES.length).toBeGreaterThan(0);
  for (const [name, doc] of MIX_SHAPES) expect(rows).toContain(`${name}: ${doc}`);
});
