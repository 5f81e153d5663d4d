/** Turns a plan that answers a request into the bytes of HTTP/1.1. */
import { retryAfterMs } from "@faultwire/fault-engine";
import { encodeResponse } from "@faultwire/http1";
import type { RequestPlan } from "./request-plan.ts";

/** What goes to the client in place of the upstream's response. */
export interface EncodedAnswer {
  /** Empty where the connection just ends. */
  readonly bytes: Uint8Array;
  /** `null` where the bytes are no proper response. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
}

/** Nothing, not even a response. */
export const noAnswer: EncodedAnswer = { bytes: new Uint8Array(0), status: null, retryAfterMs: null };

/** The answer that a request's plan gives; {@link noAnswer} where the plan gives none. `nowMs`: since 1970. */
export function encodeAnswer(
  { plan, head }: { readonly plan: RequestPlan | null; readonly head: { readonly method: string } },
  nowMs: number,
): EncodedAnswer {
  switch (plan?.kind) {
    case "answer": {
      const { response, closes } = plan;
      return {
        bytes: encodeResponse(response, { method: head.method, close: closes }),
        status: response.status,
        retryAfterMs: retryAfterMs(response.headers, nowMs),
      };
    }
    case "raw":
      return { ...noAnswer, bytes: plan.bytes };
    default:
      return noAnswer;
  }
}
