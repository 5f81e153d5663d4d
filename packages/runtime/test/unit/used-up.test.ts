/** A rule that has struck as often as it may says so once, and how to begin anew. */
import type { DecisionEvent, Rule } from "@faultwire/fault-engine";
import pino from "pino";
import { expect, it } from "vitest";
import { UsedUp, usedUpLimits } from "../../src/rules/used-up.ts";

const rules: Rule[] = [
  { name: "twice", match: {}, when: { per: "all", first: 2 }, faults: [null] },
  { name: "each-client", match: {}, when: { per: "client", first: 1 }, faults: [null] },
  { name: "always", match: {}, when: { per: "all" }, faults: [null] },
  { name: "most", match: {}, when: { per: "all", every: 2, atMost: 2 }, faults: [null] },
];

function told() {
  const lines: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => lines.push(JSON.parse(line).msg) });
  const usedUp = new UsedUp(logger, () => rules, "Restart it.");
  const hit = (rule: string, matchNumber: number, connection = "curl#1"): void => {
    const event: DecisionEvent = {
      ...{ type: "decision", atMs: 0, request: "r1", connection, rule, fault: "http.error", matchNumber },
    };
    usedUp.take(event);
  };
  return { lines, usedUp, hit };
}

it("says it at the last of the first so many", () => {
  const { lines, hit } = told();
  hit("twice", 1);
  expect(lines).toEqual([]);
  hit("twice", 2);
  hit("always", 2);
  expect(lines).toEqual(["twice is used up (first: 2), so it strikes no more. Restart it."]);
});

it("says it for each client, and for no more clients than anybody reads", () => {
  const { lines, hit } = told();
  hit("each-client", 1, "curl/8.0#3");
  expect(lines).toEqual([
    "each-client is used up for curl/8.0 (first: 1), so it strikes no more there. Restart it.",
  ]);
  for (let at = 0; at < 100; at++) hit("each-client", 1, `client ${at}#1`);
  expect(lines).toHaveLength(usedUpLimits.maxTold);
});

it("says it at the last hit that a rule may have", () => {
  const { lines, usedUp, hit } = told();
  hit("most", 2);
  expect(lines).toEqual([]);
  hit("most", 4);
  expect(lines).toEqual(["most is used up (atMost: 2), so it strikes no more. Restart it."]);
  usedUp.beginAnew();
  hit("most", 2);
  hit("most", 4);
  expect(lines).toHaveLength(2);
});
