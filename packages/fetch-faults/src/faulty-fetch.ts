/** For rules as text: the reader of rule files comes along. */
import { parseRuleFile, type RuleSet, readHeaderFault } from "@faultwire/fault-engine";
import { rulesPolicy } from "./rules-policy.ts";
import { type Fetch, type FetchOptions, wrapFetch } from "./wrap-fetch.ts";

/** How calls fail. Either `rules` or `policy` is given. */
export interface FaultyFetchOptions extends FetchOptions {
  /** The text of a rule file, YAML or JSON, or a rule set. */
  readonly rules?: string | RuleSet;
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
  const { rules } = options;
  if (rules === undefined) return wrapFetch(fetch, options, undefined);
  const ruleSet = typeof rules === "string" ? parseRuleFile(rules, "rules").ruleSet : rules;
  return wrapFetch(fetch, options, (known) =>
    rulesPolicy({ ...known, rules: ruleSet, readHeader: readHeaderFault }),
  );
}
