import { seededRandom } from "@faultwire/testkit/chunkers";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FaultEngine, RequestDecision, RequestFacts, Rule, Scope } from "../../src/index.ts";
import { engineOf, jsonBody, request, rule } from "../support/rules.ts";

const when = (per: Scope) =>
  fc.record(
    {
      per: fc.constant(per),
      probability: fc.constantFrom(0.2, 0.5, 0.9),
      first: fc.integer({ min: 1, max: 6 }),
      every: fc.integer({ min: 1, max: 3 }),
      atMost: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: ["per"] },
  );
const paths = ["/v1/messages", "/v1/models", "/v1/complete"];
const match = fc.record(
  {
    path: fc
      .subarray(paths, { minLength: 1 })
      .map((list) => list.map((text) => ({ kind: "glob", text }) as const)),
    model: fc.constantFrom([{ kind: "glob", text: "a*" } as const]),
  },
  { requiredKeys: [] },
);
const rules = (per: Scope): fc.Arbitrary<Rule[]> =>
  fc
    .array(fc.tuple(match, when(per)), { minLength: 1, maxLength: 5 })
    .map((parts) => parts.map(([match, when], at) => rule({ name: `rule-${at}`, match, when })));

const connections = fc.array(
  fc.array(fc.record({ target: fc.constantFrom(...paths), model: fc.constantFrom("a1", "b1") }), {
    maxLength: 8,
  }),
  { minLength: 1, maxLength: 5 },
);

const facts = (connection: number, { target, model }: { target: string; model: string }): RequestFacts =>
  request({ connection: String(connection), target, body: jsonBody({ model }) });

const outcome = (decision: RequestDecision): unknown =>
  decision.kind === "fault"
    ? {
        rule: decision.decision.rule,
        number: decision.decision.matchNumber,
        draw: decision.decision.random("x", 0),
      }
    : decision;

/** All requests in an order that keeps each connection's own; what was decided, connection by connection. */
function run(
  engine: FaultEngine,
  all: readonly (readonly RequestFacts[])[],
  random: () => number,
): unknown[][] {
  const queues = all.map((list) => [...list]);
  const decided: unknown[][] = all.map(() => []);
  while (queues.some((queue) => queue.length > 0)) {
    const open = queues.flatMap((queue, at) => (queue.length > 0 ? [at] : []));
    const at = open[Math.floor(random() * open.length)] ?? 0;
    const next = queues[at]?.shift();
    if (next) decided[at]?.push(outcome(engine.decideRequest(next, 0)));
  }
  return decided;
}

describe("decisions under any interleaving", () => {
  it("are the same for each connection, where rules count per connection", () => {
    fc.assert(
      fc.property(rules("connection"), connections, fc.nat(), fc.nat(), (rules, requests, one, other) => {
        const all = requests.map((list, connection) => list.map((parts) => facts(connection, parts)));
        const first = run(engineOf(rules), all, seededRandom(one));
        expect(run(engineOf(rules), all, seededRandom(other))).toEqual(first);
        // Alone on the machine, each connection meets the same fate.
        for (const [at, list] of all.entries())
          expect(run(engineOf(rules), [list], () => 0)).toEqual([first[at]]);
      }),
      { numRuns: propertyRuns(80) },
    );
  });

  it("are the same for each match number, where rules count over all", () => {
    fc.assert(
      fc.property(rules("all"), connections, fc.nat(), fc.nat(), (rules, requests, one, other) => {
        // Requests that are alike: then the order of arrival is all that differs.
        const all = requests.map((list, connection) =>
          list.map(() => facts(connection, { target: "/v1/messages", model: "a1" })),
        );
        const inOrder = (seed: number): unknown[] => {
          const engine = engineOf(rules);
          const sequence: unknown[] = [];
          const random = seededRandom(seed);
          const wrapped = {
            decideRequest: (request: RequestFacts, now: number) => {
              const decision = engine.decideRequest(request, now);
              sequence.push(outcome(decision));
              return decision;
            },
          };
          run(wrapped as FaultEngine, all, random);
          return sequence;
        };
        expect(inOrder(other)).toEqual(inOrder(one));
      }),
      { numRuns: propertyRuns(80) },
    );
  });

  it("of one rule don't change when another rule is added behind it", () => {
    const lonely = engineOf([rule({ name: "a", when: { probability: 0.5 } })]);
    const crowded = engineOf([
      rule({ name: "a", when: { probability: 0.5 } }),
      rule({ name: "b", when: { probability: 0.5 } }),
    ]);
    for (let at = 0; at < 500; at++) {
      const alone = lonely.decideRequest(request(), 0).kind === "fault";
      const among = crowded.decideRequest(request(), 0);
      expect(among.kind === "fault" && among.decision.rule === "a").toBe(alone);
    }
  });
});
