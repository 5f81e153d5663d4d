/** Parts of an answer, each with the moment at which it goes. */
import { joinBytes } from "@faultwire/http1/internal";

/** A part of an answer that goes out at its time. */
export interface TimedPart {
  /** What goes out, whole. */
  readonly bytes: Uint8Array;
  /** On the clock of the lane's timers. A part with `Infinity` never goes, and it has to be the last. */
  readonly atMs: number;
}

/** One part of all those that are due at the same moment, or by now. */
export function byMoment(parts: readonly TimedPart[], now: number): TimedPart[] {
  const moments = new Map<number, Uint8Array[]>();
  for (const { bytes, atMs } of parts) {
    const at = Math.max(atMs, now);
    const known = moments.get(at);
    if (known) known.push(bytes);
    else moments.set(at, [bytes]);
  }
  return Array.from(moments, ([atMs, all]) => ({ atMs, bytes: joinBytes(all) }));
}

/** At most so many parts: neighbours are joined, and go when the later one is due. */
export function fewer(parts: TimedPart[], most: number): TimedPart[] {
  let fewerParts = parts;
  while (fewerParts.length > most)
    fewerParts = fewerParts.flatMap((part, at) => {
      const next = fewerParts[at + 1];
      if (at % 2 === 1) return [];
      return [next ? { atMs: next.atMs, bytes: joinBytes([part.bytes, next.bytes]) } : part];
    });
  return fewerParts;
}
