// Each change that waits for a release can be read by the command that collects them: a file whose head can't be is left out there.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const folder = join(root, ".changeset");
const waiting = readdirSync(folder).filter((name) => name.endsWith(".md") && name !== "README.md");
const published = new Set(
  ["packages", "apps"].flatMap((group) =>
    readdirSync(join(root, group)).map(
      (name) => JSON.parse(readFileSync(join(root, group, name, "package.json"), "utf8")).name as string,
    ),
  ),
);

/** The packages that a file names, each on a line of its head; undefined where the head is none. */
function packagesOf(text: string): string[] | undefined {
  const [, head] = /^---\n((?:"[^"\n]+": (?:patch|minor|major)\n)+)---\n\n\S/.exec(text) ?? [];
  return head === undefined ? undefined : [...head.matchAll(/^"([^"]+)"/gm)].map(([, name]) => name!);
}

describe("the changes that wait for a release", () => {
  it.each(waiting)("%s names packages of ours, and how each is to be raised", (name) => {
    const packages = packagesOf(readFileSync(join(folder, name), "utf8"));
    expect(packages, 'a head of lines like "@faultwire/tunnel": patch').toBeDefined();
    expect(packages!.filter((each) => !published.has(each))).toEqual([]);
  });

  it("are refused where a formatter has changed their head", () => {
    expect(packagesOf('---\n"@faultwire/http2": patch\n---\n\nText.\n')).toEqual(["@faultwire/http2"]);
    expect(packagesOf('---\n\n## "@faultwire/http2": patch\n\nText.\n')).toBeUndefined();
  });
});
