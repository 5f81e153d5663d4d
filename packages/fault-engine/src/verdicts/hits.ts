/** The operations that a rule has hit, and the repeats that followed its hits. */
import type { Attempt } from "./attempts.ts";
import type { Certainty, Link } from "./links.ts";
import type { Operation, OperationAttempt } from "./operations.ts";

/** Tells whether an attempt is one that is looked at. */
export type IsHit = (attempt: Attempt) => boolean;

/**
 * Whether a rule did something to an attempt: a request within its budget was decided about, but let pass, and a fault may not have been
 * carried out. One that a client did not wait for was met all the same.
 */
export function isHitBy(rule: string): IsHit {
  return ({ decision, response, carriedOut, end }) => {
    if (decision?.rule !== rule) return false;
    if (carriedOut?.type === "undone" && end?.how !== "abandoned") return false;
    return decision.fault !== "http.rate-limit" || response === null || response.injected;
  };
}

/** A repeat and the attempt before it. */
export interface Repeat {
  readonly before: OperationAttempt;
  readonly after: OperationAttempt;
  readonly link: Link;
  /** From the failure to the repeat, for each request that it may repeat: the shortest and the longest. */
  readonly waitMs: { readonly least: number; readonly most: number };
}

/** Repeats that followed a hit. */
export function repeatsOf({ attempts }: Operation, isHit: IsHit): Repeat[] {
  return attempts.slice(1).flatMap((after, at) => {
    const before = attempts[at]!;
    const { link } = after;
    if (link === null || !isHit(before)) return [];
    const waits = link.candidates.map((one) => Math.max(0, after.beganAtMs - failedAtMs(one)));
    return [{ before, after, link, waitMs: { least: Math.min(...waits), most: Math.max(...waits) } }];
  });
}

/** From when on a client waited, at the earliest: a wait that is too short even so was too short. */
function failedAtMs({ knownAtMs, response, carriedOut, beganAtMs }: Attempt): number {
  return knownAtMs ?? response?.atMs ?? carriedOut?.atMs ?? beganAtMs;
}

/** How many repeats followed the first hit, by how sure they are. */
export function countRepeats({ attempts }: Operation, isHit: IsHit): Readonly<Record<Certainty, number>> {
  const counts = { told: 0, likely: 0, unclear: 0 };
  for (const { link } of attempts.slice(attempts.findIndex(isHit) + 1)) if (link) counts[link.certainty]++;
  return counts;
}

/**
 * Operations that show what a client does about a hit. One that had been retried before, and ended with the hit, shows nothing:
 * its retries may have been used up.
 */
export function withoutSpent(operations: readonly Operation[], isHit: IsHit): Operation[] {
  return operations.filter(({ attempts }) => {
    const first = attempts.findIndex(isHit);
    return first <= 0 || first < attempts.length - 1;
  });
}
