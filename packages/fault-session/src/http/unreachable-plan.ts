/** What a request gets that needed an upstream which can't be reached. */
import type { AnswerPlan } from "./request-plan.ts";

/** Why a fault did not happen to such a request. */
export const notReached = "the upstream can't be reached";

/**
 * An answer with status 502 and a JSON body, marked `x-faultwire: upstream-unreachable` so that no one takes it for the
 * upstream's or for a fault. The connection ends with it: the next one may reach the upstream.
 *
 * @param reason - For people: whom, and why.
 */
export function unreachablePlan(reason: string): AnswerPlan {
  const error = { type: "upstream_unreachable", message: reason };
  return {
    kind: "answer",
    response: {
      status: 502,
      headers: [
        ["content-type", "application/json"],
        ["x-faultwire", "upstream-unreachable"],
      ],
      body: new TextEncoder().encode(`${JSON.stringify({ error })}\n`),
    },
    closes: true,
    delay: null,
  };
}
