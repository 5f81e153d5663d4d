/** A policy must not throw. What happens where one does, the same for every carrier. */
import type { FaultPolicy } from "./policy.ts";

/** A method of the policy. */
export type PolicyQuestion = "isTarget" | "connect" | "connection" | "request" | "record";

const unknownConnection = { facts: { connection: "?", client: "?" }, decision: null };

/**
 * A policy whose bugs let traffic pass: what was asked counts as "nothing fails".
 *
 * @param onBug - Told once of each question at which the policy throws: a broken rule set would fill a log. `message` is
 * the stack.
 * @example
 * ```ts
 * const safe = withoutThrowing(policy, (question, message) => console.error(question, message));
 * ```
 */
export function withoutThrowing(
  policy: FaultPolicy,
  onBug: (question: PolicyQuestion, message: string) => void,
): FaultPolicy {
  const told = new Set<PolicyQuestion>();
  const guarded = <T>(question: PolicyQuestion, ask: () => T, otherwise: T): T => {
    try {
      return ask();
    } catch (error) {
      if (!told.has(question)) {
        told.add(question);
        onBug(question, error instanceof Error ? (error.stack ?? error.message) : String(error));
      }
      return otherwise;
    }
  };
  return {
    isTarget: (host) => guarded("isTarget", () => policy.isTarget(host), false),
    connect: (asked) => guarded("connect", () => policy.connect?.(asked), undefined),
    connection: (connection) => guarded("connection", () => policy.connection(connection), unknownConnection),
    request: (facts) => guarded("request", () => policy.request(facts), { kind: "none", rule: null }),
    record: (event) => guarded("record", () => policy.record(event), undefined),
  };
}
