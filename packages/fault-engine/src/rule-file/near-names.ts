/** Names that somebody may have meant. */

/** Letters that are compared; what is longer is no slip of the pen. */
const MAX_COMPARED = 60;
/** Letters that say which name was begun. */
const MIN_BEGINNING = 4;

/** Edits that turn one text into another, each letter once (Levenshtein 1965); names are short. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++)
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (one[i] === other[j] ? 0 : 1)));
    row = next;
  }
  return row[other.length]!;
}

/** A name that was not written to its end is nearer than any slip. */
const editsBetween = (text: string, name: string): number =>
  text.length >= MIN_BEGINNING && name.startsWith(text)
    ? Math.min(1, distance(text, name))
    : distance(text, name);

/**
 * The known names that are nearest to `text`, the nearest first. Case does not count.
 *
 * @param most - How many, at the most; those after the first are as near as it.
 */
export function nearNames(text: string, known: readonly string[], most = 1): string[] {
  const wanted = text.slice(0, MAX_COMPARED).toLowerCase();
  const near = known
    .map((name) => ({ name, edits: editsBetween(wanted, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.ceil(name.length / 3))
    .sort((a, b) => a.edits - b.edits);
  return near
    .filter(({ edits }) => edits === near[0]?.edits)
    .slice(0, most)
    .map(({ name }) => name);
}

/** ` (did you mean a or b?)`; nothing where there is no such name. */
export function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? "" : ` (did you mean ${names.join(" or ")}?)`;
}
