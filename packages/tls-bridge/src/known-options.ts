import { TlsBridgeError } from "./tls-bridge-error.ts";

/** The names of options, all of them: the compiler asks for one that is missing here. */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: true };

/**
 * Refuses an option that does not exist. The compiler does that for literals in TypeScript; for everything else a misspelt
 * option would count as one that was left out, and `insecure` or `versions` are not to be guessed.
 *
 * @param where - What is called, as the message names it.
 * @throws TlsBridgeError `bad-option`, with the name that comes nearest.
 */
export function refuseUnknownOptions<Options extends object>(
  where: string,
  options: Options | undefined,
  names: OptionNames<Options>,
): void {
  for (const found of Object.keys(options ?? {})) {
    if (Object.hasOwn(names, found)) continue;
    const known = Object.keys(names);
    const near = nearest(found, known);
    const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
    const name = JSON.stringify(found.slice(0, MAX_SHOWN_CHARACTERS));
    throw new TlsBridgeError(
      "bad-option",
      `${where}: there is no option ${name}${hint}; there are ${known.join(", ")}`,
    );
  }
}

/** A name is text of the caller's; a message shows this much of it. */
const MAX_SHOWN_CHARACTERS = 60;

/** The name that is the fewest changes of a character away, if they are at most a third of it. */
function nearest(found: string, known: readonly string[]): string | undefined {
  const text = found.slice(0, MAX_SHOWN_CHARACTERS).toLowerCase();
  const [best] = known
    .map((name) => ({ name, steps: distance(text, name.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps);
  return best !== undefined && best.steps * 3 <= best.name.length ? best.name : undefined;
}

/** Levenshtein's distance, a row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++)
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (a[i] === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
