/** The policy of a `fetch` that was given rules: its engine, and names for its connections. */
import { type EngineEvent, FaultEngine, parseRuleFile, type RuleSet } from "@faultwire/fault-engine";
import type { FaultPolicy } from "@faultwire/fault-session/messages";

/** What it is made from. */
export interface RulesPolicyOptions {
  /** A rule file's text, YAML or JSON, or what was made from one. */
  readonly rules: string | RuleSet;
  /** In place of the rules' own. */
  readonly seed: number | string | undefined;
  readonly client: string;
  readonly now: () => number;
  readonly onEvent: ((event: EngineEvent) => void) | undefined;
}

/** Each request is a connection of its own: `fetch` does not tell which of them share one. */
export function rulesPolicy({ rules, seed, client, now, onEvent }: RulesPolicyOptions): FaultPolicy {
  const engine = new FaultEngine({ startedAtMs: now() });
  const ruleSet = typeof rules === "string" ? parseRuleFile(rules, "rules").ruleSet : rules;
  engine.setRules("file", seed === undefined ? ruleSet : { ...ruleSet, seed });
  let connections = 0;
  return {
    isTarget: (host) => engine.isTarget(host),
    connection: ({ host, way, port }) => {
      const known = { client, host, way, ...(port === undefined ? {} : { port }) };
      const sni = way === "decrypted" ? { sni: host } : {};
      const facts = { ...known, ...sni, connection: `${client}#${++connections}` };
      return { facts, decision: engine.decideConnection(facts, now()) };
    },
    request: (facts) => engine.decideRequest(facts, now()),
    record: (event) => onEvent?.(event),
  };
}
