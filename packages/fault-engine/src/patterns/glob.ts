/**
 * A glob in which `*` stands for any run of characters, empty and `/` included; everything else stands for itself.
 * Matching goes through the text once: between the anchored ends, every part is taken at its leftmost place, which is
 * never worse than a later one, so there is nothing to go back to.
 */
export class GlobTest {
  /** The whole text, for a glob without a star. */
  readonly #exact: string | null;
  readonly #first: string;
  readonly #last: string;
  readonly #middle: readonly string[];

  constructor(glob: string) {
    const parts = glob.split("*");
    this.#exact = parts.length === 1 ? glob : null;
    this.#first = parts[0] ?? "";
    this.#last = parts.at(-1) ?? "";
    this.#middle = parts.slice(1, -1).filter((part) => part !== "");
  }

  /** Whether the whole text matches. */
  matches(text: string): boolean {
    if (this.#exact !== null) return text === this.#exact;
    const first = this.#first;
    const last = this.#last;
    if (text.length < first.length + last.length) return false;
    if (!standsAt(text, first, 0) || !standsAt(text, last, text.length - last.length)) return false;
    if (this.#middle.length === 0) return true;
    let at = first.length;
    for (const part of this.#middle) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  }
}

/** Whether `part` stands in `text` at `at`. Mostly the first character tells, quicker than a call of `startsWith`. */
function standsAt(text: string, part: string, at: number): boolean {
  for (let index = 0; index < part.length; index++)
    if (text.charCodeAt(at + index) !== part.charCodeAt(index)) return false;
  return true;
}

/**
 * Compiles a glob to a test of a whole text; see {@link GlobTest} for what it means.
 *
 * @example
 * ```ts
 * compileGlob("claude-*")("claude-sonnet-5"); // true
 * ```
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const test = new GlobTest(glob);
  return (text) => test.matches(text);
}
