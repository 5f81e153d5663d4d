/** Turns a plan that answers a request into the bytes of HTTP/1.1. */
import type { ExchangeEnd } from "@faultwire/fault-engine";
import { encodeResponse, type Header } from "@faultwire/http1";
import type { RequestPlan } from "./request-plan.ts";

/** What goes to the client in place of the upstream's response. */
export interface EncodedAnswer {
  /** Empty where the connection just ends. */
  readonly bytes: Uint8Array;
  /** `null` where the client reads no status. */
  readonly status: number | null;
  /** As far as they say something to the log. */
  readonly headers: readonly Header[];
  /** How the exchange ends for a client that reads them all. */
  readonly end: Extract<ExchangeEnd, "complete" | "cut" | "failed">;
}

/** Nothing, not even a response. */
export const noAnswer: EncodedAnswer = {
  bytes: new Uint8Array(0),
  status: null,
  headers: [],
  end: "failed",
};

/** The answer that a request's plan gives; {@link noAnswer} where the plan gives none. */
export function encodeAnswer({
  plan,
  head,
}: {
  readonly plan: RequestPlan | null;
  readonly head: { readonly method: string };
}): EncodedAnswer {
  switch (plan?.kind) {
    case "answer": {
      const { response, closes } = plan;
      return {
        bytes: encodeResponse(response, { method: head.method, close: closes }),
        status: response.status,
        headers: response.headers,
        end: "complete",
      };
    }
    case "raw": {
      const { bytes, status, isWhole } = plan;
      return { bytes, status, headers: [], end: isWhole ? "complete" : status === null ? "failed" : "cut" };
    }
    default:
      return noAnswer;
  }
}
