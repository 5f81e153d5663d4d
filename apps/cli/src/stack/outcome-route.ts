/** `POST /outcome`: how a program says itself how an operation ended for it, which the wire can't show. */
import { FaultEngineError, outcomeLimits, parseOutcome } from "@faultwire/fault-engine";
import { outcomeEvent } from "@faultwire/fault-engine/internal";
import { type HttpResponse, headerValue } from "@faultwire/http1";
import type { OwnRoute } from "@faultwire/proxy";
import type { CarrierRuntime } from "@faultwire/runtime";

/** The path; a program finds the whole URL in {@link outcomeVariable}. */
export const outcomePath = "/outcome";

/** The variable that `run` sets. */
export const outcomeVariable = "FAULTWIRE_OUTCOME_URL";

/**
 * A route that writes a program's word into the event log, where the judgement finds it. A word that is taken is answered
 * with 204, one that is refused with 400 and the reason.
 */
export function outcomeRoute({ policy, clock }: Pick<CarrierRuntime, "policy" | "clock">): OwnRoute {
  return {
    method: "POST",
    path: outcomePath,
    maxBodyBytes: outcomeLimits.maxBodyBytes,
    handle({ headers, body }) {
      const operation = headerValue(headers, "x-faultwire-operation");
      const traceparent = headerValue(headers, "traceparent");
      try {
        const word = parseOutcome(body, { operation, traceparent });
        policy.record(outcomeEvent(word, clock.now()));
        return { status: 204, headers: [], body: new Uint8Array() };
      } catch (error) {
        if (!(error instanceof FaultEngineError)) throw error;
        return refusal(error.message);
      }
    },
  };
}

function refusal(message: string): HttpResponse {
  const text = JSON.stringify({ error: { type: "invalid_outcome", message } });
  return {
    status: 400,
    headers: [["content-type", "application/json"]],
    body: new TextEncoder().encode(`${text}\n`),
  };
}
