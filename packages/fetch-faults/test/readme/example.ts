import { type EngineEvent, judge } from "@faultwire/fault-engine";
import { faultyFetch } from "@faultwire/fetch-faults";

const rules = `
version: 1
rules:
  - name: overloaded-once
    when: { nth: 1 }
    fault: { http: { preset: anthropic/overloaded_error, retryAfter: 1s } }
`;

/** Asks until there is an answer, and tells what became of it. */
export async function ask(url: string): Promise<{ statuses: number[]; attempts: number }> {
  const events: EngineEvent[] = [];
  const failing = faultyFetch(fetch, { rules, seed: 1, onEvent: (event) => events.push(event) });
  const statuses: number[] = [];
  while (statuses.at(-1) !== 200) {
    const response = await failing(url, { method: "POST", body: "{}" });
    statuses.push(response.status);
    await response.text();
  }
  const [operation] = judge([], events).operations;
  return { statuses, attempts: operation?.attempts.length ?? 0 };
}
