import type { Effort } from "./effort.ts";
import { compileGlob, GlobTest } from "./glob.ts";
import type { RegexCompiler, RegexTest } from "./regex-test.ts";

/** A pattern as rules hold it. */
export type TextPattern =
  | {
      readonly kind: "glob";
      /** The pattern as the rule file has it. */
      readonly text: string;
    }
  | {
      readonly kind: "regex";
      /** The pattern as the rule file has it. */
      readonly text: string;
    };

/**
 * Reads a pattern as a rule file writes it: a regular expression where it begins with `/^` and ends with `/`, else a
 * glob. The `^` tells an expression from a path such as `/v1/`.
 *
 * @example
 * ```ts
 * readTextPattern("/^claude-(opus|sonnet)/"); // { kind: "regex", text: "^claude-(opus|sonnet)" }
 * ```
 */
export function readTextPattern(text: string): TextPattern {
  return text.startsWith("/^") && text.endsWith("/") && text.length > 2
    ? { kind: "regex", text: text.slice(1, -1) }
    : { kind: "glob", text };
}

/** The pattern in words a rule file would take. */
export function writeTextPattern(pattern: TextPattern): string {
  return pattern.kind === "regex" ? `/${pattern.text}/` : pattern.text;
}

/** Compiles a pattern to a test; throws `invalid-pattern` for an expression outside the subset. */
export function compileTextPattern(
  pattern: TextPattern,
  compileRegex: RegexCompiler,
): (text: string, effort?: Effort) => boolean {
  return pattern.kind === "glob" ? compileGlob(pattern.text) : compileRegex(pattern.text);
}

/**
 * A list of patterns made ready. One class for globs and expressions alike, with the same fields always: decisions ask
 * hundreds of these in a row, and calls of one shape are several times quicker than calls of many.
 */
export class PatternList {
  /** The first of the globs, beside the list: mostly there is only one. */
  readonly #glob: GlobTest | undefined;
  readonly #globs: readonly GlobTest[];
  readonly #regexes: readonly RegexTest[];

  /** @param lowerCase - Compares globs with texts that are in lower case already. Expressions are taken as they are. */
  constructor(patterns: readonly TextPattern[], lowerCase: boolean, compileRegex: RegexCompiler) {
    const [glob, ...globs] = patterns
      .filter((pattern) => pattern.kind === "glob")
      .map(({ text }) => new GlobTest(lowerCase ? text.toLowerCase() : text));
    this.#glob = glob;
    this.#globs = globs;
    this.#regexes = patterns
      .filter((pattern) => pattern.kind === "regex")
      .map(({ text }) => compileRegex(text));
  }

  /** Whether one of the patterns matches, as far as the effort goes. */
  matches(text: string, effort: Effort): boolean {
    if (this.#glob?.matches(text)) return true;
    for (let at = 0; at < this.#globs.length; at++) if (this.#globs[at]!.matches(text)) return true;
    for (let at = 0; at < this.#regexes.length; at++) if (this.#regexes[at]!(text, effort)) return true;
    return false;
  }
}
