/**
 * The same `fetch` for rule sets that are made by hand, or were read at build time: without the reader of rule files, which
 * is two thirds of the code. For pages.
 */
import type { RuleSet } from "@faultwire/fault-engine";
import { rulesPolicy } from "./rules-policy.ts";
import { type Fetch, type FetchOptions, wrapFetch } from "./wrap-fetch.ts";

export type { FetchClock } from "./clock.ts";
export { fetchFaultLimits } from "./limits.ts";
export type { Fetch, FetchOptions } from "./wrap-fetch.ts";

/** How calls fail. Either `rules` or `policy` is given. */
export interface RuleSetFetchOptions extends FetchOptions {
  /** Not the text of a file. The header `x-faultwire` of a request is not obeyed, whatever the set says. */
  readonly rules?: RuleSet;
}

/**
 * `faultyFetch` of the main entry, but for texts of rule files and the header `x-faultwire`. A set with regular expressions
 * needs its `compileRegex`.
 *
 * @throws FaultEngineError `invalid-pattern`, `invalid-rules` for rules that can't work; TypeError where neither rules nor
 * a policy are given.
 *
 * @example
 * ```ts
 * const rules = singleRuleSet({ errorProbability: 0.1, statusCode: 529 });
 * const client = new Anthropic({ fetch: faultyFetch(fetch, { rules, seed: 1 }) });
 * ```
 */
export function faultyFetch(fetch: Fetch, options: RuleSetFetchOptions): Fetch {
  const { rules } = options;
  return wrapFetch(fetch, options, rules && ((known) => rulesPolicy({ ...known, rules })));
}
