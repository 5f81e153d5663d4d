/** Which exit status a run has, and why where it is not that of the command. */

import { type FailOn, statusOf } from "@faultwire/fault-engine";
import { writeMs } from "./duration-flag.ts";
import { runStatus, statusOfEnd } from "./exit-status.ts";
import type { RunOutcome } from "./run-once.ts";

/** A status, and what it stands for where the command does not show it by itself. */
export interface RunVerdict {
  readonly status: number;
  /** undefined where the status is the command's own. */
  readonly why: string | undefined;
}

/** Whether rules met anything at all: a request to a target, or a connection that a fault ended before one. */
export function wasSeen({ tally }: Pick<RunOutcome, "tally">, isIntercepted: boolean): boolean {
  if (tally.requests > 0 || tally.rules.size > 0) return true;
  // Where HTTPS stays closed, a connection is all that can be seen.
  return !isIntercepted && tally.connections > 0;
}

/** What the status of a run depends on, besides what came of it. */
export interface StatusRules {
  /** HTTPS is opened, so that requests can be seen. */
  readonly isIntercepted: boolean;
  readonly failOn: FailOn;
  /** Nothing said what is to fail, so the gentle mix was chosen. */
  readonly hasDefaultMix: boolean;
  /** Nothing was to fail: the run records. */
  readonly recordsOnly?: boolean;
}

/**
 * The status of a run. What the command says of itself comes first; then whether there was anything to judge; then the
 * judgement.
 */
export function verdictOfRun(
  outcome: RunOutcome,
  { isIntercepted, failOn, hasDefaultMix, recordsOnly = false }: StatusRules,
): RunVerdict {
  const { end, timedOutMs, underWay, judgement } = outcome;
  if (end.kind === "not-started") return { status: end.status, why: end.why };
  if (timedOutMs !== undefined) {
    const hung = underWay === undefined ? "" : `; ${underWay}`;
    return {
      status: runStatus.timedOut,
      why: `it ran longer than ${writeMs(timedOutMs)} (--timeout) and was ended${hung}`,
    };
  }
  const status = statusOfEnd(end);
  // No judgement, so that no --fail-on leaves it out.
  if (status === 0 && outcome.recordingStopped !== undefined)
    return { status: 1, why: outcome.recordingStopped };
  if (status !== 0 || failOn === "never") return { status, why: undefined };
  if (!wasSeen(outcome, isIntercepted))
    return {
      status: runStatus.nothingSeen,
      why: "no request of the program was seen, so nothing was tested",
    };
  if (recordsOnly) return { status, why: undefined };
  const judged = judgement ? statusOf(judgement, failOn) : 0;
  const isWrong = [...(judgement?.verdicts ?? []), ...(judgement?.checks ?? [])].some(
    ({ outcome }) => outcome === "fail",
  );
  if (judged === 1 && !isWrong) return { status: judged, why: notProven };
  if (judged === 3 && hasDefaultMix) return { status: judged, why: tooGentle };
  return { status: judged, why: reasons[judged] };
}

const notProven = "what the rules expect of the program was not proven by what was seen";

const tooGentle =
  "nothing was judged: the gentle mix lets most requests pass, and none failed in a way that shows how the program copes; --mix realistic makes more of them fail";

const reasons = {
  0: undefined,
  1: "the program did not do what is expected of it",
  3: "nothing was judged: no request failed in a way that shows how the program copes, or the rules expect nothing; more requests, another --seed or --mix brutal change that",
} as const;
