import type { Expectation } from "../rules/rule.ts";
import type { EngineEvent } from "./event.ts";
import { type Attempt, type Operation, operationsOf } from "./operations.ts";
import { type Unread, unreadOf } from "./unread.ts";

/** The names of what can be expected, as a rule file has them. */
export type Demand = Exclude<keyof Expectation, "rule">;

/** What came of one expectation. */
export interface Verdict {
  readonly rule: string;
  readonly demand: Demand;
  /** `untested`: the rule hit nothing that could show it. It counts as a failure: silence is no proof. */
  readonly outcome: "pass" | "fail" | "untested";
  /** What was expected, in words. */
  readonly expected: string;
  /** What was found, in words. */
  readonly found: string;
  /** Requests that show it, at most 10. */
  readonly requests: readonly string[];
}

/** Everything that a run showed. */
export interface Judgement {
  readonly verdicts: readonly Verdict[];
  readonly operations: readonly Operation[];
  /** What was not read, so that no rule could see it. It is no verdict: nothing was expected of it. */
  readonly unread: readonly Unread[];
  /** True when every verdict is a pass. */
  readonly passed: boolean;
}

/** A wait may be so much shorter than asked for: clocks and timers are no better. */
const WAIT_TOLERANCE_MS = 20;
/** Jitter takes up to a quarter from a wait (the SDKs' own); what shrinks more does not back off. */
const BACKOFF_SHRINK = 0.75;

/** Whether a rule did something to an attempt: a request within its budget was decided about, but let pass. */
function isHit({ decision, response }: Attempt, rule: string): boolean {
  if (decision?.rule !== rule) return false;
  return decision.fault !== "http.rate-limit" || response === null || response.injected;
}

/** A repeat and the attempt before it. */
interface Repeat {
  readonly before: Attempt;
  readonly after: Attempt;
  /** From the failure, as far as it is known, to the repeat. */
  readonly waitMs: number;
}

function repeatsOf(operation: Operation, rule: string): Repeat[] {
  return operation.attempts.slice(1).flatMap((after, at) => {
    const before = operation.attempts[at]!;
    if (!isHit(before, rule)) return [];
    const failedAtMs =
      before.end?.atMs ?? before.response?.atMs ?? before.carriedOut?.atMs ?? before.request.atMs;
    return [{ before, after, waitMs: after.request.atMs - failedAtMs }];
  });
}

const ms = (value: number): string =>
  value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
const list = (values: readonly (string | number)[]): string => {
  const shown = values.slice(0, 8).join(", ");
  return values.length > 8 ? `${shown}, …` : shown;
};
const times = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** What a demand came to: the offenders among what was looked at. */
interface Finding {
  readonly expected: string;
  readonly found: string;
  readonly looked: number;
  readonly offenders: readonly Attempt[];
}

/** Repeats after the first hit of the rule, for every operation that it hit. */
function judgeRetries(
  expected: NonNullable<Expectation["retries"]>,
  hit: readonly Operation[],
  rule: string,
): Finding {
  const { min = 0, max = Number.POSITIVE_INFINITY } = expected;
  const counts = hit.map(
    (operation) => operation.attempts.length - 1 - operation.attempts.findIndex((one) => isHit(one, rule)),
  );
  const range =
    min === max
      ? `exactly ${min}`
      : max === Number.POSITIVE_INFINITY
        ? `at least ${min}`
        : `${min} to ${max}`;
  return {
    expected: `${range} retries`,
    found: list(counts) === "" ? "no hit" : `${list(counts)} retries`,
    looked: hit.length,
    offenders: hit.flatMap(({ attempts }, at) =>
      counts[at]! < min || counts[at]! > max ? [attempts[0]!] : [],
    ),
  };
}

function judgeWaits(
  repeats: readonly Repeat[],
  needed: (repeat: Repeat) => number | null,
  expected: string,
): Finding {
  const timed = repeats.flatMap((repeat) => {
    const neededMs = needed(repeat);
    return neededMs === null ? [] : [{ repeat, neededMs }];
  });
  const short = timed.filter(({ repeat, neededMs }) => repeat.waitMs < neededMs - WAIT_TOLERANCE_MS);
  const shown = (short.length > 0 ? short : timed).map(
    ({ repeat, neededMs }) => `${ms(repeat.waitMs)} of ${ms(neededMs)}`,
  );
  return {
    expected,
    found: shown.length === 0 ? "no retry that had to wait" : `waited ${list(shown)}`,
    looked: timed.length,
    offenders: short.map(({ repeat }) => repeat.after),
  };
}

function judgeBackoff(hit: readonly Operation[], rule: string): Finding {
  const rows = hit.flatMap((operation) => {
    const free = repeatsOf(operation, rule).filter(
      ({ before }) => (before.response?.retryAfterMs ?? null) === null,
    );
    return free.length < 2 ? [] : [{ waits: free.map(({ waitMs }) => waitMs), last: free.at(-1)!.after }];
  });
  const backsOff = (waits: readonly number[]): boolean =>
    waits.every((wait, at) => at === 0 || wait >= waits[at - 1]! * BACKOFF_SHRINK) &&
    waits.at(-1)! > waits[0]!;
  return {
    expected: "waits that grow",
    found:
      rows.length === 0
        ? "no two retries in a row without retry-after"
        : list(rows.map(({ waits }) => waits.map(ms).join(" → "))),
    looked: rows.length,
    offenders: rows.filter(({ waits }) => !backsOff(waits)).map(({ last }) => last),
  };
}

