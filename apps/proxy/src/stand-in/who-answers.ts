/** Tells in events who answered requests whose upstream is a stand-in. */
import type { EngineEvent } from "@faultwire/fault-engine";
import type { CarrierHooks } from "@faultwire/fault-session";
import type { StandIn } from "./open-stand-in.ts";
import { markHeader } from "./replay.ts";

/** What a connection's session is given for that. */
export interface WhoAnswers {
  readonly hooks: CarrierHooks;
  /** Adds to an event what is known of who answered. */
  readonly told: (event: EngineEvent) => EngineEvent;
}

/**
 * A replay tells of each request, by its name in events, what it does, before it says anything to it. So the response that is told comes behind
 * that. A mock answers all.
 *
 * @param isLedThere - Whether this connection's upstream is the stand-in.
 */
export function whoAnswers({ answered }: Pick<StandIn, "answered">, isLedThere: () => boolean): WhoAnswers {
  return {
    hooks: {
      markFor: (request) => (answered && isLedThere() ? [markHeader, request] : undefined),
      standsIn: (request) => answered?.get(request) === "no-upstream" && isLedThere(),
    },
    told(event) {
      if (event.type === "end") answered?.delete(event.request);
      if (event.type !== "response" || event.injected || event.standsIn || !isLedThere()) return event;
      // A replay refuses by itself what is too large for it, or can't be read, and names no request then.
      return { ...event, answeredBy: answered ? (answered.get(event.request) ?? "no-recording") : "mock" };
    },
  };
}
