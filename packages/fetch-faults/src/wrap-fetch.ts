/** The wrapper itself, for whichever entry makes the policy of the rules. */
import type { EngineEvent } from "@faultwire/fault-engine";
import {
  FaultDesk,
  type FaultPolicy,
  hostOfAuthority,
  type PolicyQuestion,
  withoutThrowing,
} from "@faultwire/fault-session/messages";
import { type FetchClock, realClock } from "./clock.ts";
import { FaultyCall } from "./faulty-call.ts";
import { fetchFaultLimits } from "./limits.ts";
import { type FetchInit, type FetchInput, viewRequest } from "./request-view.ts";
import type { RulesPolicyOptions } from "./rules-policy.ts";

/** A `fetch`, as SDKs take one. */
export type Fetch = (input: FetchInput, init?: FetchInit) => Promise<Response>;

/** What every entry takes beside rules. */
export interface FetchOptions {
  /** Decides in place of rules; `seed`, `onEvent` and `client` are then its own matter. */
  readonly policy?: FaultPolicy;
  /** In place of the rules' seed: the same seed and the same calls in the same order fail in the same way. */
  readonly seed?: number | string;
  /** Takes what happens, at once: what `judge` and the reports of fault-engine read. No body and no key is in it. */
  readonly onEvent?: (event: EngineEvent) => void;
  /** The client's name in events; default `fetch`. */
  readonly client?: string;
  /** Where time comes from; default the machine's. */
  readonly clock?: FetchClock;
  /** How long a head that a fault holds is waited for, in ms; `Infinity` never ends. Default 300 000, as undici. */
  readonly headersTimeoutMs?: number;
  /** The same between two parts of a body. */
  readonly bodyTimeoutMs?: number;
  /** Told once of each question at which a policy, or `onEvent`, throws; the call goes on. `message` is a stack. */
  readonly onBug?: (question: PolicyQuestion, message: string) => void;
}

/** @param policyOf - Makes the policy of the rules; undefined where none were given. */
export function wrapFetch(
  fetch: Fetch,
  options: FetchOptions,
  policyOf: ((options: Omit<RulesPolicyOptions, "rules">) => FaultPolicy) | undefined,
): Fetch {
  const { clock = realClock, client = "fetch", seed, onEvent } = options;
  const { headersTimeoutMs, bodyTimeoutMs } = fetchFaultLimits;
  const chosen = options.policy ?? policyOf?.({ seed, client, now: () => clock.now(), onEvent });
  if (chosen === undefined)
    throw new TypeError("faultyFetch: neither rules nor a policy given; one of them expected");
  const shared = {
    policy: withoutThrowing(chosen, (question, message) => options.onBug?.(question, message)),
    desk: new FaultDesk(clock.wallNow ? () => clock.wallNow?.() ?? 0 : undefined),
    clock,
    headersTimeoutMs: options.headersTimeoutMs ?? headersTimeoutMs,
    bodyTimeoutMs: options.bodyTimeoutMs ?? bodyTimeoutMs,
  };
  return async (input, init) => {
    const view = viewRequest(input, init);
    const host = view && hostOfAuthority(view.url.host);
    if (view === undefined || host === undefined || !shared.policy.isTarget(host)) return fetch(input, init);
    return new FaultyCall(shared, view, host).run(() => fetch(input, init));
  };
}
