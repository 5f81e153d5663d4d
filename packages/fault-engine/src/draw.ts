import { FaultEngineError } from "./fault-engine-error.ts";

/** Two 32-bit lanes of hash state, the digest of a seed and a rule. Opaque to callers; plain data, never changed. */
export interface DrawKey {
  readonly high: number;
  readonly low: number;
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the output. */
function avalanche(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/**
 * The part of a {@link draw} that only depends on seed and rule, for whoever draws often.
 *
 * @param seed - A number and its decimal text are the same seed (a file says `42`, a flag says `"42"`).
 * @param rule - The rule's name, or whatever else tells independent streams apart.
 */
export function drawKey(seed: number | string, rule: string): DrawKey {
  // The length goes first so that ("1", "2x") and ("12", "x") are different texts.
  const seedText = String(seed);
  const text = `${seedText.length}:${seedText}:${rule}`;
  let high = 0x9e3779b9;
  let low = 0x243f6a88;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(avalanche(low ^ unit), 0x27d4eb2f);
  }
  return { high: avalanche(high ^ low), low: avalanche(low) };
}

/**
 * A key that depends on another one and on bytes. Four bytes are folded at a time, so that a prompt of a hundred
 * kilobytes costs a tenth of a millisecond.
 */
export function drawKeyOf({ high, low }: DrawKey, bytes: Uint8Array): DrawKey {
  const fold = (word: number): void => {
    high = Math.imul(high ^ word, 0x01000193);
    low = Math.imul(avalanche(low ^ word), 0x27d4eb2f);
  };
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4)
    fold(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  for (; at < bytes.length; at++) fold(bytes[at]!);
  return { high: avalanche(high ^ low), low: avalanche(low) };
}

/**
 * The number drawn for one match.
 *
 * @param key - From {@link drawKey}.
 * @param matchNumber - A non-negative safe integer.
 * @returns A multiple of 2⁻⁵³ in [0, 1).
 */
export function drawFrom(key: DrawKey, matchNumber: number): number {
  const countLow = matchNumber >>> 0;
  const countHigh = Math.floor(matchNumber / 0x1_0000_0000) >>> 0;
  const first = avalanche(key.high ^ avalanche(countLow ^ Math.imul(countHigh, 0x9e3779b1)));
  const second = avalanche(key.low ^ avalanche(first ^ Math.imul(countLow, 0x85ebca77)) ^ countHigh);
  return ((first >>> 5) * 0x400_0000 + (second >>> 6)) / 2 ** 53;
}

/**
 * A number in [0, 1) that depends on nothing but its three arguments: the same on every machine, in every order of
 * calls. Rules draw by their own match number instead of from one shared stream, so that what happens on one
 * connection never changes what is drawn on another.
 *
 * The algorithm, which is part of the API and never changes within a major version: the text
 * `<length of seed>:<seed>:<rule>` is folded, UTF-16 code unit by code unit, into two 32-bit lanes (FNV-1a in one,
 * MurmurHash3's finalizer in the other); the match number is mixed into both with the same finalizer; the top 27
 * and 26 bits of the lanes make a 53-bit fraction. It is no cryptography: whoever sees draws may predict others.
 *
 * @param seed - The seed of the run; `42` and `"42"` are the same.
 * @param rule - The rule's name.
 * @param matchNumber - Counts the rule's matches from 0; a safe integer.
 * @throws FaultEngineError `invalid-argument` when the match number is not one.
 *
 * @example
 * ```ts
 * const fails = draw(42, "overloaded", 7) < 0.1;
 * ```
 */
export function draw(seed: number | string, rule: string, matchNumber: number): number {
  if (!Number.isSafeInteger(matchNumber) || matchNumber < 0)
    throw new FaultEngineError(
      "invalid-argument",
      `match number ${matchNumber} found, a non-negative safe integer expected`,
    );
  return drawFrom(drawKey(seed, rule), matchNumber);
}
