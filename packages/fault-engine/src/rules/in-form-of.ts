/** Faults whose form is left to the API that a request is for. */
import type { Fault } from "../faults/fault.ts";
import type { Provider } from "../providers/request-table.ts";
import type { Decision } from "./decision.ts";

/** Whether a fault has another form at another API. */
function hasForms(fault: Fault): boolean {
  if (fault.kind === "http.error") return fault.answer.presets !== undefined;
  if (fault.kind === "stream.error-event") return fault.types !== undefined;
  return fault.kind === "http.rate-limit" && fault.provider === null;
}

/** The fault in the form of an API, without its other forms; the same object where it has one form. */
export function inFormOf(fault: Fault, provider: Provider): Fault {
  switch (fault.kind) {
    case "http.error": {
      const { presets, ...answer } = fault.answer;
      if (presets === undefined) return fault;
      return { ...fault, answer: { ...answer, preset: presets[provider] ?? answer.preset } };
    }
    case "stream.error-event": {
      const { types, ...rest } = fault;
      return types === undefined ? fault : { ...rest, type: types[provider] ?? rest.type };
    }
    case "http.rate-limit":
      return fault.provider === null ? { ...fault, provider } : fault;
    default:
      return fault;
  }
}

/** The fault with that API's form for the one that counts where no API is known; its other forms stay. */
export function firstInFormOf(fault: Fault, provider: Provider): Fault {
  if (fault.kind === "http.error") {
    const { presets, preset } = fault.answer;
    return { ...fault, answer: { ...fault.answer, preset: presets?.[provider] ?? preset } };
  }
  if (fault.kind === "stream.error-event") return { ...fault, type: fault.types?.[provider] ?? fault.type };
  return fault;
}

/**
 * A decision about a request, its faults in the form of the API that the request is for. What carries it out then needs no
 * API but that one.
 *
 * @param providerOf - Tells the API; asked only where it counts. Where it knows none, the faults stay as the rule has them.
 */
export function decisionInFormOf(decision: Decision, providerOf: () => Provider | undefined): Decision {
  const { fault, also = [] } = decision;
  const provider = hasForms(fault) || also.some(hasForms) ? providerOf() : undefined;
  if (provider === undefined) return decision;
  return {
    ...decision,
    fault: inFormOf(fault, provider),
    ...(also.length > 0 && { also: also.map((one) => inFormOf(one, provider)) }),
  };
}
