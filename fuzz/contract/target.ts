/** What the fuzzer gives inputs to, and what it holds the code to. */

/** A part of the code that takes bytes of strangers. */
export interface Target {
  /** Inputs to begin with, where the corpus has none. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Texts that inputs are made of, besides those that stand in the code. */
  readonly words?: readonly string[];
  /** Bytes of an input at the most. */
  readonly maxBytes: number;
  /** Steps (functions, branches, turns of loops) of the code for one input at the most: more is a hang. */
  readonly maxSteps: number;
  /** Gives the input to the code. Throws, or rejects, where the code breaks its contract. */
  readonly run: (input: Uint8Array) => void | Promise<void>;
}

/** The code does not do as it promises. */
export class BrokenContract extends Error {}

/** @throws BrokenContract where it is not so. */
export function holds(isSo: boolean, promise: string): asserts isSo {
  if (!isSo) throw new BrokenContract(promise);
}

/** @throws BrokenContract where the two are not the same, as JSON has them. */
export function same(found: unknown, expected: unknown, promise: string): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new BrokenContract(`${promise}\n  found    ${short(a)}\n  expected ${short(b)}`);
}

const short = (text: string | undefined): string => (text ?? "undefined").slice(0, 2000);

/** What `act` gives; what is thrown is given too, where it is of the package's own class. */
export function caught<T>(
  own: new (...given: never[]) => Error,
  act: () => T,
): { readonly value: T } | { readonly error: Error & { readonly code?: unknown } } {
  try {
    return { value: act() };
  } catch (error) {
    if (error instanceof own) return { error };
    throw error;
  }
}

/** Sizes of chunks, drawn from a number: the same number, the same cuts. */
export function chunked(bytes: Uint8Array, seed: number): Uint8Array[] {
  const size = [1, 2, 3, 5, 7, 16, 61, 4096][seed % 8] ?? 1;
  const chunks: Uint8Array[] = [];
  for (let at = 0, number = seed; at < bytes.length; number = (number * 5 + 3) % 256) {
    const length = size === 4096 ? bytes.length : 1 + (number % (2 * size));
    // A copy, which is spoilt once it was read: views live as long as the chunk is left alone.
    chunks.push(bytes.slice(at, at + length));
    at += length;
  }
  return chunks;
}

/** The first byte, which says how the rest is given, and the rest. */
export const steered = (input: Uint8Array): readonly [number, Uint8Array] => [
  input[0] ?? 0,
  input.subarray(1),
];

/** A seed: how, and what. */
export function seed(how: number, ...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(
    Buffer.concat([
      Buffer.of(how),
      ...parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)),
    ]),
  );
}
