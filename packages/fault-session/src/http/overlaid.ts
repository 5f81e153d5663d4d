/** Headers laid over others. */
import type { Header } from "@faultwire/http1";

/**
 * The headers of a message with `changes` in the place of those of the same name, whatever its case; they stand behind the
 * others.
 *
 * @example
 * ```ts
 * overlaid([["A", "1"], ["b", "2"]], [["a", "3"]]); // [["b", "2"], ["a", "3"]]
 * ```
 */
export function overlaid(headers: readonly Header[], changes: readonly Header[]): readonly Header[] {
  if (changes.length === 0) return headers;
  const names = new Set(changes.map(([name]) => name.toLowerCase()));
  return [...headers.filter(([name]) => !names.has(name.toLowerCase())), ...changes];
}
