/** What can be demanded of clients, and how it is judged: what is proven, what is broken, what can't be told. */
import type { Expectation } from "../rules/rule.ts";
import { writeCount } from "../write-count.ts";
import type { Attempt } from "./attempts.ts";
import { countRepeats, type IsHit, type Repeat, repeatsOf } from "./hits.ts";
import type { Operation } from "./operations.ts";
import { writeList, writeMs } from "./words.ts";

/**
 * - `pass`: the log proves it
 * - `fail`: the log proves the contrary
 * - `unproven`: it came to it, and the wire can't show which; {@link Finding.proof} says what would
 * - `untested`: it never came to it
 */
export type VerdictOutcome = "pass" | "fail" | "unproven" | "untested";

/** What a demand came to. */
export interface Finding {
  readonly outcome: VerdictOutcome;
  readonly expected: string;
  readonly found: string;
  /** With `unproven`: what would prove it. */
  readonly proof?: string;
  /** What shows it: with `fail` what broke it, with `unproven` what can't be told. */
  readonly shown: readonly Attempt[];
}

/** What is looked at. */
export interface Looked {
  readonly operations: readonly Operation[];
  readonly isHit: IsHit;
}

/** A wait may be so much shorter than asked for: clocks and timers are no better. */
const waitToleranceMs = 20;
/** Jitter takes up to a quarter from a wait (the SDKs' own); what shrinks more does not back off. */
const backoffShrink = 0.75;

/** What would prove that requests belong together. */
export const repeatProof =
  "an SDK that counts its retries, or x-faultwire-operation, idempotency-key or traceparent on the requests; or asksOnce: true in the rule file, if the program asks nothing twice by itself";
/** What would prove what a program made of it. */
export const outcomeProof = "the program's own word (POST /outcome)";

/** One thing that was looked at. */
interface Case {
  readonly outcome: Exclude<VerdictOutcome, "untested">;
  readonly shown: Attempt;
}

/** One broken case breaks the demand; it is proven where all are. */
function outcomeOf(cases: readonly Case[]): VerdictOutcome {
  for (const outcome of ["fail", "unproven"] as const)
    if (cases.some((one) => one.outcome === outcome)) return outcome;
  return cases.length === 0 ? "untested" : "pass";
}

function finding(
  cases: readonly Case[],
  expected: string,
  found: string,
  proof: string = repeatProof,
): Finding {
  const outcome = outcomeOf(cases);
  const shown = cases.filter((one) => one.outcome === outcome).map((one) => one.shown);
  return {
    outcome,
    expected,
    found,
    ...(outcome === "unproven" && { proof }),
    shown: outcome === "pass" ? [] : shown,
  };
}

/** Repeats after the first hit. */
export function judgeRetries(
  { min = 0, max = Number.POSITIVE_INFINITY }: NonNullable<Expectation["retries"]>,
  { operations, isHit }: Looked,
): Finding {
  const counts: string[] = [];
  const cases = operations.map((operation): Case => {
    const { told, likely, unclear } = countRepeats(operation, isHit);
    const most = told + likely + unclear;
    counts.push(
      told === most ? String(told) : told + likely === most ? `probably ${most}` : `${told} to ${most}`,
    );
    const isBroken = told + likely > max || most < min;
    const isProven = told >= min && most <= max;
    const shown = operation.attempts[0]!;
    return { outcome: isBroken ? "fail" : isProven ? "pass" : "unproven", shown };
  });
  const range =
    min === max
      ? `exactly ${writeRetries(min)}`
      : max === Number.POSITIVE_INFINITY
        ? `at least ${writeRetries(min)}`
        : `${min} to ${max} retries`;
  return finding(cases, range, writeRetryCounts(counts));
}

const writeRetries = (count: number): string => writeCount(count, "retry");

/** @param counts - Of each operation: `2`, `probably 1`, `0 to 3`. */
function writeRetryCounts(counts: readonly string[]): string {
  const [first] = counts;
  if (first === undefined) return "no hit";
  const isSame = counts.every((count) => count === first);
  const noun = isSame && /^(?:probably )?1$/.test(first) ? "retry" : "retries";
  if (counts.length === 1) return `${first} ${noun}`;
  return isSame
    ? `${first} ${noun} in each of ${counts.length} operations`
    : `${writeList(counts)} ${noun} in ${counts.length} operations`;
}

/** Waits before repeats, where `needed` says how long they are to be. */
export function judgeWaits(
  { operations, isHit }: Looked,
  needed: (before: Attempt) => number | null,
  expected: string,
): Finding {
  const timed = operations
    .flatMap((operation) => repeatsOf(operation, isHit))
    .flatMap((repeat) => {
      const neededMs = needed(repeat.before);
      return neededMs === null ? [] : [{ repeat, neededMs, outcome: waitOutcome(repeat, neededMs) }];
    });
  const cases = timed.map(({ repeat, outcome }): Case => ({ outcome, shown: repeat.after }));
  const worst = outcomeOf(cases);
  const shown = timed
    .filter(({ outcome }) => worst === "pass" || outcome === worst)
    .map(({ repeat, neededMs }) => `${writeMs(repeat.waitMs.most)} of ${writeMs(neededMs)}`);
  const asked = worst === "unproven" ? "the same was asked again after" : "waited";
  return finding(
    cases,
    expected,
    shown.length === 0 ? "no retry that had to wait" : `${asked} ${writeList(shown)}`,
  );
}

