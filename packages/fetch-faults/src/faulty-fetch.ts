/** The wrapper itself. */
import type { EngineEvent, RuleSet } from "@faultwire/fault-engine";
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
import { rulesPolicy } from "./rules-policy.ts";

/** A `fetch`, as SDKs take one. */
export type Fetch = (input: FetchInput, init?: FetchInit) => Promise<Response>;

/** How calls fail. Either `rules` or `policy` is given. */
export interface FaultyFetchOptions {
  /** The text of a rule file, YAML or JSON, or a rule set. */
  readonly rules?: string | RuleSet;
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

/**
 * A `fetch` that fails by rule, for everything that takes a `fetch`.
 *
 * Hosts that are no target, and other schemes than HTTP, go to `fetch` untouched. So does every request: its arguments are
 * passed on as they came. A body is looked into where it can be read and still be sent: text, bytes, `URLSearchParams`, a
 * `Blob`, a `Request`, up to `fetchFaultLimits.maxReadBodyBytes`; streams and `FormData` pass unread.
 *
 * @throws FaultEngineError `invalid-rules` for rules that can't be read; TypeError where neither rules nor a policy are given.
 *
 * @example
 * ```ts
 * const rules = "version: 1\nrules: [{ name: busy, fault: { http: { error: anthropic/overloaded } } }]";
 * const client = new Anthropic({ fetch: faultyFetch(fetch, { rules, seed: 1 }) });
 * ```
 */
export function faultyFetch(fetch: Fetch, options: FaultyFetchOptions): Fetch {
  const { clock = realClock, client = "fetch", rules, seed, onEvent } = options;
  const { headersTimeoutMs, bodyTimeoutMs } = fetchFaultLimits;
  if (options.policy === undefined && rules === undefined)
    throw new TypeError("faultyFetch: neither rules nor a policy given; one of them expected");
  const chosen =
    options.policy ?? rulesPolicy({ rules: rules ?? "", seed, client, now: () => clock.now(), onEvent });
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
