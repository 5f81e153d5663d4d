import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

it("docs/architecture.md draws the arrows that scripts/arrows.json allows", () => {
  const {
    "//": _,
    testkit: __,
    ...allowed
  } = JSON.parse(read("scripts/arrows.json")) as Record<string, string[]>;
  const picture = /```mermaid\nflowchart([\s\S]*?)```/.exec(read("docs/architecture.md"))?.[1] ?? "";
  const nodes = [...picture.matchAll(/^ +([a-z0-9-]+)\["/gm)].map(([, name]) => name);
  const arrows = [...picture.matchAll(/^ +([a-z0-9-]+) --> (.+)$/gm)].flatMap(([, from, targets]) =>
    (targets ?? "").split(" & ").map((to) => `${from} --> ${to}`),
  );
  expect(new Set(nodes)).toEqual(new Set(Object.keys(allowed)));
  expect(new Set(arrows)).toEqual(
    new Set(Object.entries(allowed).flatMap(([from, targets]) => targets.map((to) => `${from} --> ${to}`))),
  );
});
