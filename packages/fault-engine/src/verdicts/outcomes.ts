/** Brings together what a program said of its operations and what the wire saw of them. */
import type { OutcomeEvent } from "../events/outcome.ts";
import type { Attempt } from "./attempts.ts";

interface Joinable {
  readonly attempts: readonly Attempt[];
  outcome: OutcomeEvent | null;
}

/**
 * Joins each outcome to its operation: by the request id of one of its responses, else by its name in
 * `x-faultwire-operation`, else by its trace where that trace holds one operation alone. One that names nothing belongs to
 * the operation where there is but one. Of several outcomes of one operation the last counts.
 *
 * @returns what belongs to no operation of the log.
 */
export function joinOutcomes(
  operations: readonly Joinable[],
  outcomes: readonly OutcomeEvent[],
): OutcomeEvent[] {
  const loose: OutcomeEvent[] = [];
  const byRequestId = new Map<string, Joinable>();
  const byName = new Map<string, Joinable[]>();
  const byTrace = new Map<string, Set<Joinable>>();
  for (const operation of operations)
    for (const { request, response } of operation.attempts) {
      if (response?.requestId !== undefined) byRequestId.set(response.requestId, operation);
      if (request.operation !== undefined) push(byName, request.operation, operation);
      if (request.trace === undefined) continue;
      const traced = byTrace.get(request.trace) ?? new Set();
      byTrace.set(request.trace, traced.add(operation));
    }
  for (const outcome of [...outcomes].sort((a, b) => a.atMs - b.atMs)) {
    const { requestId, operation, trace } = outcome;
    const [traced, other] = byTrace.get(trace ?? "") ?? [];
    const namesNothing = requestId === undefined && operation === undefined && trace === undefined;
    const found =
      byRequestId.get(requestId ?? "") ??
      // Operations that share a name come one after the other: the last that had begun is meant.
      byName
        .get(operation ?? "")
        ?.findLast(({ attempts }) => (attempts[0]?.beganAtMs ?? 0) <= outcome.atMs) ??
      (other === undefined ? traced : undefined) ??
      (namesNothing && operations.length === 1 && outcome.from === "program" ? operations[0] : undefined);
    if (found === undefined) loose.push(outcome);
    else found.outcome = outcome;
  }
  return loose;
}

function push(map: Map<string, Joinable[]>, name: string, operation: Joinable): void {
  const list = map.get(name);
  if (list === undefined) map.set(name, [operation]);
  else if (list.at(-1) !== operation) list.push(operation);
}
