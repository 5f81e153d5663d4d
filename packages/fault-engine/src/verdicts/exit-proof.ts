/** What the end of the program's process shows of one operation. */
import type { OutcomeEvent } from "../events/outcome.ts";
import type { IsHit } from "./hits.ts";
import type { Operation } from "./operations.ts";

/**
 * Whether the program's exit status shows that it noticed the failure of an attempt: it ended with an error, and this
 * operation is the only one that can be why, because every other ended with success, and none began after it: a program that went on may have ended for another reason.
 */
export function exitProof(operations: readonly Operation[], outcomes: readonly OutcomeEvent[]): IsHit {
  const hasFailed = outcomes.some(
    ({ from, exitStatus }) => from === "exit" && exitStatus !== null && exitStatus !== 0,
  );
  const unsuccessful = operations.filter(({ attempts }) => attempts.at(-1)?.succeeded !== true);
  const [only, other] = unsuccessful;
  if (!hasFailed || only === undefined || other !== undefined) return () => false;
  const last = only.attempts.at(-1)!;
  const hasGoneOn = operations.some(
    ({ attempts }) => attempts[0]!.beganAtMs >= (last.endedAtMs ?? Number.POSITIVE_INFINITY),
  );
  return hasGoneOn ? () => false : ({ request }) => request.request === last.request.request;
}

/** Whether a signal ended the program: then it may have been about to do what it did not do. */
export function wasEndedFromOutside(outcomes: readonly OutcomeEvent[]): boolean {
  return outcomes.some(({ from, exitStatus }) => from === "exit" && exitStatus === null);
}
