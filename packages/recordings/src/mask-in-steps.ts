/** Masks long bodies piece by piece, with other work between: in one go a body of 60 MB would stop the whole process for seconds. */
import { setImmediate as otherWork } from "node:timers/promises";
import { fromLatin1 } from "./latin1.ts";
import { recordingLimits } from "./recording-limits.ts";

const { lookedAtTwiceBytes: twice } = recordingLimits;

/** Lets other work go on each time that so much was done that it has waited long enough. */
export class Turns {
  readonly atOnceBytes: number;
  #bytes = 0;

  /** @param atOnceBytes - What is done in one go. */
  constructor(atOnceBytes: number = recordingLimits.lookedAtOnceBytes) {
    this.atOnceBytes = atOnceBytes;
  }

  async did(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes < this.atOnceBytes) return;
    this.#bytes = 0;
    await otherWork();
  }
}

/** Pieces as one that is nobody else's. */
export async function copied(pieces: readonly Uint8Array[], turns: Turns): Promise<Uint8Array> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces)
    for (let from = 0; from < piece.length; from += turns.atOnceBytes) {
      const some = piece.subarray(from, from + turns.atOnceBytes);
      whole.set(some, at);
      at += some.length;
      await turns.did(some.length);
    }
  return whole;
}

/**
 * Masks what is secret in a body, as if all of it were looked at in one go. A step sees some bytes before and behind what it is about: so
 * much as no name of a secret, with what stands between it and its value, is longer than. Where a secret reaches the end of a step, the
 * step is made longer until it has all of it.
 *
 * @param body - What is looked at; it stays as it is.
 * @param masked - Takes a text, a byte a character, and gives one of the same length.
 * @param turns - Says also how long a step is: more than the bytes that it begins with again.
 * @returns the same bytes with what is masked; the same array where that is nothing
 */
export async function maskedInSteps(
  body: Uint8Array,
  masked: (text: string) => string,
  turns: Turns = new Turns(),
): Promise<Uint8Array> {
  let result = body;
  for (let from = 0; from < body.length; ) {
    const begin = Math.max(0, from - twice);
    let end = from + turns.atOnceBytes;
    for (;;) {
      end = Math.min(end, body.length);
      const text = fromLatin1(body.subarray(begin, end));
      const clean = masked(text);
      await turns.did(text.length);
      if (end < body.length && clean.slice(-quiet) !== text.slice(-quiet)) {
        end += end - begin;
        continue;
      }
      // What is before was masked by the step before, which has seen more of what stands before that.
      if (clean.slice(from - begin) === text.slice(from - begin)) break;
      if (result === body) result = await copied([body], turns);
      for (let at = from - begin; at < text.length; at++) {
        const letter = clean.charCodeAt(at);
        if (letter !== text.charCodeAt(at)) result[begin + at] = letter;
      }
      break;
    }
    from = end === body.length ? end : end - twice;
  }
  return result;
}

/** Bytes at the end of a step in which nothing is masked, so that no secret goes on behind it. */
const quiet = twice / 2;
