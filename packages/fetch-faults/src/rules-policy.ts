/** The policy of a `fetch` that was given rules: its engine, and names for its connections. */
import {
  type EngineEvent,
  FaultEngine,
  type FaultEngineOptions,
  type RuleSet,
} from "@faultwire/fault-engine";
import { maskTexts } from "@faultwire/fault-engine/internal";
import type { FaultPolicy } from "@faultwire/fault-session/messages";

/** What it is made from. */
export interface RulesPolicyOptions {
  readonly rules: RuleSet;
  /** In place of the rules' own. */
  readonly seed: number | string | undefined;
  readonly client: string;
  readonly now: () => number;
  readonly onEvent: ((event: EngineEvent) => void) | undefined;
  /** Reads the faults that requests ask for by a header; without it none is obeyed. */
  readonly readHeader?: NonNullable<FaultEngineOptions["readHeader"]>;
}

/** Each request is a connection of its own: `fetch` does not tell which of them share one. */
export function rulesPolicy(options: RulesPolicyOptions): FaultPolicy {
  const { rules, seed, client, now, onEvent, readHeader } = options;
  const engine = new FaultEngine({ startedAtMs: now(), ...(readHeader ? { readHeader } : {}) });
  engine.setRules("file", seed === undefined ? rules : { ...rules, seed });
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
    record: (event) => onEvent?.(maskTexts(event)),
  };
}
