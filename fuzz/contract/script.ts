/** An input as a script: what peers do, in order. Any bytes are one. */

/** One thing that happens. */
export interface Deed {
  /** What: the lower five bits of the first byte. */
  readonly what: number;
  /** Its upper three bits. */
  readonly how: number;
  /** What is said. */
  readonly bytes: Uint8Array;
}

/** A byte that begins a deed. */
const mark = 0xf7;

/** The deeds of an input: each begins with a mark and a byte that says what it is, and goes up to the next mark. */
export function deedsOf(input: Uint8Array): Deed[] {
  const deeds: Deed[] = [];
  for (let at = 0; at < input.length; ) {
    const next = input.indexOf(mark, at + 2);
    const end = next === -1 ? input.length : next;
    const first = input[at] === mark ? at + 1 : at;
    const what = input[first] ?? 0;
    deeds.push({ what: what & 31, how: what >> 5, bytes: input.subarray(first + 1, end) });
    at = end;
  }
  return deeds;
}

/** Bytes of a deed; a mark in what is said would begin another deed, and is left out. */
export function deed(what: number, how = 0, said: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof said === "string" ? Buffer.from(said, "latin1") : said;
  return Uint8Array.from([mark, what | (how << 5), ...[...bytes].filter((byte) => byte !== mark)]);
}

/** One input of several deeds behind its first bytes. */
export const script = (front: readonly number[], ...deeds: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from([...front, ...deeds.flatMap((each) => [...each])]);
