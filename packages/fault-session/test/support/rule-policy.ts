/** A policy that decides by a rule file, and remembers what was recorded. */
import { type EngineEvent, FaultEngine, parseRuleFile } from "@faultwire/fault-engine";
import type { ScriptedPolicy } from "./scripted-policy.ts";

/** @param text - A rule file; what is wrong with it throws. */
export function rulePolicy(text: string): ScriptedPolicy {
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("file", parseRuleFile(text, "faults.yaml").ruleSet);
  const events: EngineEvent[] = [];
  let connections = 0;
  return {
    events,
    isTarget: (host) => engine.isTarget(host),
    connection({ host, way }) {
      const facts = { connection: `c${connections++}`, client: "test", host, way };
      return { facts, decision: engine.decideConnection(facts, 0) };
    },
    request: (facts) => engine.decideRequest(facts, 0),
    record: (event) => events.push(event),
  };
}