function waitOutcome({ link, waitMs }: Repeat, neededMs: number): Case["outcome"] {
  const least = neededMs - waitToleranceMs;
  if (link.certainty === "unclear") return "unproven";
  if (waitMs.most < least) return "fail";
  return link.certainty === "told" && waitMs.least >= least ? "pass" : "unproven";
}

/** Waits that grow, where no `retry-after` says how long to wait. */
export function judgeBackoff({ operations, isHit }: Looked): Finding {
  const rows = operations.flatMap((operation) => {
    const free = repeatsOf(operation, isHit).filter(({ before }) => before.askedWaitMs === null);
    return free.length < 2 ? [] : [free];
  });
  const cases = rows.map((free): Case => {
    const waits = free.map(({ waitMs }) => waitMs.most);
    const grows =
      waits.every((wait, at) => at === 0 || wait >= waits[at - 1]! * backoffShrink) &&
      waits.at(-1)! > waits[0]!;
    const isTold = free.every(({ link }) => link.certainty === "told" && link.candidates.length === 1);
    const isUnclear = free.some(({ link }) => link.certainty === "unclear" || link.candidates.length > 1);
    // gRPC's libraries wait by chance, anything up to a limit that grows (gRFC A6).
    const isByChance = free.some(({ before }) => before.end?.grpc !== undefined);
    const outcome =
      isUnclear || (isByChance && !grows) ? "unproven" : grows ? (isTold ? "pass" : "unproven") : "fail";
    return { outcome, shown: free.at(-1)!.after };
  });
  const found = writeList(rows.map((free) => free.map(({ waitMs }) => writeMs(waitMs.most)).join(" → ")));
  return finding(
    cases,
    "waits that grow",
    rows.length === 0 ? "no two retries in a row without retry-after" : found,
  );
}

/** Cut streams that were noticed: asked for again, or called something else than complete by the program. */
export function judgeCuts({ operations, isHit }: Looked, hasFailedByExit: IsHit = () => false): Finding {
  const counts = { again: 0, said: 0, believed: 0, open: 0 };
  const cases = operations.flatMap(({ attempts, outcome }) =>
    attempts.flatMap((attempt, at): Case[] => {
      if (!isHit(attempt) || attempt.carriedOut?.type === "undone") return [];
      const next = attempts[at + 1];
      if (next?.link?.certainty === "told") {
        counts.again++;
        return [{ outcome: "pass", shown: attempt }];
      }
      if (next === undefined && outcome !== null) {
        const isBelieved = outcome.outcome === "complete";
        counts[isBelieved ? "believed" : "said"]++;
        return [{ outcome: isBelieved ? "fail" : "pass", shown: attempt }];
      }
      const hasFailed = next === undefined && hasFailedByExit(attempt);
      counts[hasFailed ? "said" : "open"]++;
      return [{ outcome: hasFailed ? "pass" : "unproven", shown: attempt }];
    }),
  );
  const found = [
    counts.again > 0 && `${counts.again} asked for again`,
    counts.said > 0 && `${counts.said} that the program noticed`,
    counts.believed > 0 && `${counts.believed} taken for whole, as the program says`,
    counts.open > 0 && `${counts.open} of which nothing shows what the program made of it`,
  ].filter((part) => part !== false);
  return finding(
    cases,
    "a response that ends early is noticed",
    cases.length === 0 ? "none that ended early" : found.join(", "),
    `${outcomeProof}; or a retry that can be told as one: ${repeatProof}`,
  );
}

/** No more than so many requests reach the rule. */
export function judgeStop(max: number, { operations, isHit }: Looked): Finding {
  const hits = operations.flatMap(({ attempts }) => attempts.filter(isHit));
  const cases = hits.map((shown, at): Case => ({ outcome: at < max ? "pass" : "fail", shown }));
  return finding(
    cases,
    `no more than ${writeCount(max, "failing request")}`,
    writeCount(hits.length, "failing request"),
  );
}

/** How operations ended. */
export function judgeEnd(expected: "success" | "failure", { operations, isHit }: Looked): Finding {
  const counts = { success: 0, failure: 0, unproven: 0 };
  const cases = operations.map((operation): Case => {
    const came = endOf(operation, isHit);
    counts[came]++;
    const shown = operation.attempts.at(-1)!;
    if (came === "unproven") return { outcome: "unproven", shown };
    return { outcome: came === expected ? "pass" : "fail", shown };
  });
  const unproven = counts.unproven === 0 ? "" : `, ${counts.unproven} that can't be told`;
  return finding(
    cases,
    `ends with ${expected}`,
    `${writeCount(counts.success, "operation")} ended with success, ${counts.failure} with failure${unproven}`,
    `${repeatProof}; or ${outcomeProof}`,
  );
}

/** By the program's own word, else by the wire where all that may be the end of the operation ended alike. */
function endOf({ attempts, outcome }: Operation, isHit: IsHit): "success" | "failure" | "unproven" {
  if (outcome !== null) return outcome.outcome === "complete" ? "success" : "failure";
  const hitAt = attempts.findIndex(isHit);
  const ends = new Set<boolean>();
  for (let at = attempts.length - 1; at >= hitAt; at--) {
    const { succeeded, link } = attempts[at]!;
    ends.add(succeeded);
    if (link === null || link.certainty === "told") break;
  }
  if (ends.size > 1) return "unproven";
  return ends.has(true) ? "success" : "failure";
}
