import type { Judgement } from "./judge.ts";

/**
 * What a run fails on.
 *
 * - `expectations`: an expectation of the user's own that is failed, unproven or untested
 * - `findings`: that, and what a client should never do
 * - `never`: nothing; the run is for its reports
 */
export const FAIL_ON = ["expectations", "findings", "never"] as const;
/** One of {@link FAIL_ON}. */
export type FailOn = (typeof FAIL_ON)[number];

/**
 * The exit status that a judgement asks for: 0, 1 where something is not as it should be, 3 where nothing was judged, which
 * must not look as if all was well.
 *
 * @example
 * ```ts
 * process.exitCode = statusOf(judgement, "expectations");
 * ```
 */
export function statusOf({ passed, judged, checks }: Judgement, failOn: FailOn): 0 | 1 | 3 {
  if (failOn === "never") return 0;
  const hasFinding = checks.some(({ outcome }) => outcome === "fail");
  if (!passed || (failOn === "findings" && hasFinding)) return 1;
  return judged ? 0 : 3;
}
