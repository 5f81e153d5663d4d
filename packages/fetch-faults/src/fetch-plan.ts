/** What a decision means for one call of `fetch`. */
import type { Decision } from "@faultwire/fault-engine";
import { type PlanFacts, planRequest, type RequestPlan } from "@faultwire/fault-session/messages";
import { fetchWay, isOfHandshake } from "./fetch-way.ts";

/** The same plans as everywhere, but for what lies below `fetch`. */
export function planFetch(decision: Decision, facts: Omit<PlanFacts, "decision" | "last">): RequestPlan {
  const { fault } = decision;
  const ability = fetchWay.abilities[fault.kind];
  if (ability.kind === "no") return { kind: "none", reason: ability.reason };
  switch (fault.kind) {
    case "connection.stall":
      if (fault.at.kind === "moment" && isOfHandshake(fault.at.moment))
        return { kind: "wait", ms: fault.forMs };
      break;
    case "connection.throttle":
    case "connection.slice":
    case "connection.corrupt":
      if (fault.from === "client")
        return { kind: "none", reason: "the request's body is given to the runtime whole" };
      break;
    default:
  }
  return planRequest({ ...facts, decision, last: false });
}
