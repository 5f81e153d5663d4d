/** A policy that fails what a test says, and remembers what was recorded. */
import {
  type Decision,
  draw,
  type EngineEvent,
  type Fault,
  type RequestFacts,
} from "@faultwire/fault-engine";
import type { FaultPolicy, NewConnection } from "../../src/index.ts";

export interface ScriptedPolicyOptions {
  /** What happens to a connection, by its number from 0. */
  readonly connection?: (number: number, connection: NewConnection) => Fault | null;
  /** What happens to a request, by its number from 0. */
  readonly request?: (number: number, facts: RequestFacts) => Fault | null;
  /** Whether requests are decided with their bodies only. */
  readonly needsBody?: boolean;
  /** All faults are one rule's, and not each one's own. */
  readonly isOneRule?: boolean;
  /** Happen to a response beside the fault of a request. */
  readonly also?: readonly Fault[];
  readonly isTarget?: (host: string) => boolean;
}

export interface ScriptedPolicy extends FaultPolicy {
  readonly events: EngineEvent[];
}

export function decisionOf(fault: Fault, number: number): Decision {
  return {
    rule: `rule-${number}`,
    source: "file",
    fault,
    matchNumber: number + 1,
    hitNumber: number + 1,
    random: (purpose, index) => draw(`test/${purpose}`, "test", number * 1000 + index),
    marker: `rule-${number}`,
  };
}

export function scriptedPolicy(options: ScriptedPolicyOptions = {}): ScriptedPolicy {
  const events: EngineEvent[] = [];
  let connections = 0;
  let requests = 0;
  return {
    events,
    isTarget: options.isTarget ?? ((host) => host === "api.test"),
    connection(connection) {
      const number = connections++;
      const fault = options.connection?.(number, connection) ?? null;
      return {
        facts: { connection: `c${number}`, client: "test", host: connection.host },
        decision: fault && decisionOf(fault, number),
      };
    },
    request(facts) {
      if (options.needsBody && facts.body === undefined) return { kind: "needs-body", maxBytes: 1000 };
      const number = requests++;
      const fault = options.request?.(number, facts) ?? null;
      const { also } = options;
      const decision = fault && { ...decisionOf(fault, number), ...(also && { also }) };
      if (decision && options.isOneRule) return { kind: "fault", decision: { ...decision, rule: "rule" } };
      return decision ? { kind: "fault", decision } : { kind: "none", rule: null };
    },
    record: (event) => events.push(event),
  };
}

/** A provider's error, the fault that most tests want. */
export function errorFault(preset: string, retryAfterSeconds: number | null = null): Fault {
  const answer = { preset, status: null, message: null, body: null, headers: [], retryAfterSeconds };
  return { kind: "http.error", answer, delay: null };
}
