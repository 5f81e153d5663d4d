/** Holds what clients did against what was expected of them, and against what every client should do. */
import type { EngineEvent } from "../events/event.ts";
import type { OutcomeEvent } from "../events/outcome.ts";
import { type Unread, unreadOf } from "../events/unread.ts";
import type { Expectation } from "../rules/rule.ts";
import type { Check } from "./check.ts";
import { defaultChecks } from "./defaults.ts";
import {
  type Finding,
  judgeBackoff,
  judgeCuts,
  judgeEnd,
  judgeRetries,
  judgeStop,
  judgeWaits,
  type Looked,
  type VerdictOutcome,
} from "./demands.ts";
import { exitProof } from "./exit-proof.ts";
import { type IsHit, isHitBy } from "./hits.ts";
import { type Operation, sortLog } from "./operations.ts";
import { writeMs } from "./words.ts";

/** The names of what can be expected, as a rule file has them. */
export type Demand = Exclude<keyof Expectation, "rule">;

/** What came of one expectation. */
export interface Verdict {
  /** Rule that the expectation is about. */
  readonly rule: string;
  /** What is expected of the client. */
  readonly demand: Demand;
  /** All but `pass` count as failures: silence is no proof. */
  readonly outcome: VerdictOutcome;
  /** What was expected, in words. */
  readonly expected: string;
  /** What was found, in words. */
  readonly found: string;
  /** With `unproven`: what would prove it; `null` otherwise. */
  readonly proof: string | null;
  /** Requests that show it, at most 10. */
  readonly requests: readonly string[];
}

/** Everything that a run showed. */
export interface Judgement {
  /** What came of the user's own expectations. */
  readonly verdicts: readonly Verdict[];
  /** What every client should do, for each kind of failure that came up; empty where that is turned off. */
  readonly checks: readonly Check[];
  /** Everything that was wanted once, in the order of time. */
  readonly operations: readonly Operation[];
  /** What the program said of no operation that the log holds, or of the run as a whole. */
  readonly outcomes: readonly OutcomeEvent[];
  /** What was not read, so that no rule could see it. It is no verdict: nothing was expected of it. */
  readonly unread: readonly Unread[];
  /** Lines of the log that could not be read, in words. */
  readonly unreadable: readonly string[];
  /** True when every verdict is a pass. */
  readonly passed: boolean;
  /** False where there was nothing to judge: then `passed` means nothing. */
  readonly judged: boolean;
}

/** What is judged, and how. */
export interface JudgeOptions {
  /** The program asks nothing twice by itself: the same request again, one after the other, is a retry. Default false. */
  readonly asksOnce?: boolean;
  /** Whether what every client should do is looked at. Default true. */
  readonly defaults?: boolean;
  /** Lines of the log that could not be read. */
  readonly unreadable?: readonly string[];
}

/** The judgement of a demand that is either met or, where `wanted` is false, to be broken at least once. */
function verdictOf(rule: string, demand: Demand, finding: Finding, wanted = true): Verdict {
  const { outcome, expected, found, proof = null, shown } = finding;
  const turned = { pass: "fail", fail: "pass", unproven: "unproven", untested: "untested" } as const;
  return {
    rule,
    demand,
    outcome: wanted ? outcome : turned[outcome],
    expected: wanted ? expected : `not: ${expected}`,
    found,
    proof,
    requests: shown.slice(0, 10).map(({ request }) => request.request),
  };
}

function judgeOne(expectation: Expectation, operations: readonly Operation[], exit: IsHit): Verdict[] {
  const { rule } = expectation;
  const isHit = isHitBy(rule);
  const looked: Looked = {
    operations: operations.filter(({ attempts }) => attempts.some(isHit)),
    isHit,
  };
  const verdicts: Verdict[] = [];
  const add = (demand: Demand, finding: Finding, wanted?: boolean): void => {
    verdicts.push(verdictOf(rule, demand, finding, wanted));
  };
  const { retries, honoursRetryAfter, waitsAtLeastMs, backsOff, noticesCut, stopsAfter, endsWith } =
    expectation;
  if (retries !== undefined) add("retries", judgeRetries(retries, looked));
  if (honoursRetryAfter !== undefined) add("honoursRetryAfter", judgeRetryAfter(looked), honoursRetryAfter);
  if (waitsAtLeastMs !== undefined) {
    const expected = `waits ${writeMs(waitsAtLeastMs)} or more`;
    add(
      "waitsAtLeastMs",
      judgeWaits(looked, () => waitsAtLeastMs, expected),
    );
  }
  if (backsOff !== undefined) add("backsOff", judgeBackoff(looked), backsOff);
  if (noticesCut !== undefined) add("noticesCut", judgeCuts(looked, exit), noticesCut);
  if (stopsAfter !== undefined) add("stopsAfter", judgeStop(stopsAfter, looked));
  if (endsWith !== undefined) add("endsWith", judgeEnd(endsWith, looked));
  return verdicts;
}

/** Waits as long as `retry-after` says. */
function judgeRetryAfter(looked: Looked): Finding {
  return judgeWaits(looked, ({ askedWaitMs }) => askedWaitMs, "waits as long as retry-after says");
}

/**
 * Holds what clients did against what was expected of them.
 *
 * @param events - In any order; times decide.
 *
 * @example
 * ```ts
 * const { passed, verdicts } = judge(ruleSet.expect, readEventLog(text).events);
 * process.exitCode = passed ? 0 : 1;
 * ```
 */
export function judge(
  expectations: readonly Expectation[],
  events: readonly EngineEvent[],
  options: JudgeOptions = {},
): Judgement {
  const { asksOnce = false, defaults = true, unreadable = [] } = options;
  const { operations, loose } = sortLog(events, { asksOnce });
  const exit = exitProof(operations, loose);
  const verdicts = expectations.flatMap((expectation) => judgeOne(expectation, operations, exit));
  const checks = defaults ? defaultChecks(operations, loose, exit) : [];
  const unread = unreadOf(events);
  return {
    ...{ verdicts, checks, operations, outcomes: loose, unread, unreadable },
    passed: verdicts.every(({ outcome }) => outcome === "pass"),
    judged: [...verdicts, ...checks].some(({ outcome }) => outcome !== "untested"),
  };
}