/** A cut stream that was noticed is asked for again; one that was taken for whole is not. */
function judgeCuts(hit: readonly Operation[], rule: string): Finding {
  const cuts = hit.flatMap(({ attempts }) =>
    attempts.flatMap((attempt, at) =>
      isHit(attempt, rule) && attempt.carriedOut?.type !== "undone"
        ? [{ attempt, repeated: at + 1 < attempts.length }]
        : [],
    ),
  );
  const missed = cuts.filter(({ repeated }) => !repeated);
  return {
    expected: "cut streams are asked for again",
    found: `${times(cuts.length - missed.length, "cut stream")} asked for again, ${missed.length} taken for whole`,
    looked: cuts.length,
    offenders: missed.map(({ attempt }) => attempt),
  };
}

function judgeStop(max: number, hit: readonly Operation[], rule: string): Finding {
  const hits = hit.flatMap(({ attempts }) => attempts.filter((attempt) => isHit(attempt, rule)));
  return {
    expected: `no more than ${times(max, "failing request")}`,
    found: times(hits.length, "failing request"),
    looked: hits.length,
    offenders: hits.slice(max),
  };
}

function judgeEnd(expected: "success" | "failure", hit: readonly Operation[]): Finding {
  const last = hit.map(({ attempts }) => attempts.at(-1)!);
  const good = last.filter(({ succeeded }) => succeeded).length;
  return {
    expected: `ends with ${expected}`,
    found: `${times(good, "operation")} ended with success, ${last.length - good} with failure`,
    looked: last.length,
    offenders: last.filter(({ succeeded }) => succeeded !== (expected === "success")),
  };
}

/** The judgement of a demand that is either met or, where `wanted` is false, to be broken at least once. */
function verdictOf(rule: string, demand: Demand, finding: Finding, wanted = true): Verdict {
  const isMet = finding.offenders.length === 0;
  const outcome = finding.looked === 0 ? "untested" : isMet === wanted ? "pass" : "fail";
  return {
    rule,
    demand,
    outcome,
    expected: wanted ? finding.expected : `not: ${finding.expected}`,
    found: finding.found,
    requests: finding.offenders.slice(0, 10).map(({ request }) => request.request),
  };
}

function judgeOne(expectation: Expectation, operations: readonly Operation[]): Verdict[] {
  const { rule } = expectation;
  const hit = operations.filter(({ attempts }) => attempts.some((attempt) => isHit(attempt, rule)));
  const repeats = hit.flatMap((operation) => repeatsOf(operation, rule));
  const verdicts: Verdict[] = [];
  const { retries, honoursRetryAfter, waitsAtLeastMs, backsOff, noticesCut, stopsAfter, endsWith } =
    expectation;
  if (retries !== undefined) verdicts.push(verdictOf(rule, "retries", judgeRetries(retries, hit, rule)));
  if (honoursRetryAfter !== undefined) {
    const finding = judgeWaits(
      repeats,
      ({ before }) => before.response?.retryAfterMs ?? null,
      "waits as long as retry-after says",
    );
    verdicts.push(verdictOf(rule, "honoursRetryAfter", finding, honoursRetryAfter));
  }
  if (waitsAtLeastMs !== undefined) {
    const finding = judgeWaits(repeats, () => waitsAtLeastMs, `waits ${ms(waitsAtLeastMs)} or more`);
    verdicts.push(verdictOf(rule, "waitsAtLeastMs", finding));
  }
  if (backsOff !== undefined) verdicts.push(verdictOf(rule, "backsOff", judgeBackoff(hit, rule), backsOff));
  if (noticesCut !== undefined)
    verdicts.push(verdictOf(rule, "noticesCut", judgeCuts(hit, rule), noticesCut));
  if (stopsAfter !== undefined)
    verdicts.push(verdictOf(rule, "stopsAfter", judgeStop(stopsAfter, hit, rule)));
  if (endsWith !== undefined) verdicts.push(verdictOf(rule, "endsWith", judgeEnd(endsWith, hit)));
  return verdicts;
}

/**
 * Holds what clients did against what was expected of them.
 *
 * @param events - In any order; times decide.
 *
 * @example
 * ```ts
 * const { passed, verdicts } = judge(ruleSet.expect, readEventLog(text));
 * process.exitCode = passed ? 0 : 1;
 * ```
 */
export function judge(expectations: readonly Expectation[], events: readonly EngineEvent[]): Judgement {
  const operations = operationsOf(events);
  const verdicts = expectations.flatMap((expectation) => judgeOne(expectation, operations));
  const unread = unreadOf(events);
  return { verdicts, operations, unread, passed: verdicts.every(({ outcome }) => outcome === "pass") };
}
