import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FaultEngineError } from "../../src/index.ts";
import { compileGlob } from "../../src/internal.ts";
import { compileRegex } from "../../src/patterns/linear-regex.ts";

const letters = (alphabet: string, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...Array.from(alphabet)), { maxLength }).map((list) => list.join(""));

describe("globs", () => {
  it("match what the same expression with .* matches", () => {
    fc.assert(
      fc.property(letters("ab*/", 8), letters("ab/", 12), (glob, text) => {
        const expression = new RegExp(`^${glob.replaceAll("*", "[^]*")}$`);
        expect(compileGlob(glob)(text)).toBe(expression.test(text));
      }),
      { numRuns: propertyRuns(1000) },
    );
  });

  it("take everything but the star for itself", () => {
    expect(compileGlob("/v1/a?b.c[d]")("/v1/a?b.c[d]")).toBe(true);
    expect(compileGlob("a.c")("abc")).toBe(false);
  });

  it("are quick where backtracking is not", () => {
    const test = compileGlob(`${"a*".repeat(50)}b`);
    expect(test("a".repeat(100_000))).toBe(false);
  });
});

const leaf = fc.constantFrom(
  "a",
  "b",
  ".",
  "[ab]",
  "[^a]",
  "[a-c]",
  "\\d",
  "\\W",
  "\\s",
  "^",
  "$",
  "(?:)",
  "\\.",
  "[\\d_-]",
);
const { expression } = fc.letrec<{ expression: string; atom: string; piece: string }>((tie) => ({
  atom: fc.oneof(
    { maxDepth: 2 },
    leaf,
    tie("expression").map((inner) => `(${inner})`),
  ),
  piece: fc
    .tuple(tie("atom"), fc.constantFrom("", "", "*", "+", "?", "*?", "{2}", "{1,}", "{0,2}"))
    .map(([atom, bounds]) => (atom === "^" || atom === "$" ? atom : atom + bounds)),
  expression: fc
    .array(
      fc.array(tie("piece"), { maxLength: 3 }).map((pieces) => pieces.join("")),
      { minLength: 1, maxLength: 2 },
    )
    .map((choices) => choices.join("|")),
}));

/** The compiled expression; `undefined` where nested repetitions ask for too many states. */
function withinLimits(source: string): ((text: string) => boolean) | undefined {
  try {
    return compileRegex(source);
  } catch (error) {
    if (error instanceof FaultEngineError && error.message.includes("states")) return undefined;
    throw error;
  }
}

describe("regular expressions", () => {
  it("match what JavaScript's own engine matches", () => {
    fc.assert(
      fc.property(expression, letters("abc1_. \n-", 6), (source, text) => {
        // JavaScript's engine goes back, and is asked as well: it must not be given what it can't finish.
        fc.pre((source.match(/[*+]|\{1,\}/g) ?? []).length <= 4);
        const test = withinLimits(source);
        fc.pre(test !== undefined);
        expect(test(text), `/${source}/ on ${JSON.stringify(text)}`).toBe(new RegExp(source).test(text));
      }),
      { numRuns: propertyRuns(1500) },
    );
  });

  it("give an error of ours, or a test, for any text", () => {
    fc.assert(
      fc.property(letters("ab(|)[]{}*+?^$\\.-,01d:=!<", 12), (source) => {
        try {
          compileRegex(source)("aab");
        } catch (error) {
          expect(error).toBeInstanceOf(FaultEngineError);
          expect(error).toHaveProperty("code", "invalid-pattern");
        }
      }),
      { numRuns: propertyRuns(1500) },
    );
  });

  it.each(["(a+)+$", "(a|a)*b", "^(a*)*(b*)*$", "(.*a){12}$"])("%s is linear", (source) => {
    // An engine that goes back would need longer than the universe is old.
    expect(compileRegex(source)(`${"a".repeat(20_000)}!`)).toBe(false);
  });

  it("cost at most so many steps a character, in compiling and in testing", () => {
    // The worst that fits into 1000 characters.
    expect(() => compileRegex("a{1000}".repeat(142))).toThrow(/500 states/);
    expect(() => compileRegex("(?:a{20}){50}".repeat(7))).toThrow(/500 states/);
    expect(() => compileRegex("a".repeat(1001))).toThrow(/1001 characters; 1000 are allowed/);
    expect(() => compileRegex("(".repeat(1000))).toThrow(FaultEngineError);
  });

  it.each([
    ["\\bword", "a word", true],
    ["(?i)^CLAUDE", "claude-1", true],
    ["^\\pL+$", "Grüße", true],
    ["^.$", "😀", true],
    ["^\\s$", "\u00a0", false],
    ["^.$", "\r", true],
  ])("%s on %j is %s: RE2's syntax", (source, text, holds) => {
    expect(compileRegex(source)(text)).toBe(holds);
  });

  it.each([
    ["(?=a)", /\(\?=/],
    ["(?<=a)b", /\(\?</],
    ["(a)\\1", /invalid escape sequence: `\\1`/],
    ["a**", /repetition/],
    ["*a", /missing argument/],
    ["a{2,1}", /repeat count/],
    ["a{1001}", /states/],
    ["(a", /missing closing \)/],
    ["[a", /missing closing \]/],
    ["[]", /missing closing \]/],
    ["a)", /unexpected \)/],
    ["[b-a]", /range/],
    ["((a{100}){10})", /states/],
    ["((a{100}){100})", /repeat count/],
  ])("refuses %s with a reason", (source, reason) => {
    expect(() => compileRegex(source)).toThrow(reason);
    expect(() => compileRegex(source)).toThrow(FaultEngineError);
  });
});
