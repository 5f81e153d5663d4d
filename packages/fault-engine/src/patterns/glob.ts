/**
 * Compiles a glob in which `*` stands for any run of characters, empty and `/` included; everything else stands for
 * itself. Matching goes through the text once: after the anchored first part, every part is taken at its leftmost
 * place, which is never worse than a later one, so there is nothing to go back to.
 *
 * @returns A test of a whole text.
 *
 * @example
 * ```ts
 * compileGlob("claude-*")("claude-sonnet-5"); // true
 * ```
 */
export function compileGlob(glob: string): (text: string) => boolean {
  const parts = glob.split("*");
  const first = parts[0] ?? "";
  if (parts.length === 1) return (text) => text === glob;
  const last = parts.at(-1) ?? "";
  const middle = parts.slice(1, -1).filter((part) => part !== "");
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false;
    let at = first.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}
