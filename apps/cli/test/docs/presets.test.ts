/** docs/presets.md lists the presets that the code has. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  PROVIDER_ERRORS,
  PROVIDER_NAMES,
  PROVIDERS,
  parseRuleFile,
  presetTable,
} from "@faultwire/fault-engine";
import { commonErrorTable } from "@faultwire/fault-engine/internal";
import { expect, it } from "vitest";

const file = join(import.meta.dirname, "../../../../docs/presets.md");
const between = (name: string): RegExp =>
  new RegExp(`(?<=<!-- ${name} -->\n\n)[\\s\\S]*?(?=\n*<!-- end of ${name} -->)`);
const cells = (table: string): string => table.replaceAll(/-+/g, "-").replaceAll(/ *\| */g, "|");

it.each(PROVIDER_NAMES)(
  "the table of %s is the one that the code makes; UPDATE_DOCS=1 writes it",
  (provider) => {
    const table = presetTable(provider).trim();
    if (process.env["UPDATE_DOCS"] === "1") {
      const now = readFileSync(file, "utf8");
      const page = between(provider).test(now)
        ? now.replace(between(provider), () => table)
        : `${now}\n## ${PROVIDERS[provider].title}\n\n<!-- ${provider} -->\n\n${table}\n\n<!-- end of ${provider} -->\n`;
      writeFileSync(file, page.replace(new RegExp(`\n*(<!-- end of ${provider})`), "\n\n$1"));
    }
    expect(cells(between(provider).exec(readFileSync(file, "utf8"))?.[0] ?? "")).toBe(cells(table));
  },
);

it("the table of errors without an API is the one that the code makes; UPDATE_DOCS=1 writes it", () => {
  const table = commonErrorTable().trim();
  const page = readFileSync(file, "utf8");
  if (process.env["UPDATE_DOCS"] === "1")
    writeFileSync(
      file,
      page.replace(between("any API"), () => table),
    );
  expect(cells(between("any API").exec(readFileSync(file, "utf8"))?.[0] ?? "")).toBe(cells(table));
});

it("every preset of the tables is taken by a rule", () => {
  const names = [...readFileSync(file, "utf8").matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name);
  expect(names.length).toBe(
    PROVIDER_NAMES.reduce((sum, provider) => sum + PROVIDER_ERRORS[provider].length, 0),
  );
  for (const name of names)
    parseRuleFile(`version: 1\nrules: [{ name: a, fault: { http: { preset: ${name} } } }]`, name);
});
