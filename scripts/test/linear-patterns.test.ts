/**
 * The time of a regular expression of ours grows with the length of its text, and not with the square of it, as it may: V8 tries one
 * start after the other, and one split after the other. Each literal of the sources is run on texts that repeat what it says, or a
 * single character, until a square would show. Those that `new RegExp` puts together are not among them.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "rolldown/parseAst";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const files = execFileSync("git", ["ls-files", "packages/*/src/*.ts", "apps/*/src/*.ts"], {
  cwd: root,
  encoding: "utf8",
})
  .trim()
  .split("\n");

interface Pattern {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

const patterns = files.flatMap((file) => {
  const text = readFileSync(join(root, file), "utf8");
  return /\/[^\s/*]/.test(text) ? patternsIn(parseAst(text, { lang: "ts" }), file) : [];
});

function patternsIn(node: unknown, file: string): Pattern[] {
  if (typeof node !== "object" || node === null) return [];
  const { regex } = node as { readonly regex?: { readonly pattern: string; readonly flags: string } };
  if (regex) return [{ file, source: regex.pattern, flags: regex.flags }];
  return Object.values(node).flatMap((part) => patternsIn(part, file));
}

/** Texts grow from the shortest to the longest, in characters: fast as long as nothing shows, slowly from then on. */
const shortest = 60;
const longest = 20_000;
const grown = (length: number, ms: number): number =>
  Math.min(longest, Math.ceil(length * (ms < 1 ? 4 : 1.5)));
/** The longest takes less than 2 ms where the time is linear, and a tenth of a second or more where it is a square. In ms. */
const mostMs = 60;

/** Behind a repetition: what ends a match, or keeps it from one. */
const ends = ["", "\n", "#x"];

/** What an expression says as it stands there, in order: `https`, `://`. */
const wordsOf = ({ source }: Pattern): string[] =>
  source
    .replaceAll(/\[(?:[^\]\\]|\\.)*\]|\(\?[:=!<]+|\\[a-zA-Z]|[()^$*+?|.]|\{[\d,]+\}/g, "\0")
    .replaceAll(/\\(.)/g, "$1")
    .split("\0")
    .filter((word) => word !== "")
    .slice(0, 6);

/** What is repeated, and stands before it. */
function pumpsOf(pattern: Pattern): (readonly [before: string, pump: string])[] {
  const words = wordsOf(pattern);
  const pumps = [...new Set([" ", "/", "a", "0", "=", "-", ":", "\\", ...words])];
  const befores = ["", ...words.map((_, at) => words.slice(0, at + 1).join("")), "a:", "a=a"];
  return befores.flatMap((before) => pumps.map((pump) => [before, pump] as const));
}

function msOf(expression: RegExp, text: string): number {
  // As it is used where all matches are looked for: from every start.
  const began = performance.now();
  text.replace(expression, "");
  return performance.now() - began;
}

/** The shortest text that takes too long, in words. */
function slowness(pattern: Pattern): string | undefined {
  const expression = new RegExp(pattern.source, pattern.flags);
  for (const [before, pump] of pumpsOf(pattern))
    for (const end of ends)
      for (let length = shortest; ; ) {
        const text = before + pump.repeat(Math.ceil(length / pump.length)) + end;
        const ms = msOf(expression, text);
        // What else the machine does is no fault of the expression: once in time is in time.
        if (ms > mostMs && [2, 3].every(() => msOf(expression, text) > mostMs))
          return `more than ${mostMs} ms for ${JSON.stringify(before)}, ${length} characters of ${JSON.stringify(pump)}, ${JSON.stringify(end)}`;
        if (length === longest) break;
        length = grown(length, ms);
      }
  return undefined;
}

it("finds the expressions of the sources", () => {
  expect(patterns.length).toBeGreaterThan(300);
});

it("sees a square, a cube and a fifth power", () => {
  for (const source of [
    "^([^/?#]*)([^#]*)$",
    "^([^:]+:[ \\t]*)(.*?)[ \\t]*$",
    "^\\s*([^=]*?)\\s*(?:=\\s*(.*?)\\s*)?$",
    "=+$",
    "\\s*$",
    "\\/v1(?:alpha|beta)?\\/(?:[^/]+\\/)*models\\/[^/:]+:[A-Za-z]+$",
  ])
    expect(slowness({ file: "", source, flags: "" }), source).toBeDefined();
});

/** An expression that repeats nothing, or only up to a number, is over after that. */
const isUnbounded = ({ source }: Pattern): boolean => /[*+]|,\}/.test(source);
const named = patterns.filter(isUnbounded).map((pattern) => ({
  ...pattern,
  name: `${pattern.file} /${pattern.source}/${pattern.flags}`,
}));
it.each(named)("$name", { timeout: 60_000 }, (pattern) => {
  expect(slowness(pattern)).toBeUndefined();
});
