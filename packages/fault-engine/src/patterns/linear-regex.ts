import { RE2JS } from "re2js";
import { FaultEngineError } from "../fault-engine-error.ts";
import { Effort } from "./effort.ts";
import type { RegexTest } from "./regex-test.ts";

/** Instructions of one compiled expression. A test costs at most this many steps a character. */
const MAX_INSTRUCTIONS = 500;
/** Characters of one expression. How many instructions it has is known only when it is compiled. */
const MAX_EXPRESSION_CHARACTERS = 1000;
/** The same for the numbers in `{n,m}`, all added up: each is a copy of what it stands behind. */
const MAX_REPETITIONS = 500;

/**
 * Compiles a regular expression whose test is linear in the text whatever the expression is, by RE2's automata. A rule
 * file can't hang the process with one.
 *
 * The syntax is RE2's: no look-around and no references. Where it differs from JavaScript's, `\s` is ASCII only, `.`
 * takes all but a line feed, a character is a code point, and `[]` has to have something in it; `(?i)`, `\b`, `\pL`
 * and `\z` are there. At most 1000 characters, 500
 * repetitions by `{n}`, and 500 instructions.
 *
 * @returns A test of whether the expression matches anywhere in a text; use `^` and `$` for the whole.
 * @throws FaultEngineError `invalid-pattern`.
 *
 * @example
 * ```ts
 * compileRegex("^/v1/(messages|complete)$")("/v1/messages"); // true
 * ```
 */
export function compileRegex(source: string): RegexTest {
  if (source.length > MAX_EXPRESSION_CHARACTERS)
    throw new FaultEngineError(
      "invalid-pattern",
      `a regular expression of ${source.length} characters; ${MAX_EXPRESSION_CHARACTERS} are allowed`,
    );
  const expression = repetitions(source) > MAX_REPETITIONS ? undefined : compile(source);
  if (expression === undefined || expression.programSize() > MAX_INSTRUCTIONS)
    throw new FaultEngineError(
      "invalid-pattern",
      `a regular expression of more than ${MAX_INSTRUCTIONS} states; make its repetitions shorter`,
    );
  const states = expression.programSize();
  const test = (text: string, effort: Effort = new Effort()): boolean =>
    effort.spend(states * (text.length + 1)) && expression.test(text);
  return Object.assign(test, { states });
}

function repetitions(source: string): number {
  let sum = 0;
  for (const [, min, max] of source.matchAll(/\{(\d{1,4})(?:,(\d{1,4})?)?\}/g)) sum += Number(max ?? min);
  return sum;
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "no expression";
    throw new FaultEngineError(
      "invalid-pattern",
      `${reason} in the regular expression ${JSON.stringify(source)}; the syntax is RE2's, without look-around and references`,
      { cause: error },
    );
  }
}
