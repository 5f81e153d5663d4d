import { compileGlob } from "./glob.ts";
import { compileRegex } from "./linear-regex.ts";

/** A pattern as rules hold it. */
export type TextPattern =
  | { readonly kind: "glob"; readonly text: string }
  | { readonly kind: "regex"; readonly text: string };

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
export function compileTextPattern(pattern: TextPattern): (text: string) => boolean {
  return pattern.kind === "glob" ? compileGlob(pattern.text) : compileRegex(pattern.text);
}
