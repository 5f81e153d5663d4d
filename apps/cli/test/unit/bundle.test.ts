/** What a start reads: the bundle's files that a command imports, and not those that it loads when they are wanted. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../dist/bundle");

/** The npm packages in a command's file and in all that it imports at once. */
function packagesOf(command: string): Set<string> {
  const first = readdirSync(folder).find((name) => new RegExp(`^${command}-.{8}\\.js$`).test(name));
  const files = new Set([first ?? `the bundle has no file of ${command}`]);
  const found = new Set<string>();
  for (const file of files) {
    const text = readFileSync(join(folder, file), "utf8");
    for (const [, name] of text.matchAll(/^(?:import|export)\b[^"']*["']\.\/([^"']+)["']/gm))
      files.add(name ?? "");
    // A file that only hands on what others hold has no map.
    if (!text.includes("sourceMappingURL")) continue;
    const { sources } = JSON.parse(readFileSync(join(folder, `${file}.map`), "utf8")) as {
      sources: string[];
    };
    for (const source of sources) {
      const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source) ?? [];
      if (name !== undefined) found.add(name);
    }
  }
  return found;
}

const ofRuleFiles = ["yaml", "zod"];

it("reading rule files is not read by a start without one", () => {
  expect([...packagesOf("check")]).toEqual(expect.arrayContaining(ofRuleFiles));
  for (const command of ["serve", "start", "proxy"]) {
    const packages = packagesOf(command);
    expect(packages).toContain("pino");
    expect([...packages].filter((name) => [...ofRuleFiles, "pino-pretty"].includes(name))).toEqual([]);
  }
});
