/** The summary says who came, what failed, what was not read, and where rules met nothing. */
import type { EngineEvent } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import { summaryText } from "../../../src/traffic/summary-text.ts";
import { Traffic } from "../../../src/traffic/traffic.ts";
import { doneEvent, requestEvent, undoneEvent } from "../../support/traffic-events.ts";

function summary(
  events: readonly EngineEvent[],
  counts: readonly (readonly [rule: string, matches: number, hits: number])[] = [],
  hosts: readonly string[] = [],
): string {
  const traffic = new Traffic();
  for (const event of events) traffic.onEvent(event);
  for (const host of hosts)
    traffic.onSessionEvent({ type: "detected", protocol: "unread", host, alpnProtocols: [], target: false });
  return summaryText({
    tally: traffic.tally,
    counts: counts.map(([rule, matches, hits]) => ({ rule, matches, hits })),
    targets: ["api.anthropic.com"],
  });
}

it("counts clients, faults, and what was not read, with reasons", () => {
  const text = summary(
    [
      requestEvent("a", 0),
      requestEvent("b", 1),
      requestEvent("c", 2, { userAgent: undefined, client: "t13d" }),
      doneEvent("a", "busy"),
      undoneEvent("b", "cut", "the connection ended first"),
      {
        type: "unread",
        atMs: 3,
        connection: null,
        client: null,
        host: "api.anthropic.com",
        from: "client",
        reason: "upgraded",
      },
    ],
    [
      ["busy", 2, 1],
      ["cut", 1, 1],
      ["rare", 3, 0],
    ],
    ["pypi.org"],
  );
  expect(text).toBe(`3 requests to api.anthropic.com
  clients      app/1  2 requests
               t13d  1 request
  faults       busy  1 done
               cut   0 done; 1 not done: the connection ended first
               rare  met 3, struck none
  not read     api.anthropic.com: the connection went over to another protocol (1)
  other hosts  pypi.org (1 connection)
`);
});

it("says what came in place of what a rule is about", () => {
  expect(summary([requestEvent("a", 0)], [["other-path", 0, 0]])).toContain(
    "A rule that met no request: other-path. Seen instead:\n  POST api.anthropic.com/v1/messages (1)\n",
  );
});

it("says that a program went to other hosts", () => {
  expect(summary([], [["busy", 0, 0]], ["api.openai.com"])).toMatch(
    /other hosts {2}api\.openai\.com[\s\S]*Nothing for api\.anthropic\.com came by[\s\S]*--target-host/,
  );
});

it("says that nothing came by at all", () => {
  expect(summary([], [["busy", 0, 0]])).toContain("it did not use this proxy: docs/clients.md");
});

it("does not say so where connections came that led to no request", () => {
  const connection: EngineEvent = {
    type: "connection",
    atMs: 0,
    connection: "c#1",
    client: "c",
    host: "api.anthropic.com",
  };
  expect(summary([connection])).not.toContain("Nothing came by");
});

it("lists ten names of a kind, and says how many more there were", () => {
  const hosts = Array.from({ length: 1500 }, (_, at) => `h${at}.example`);
  const text = summary([], [], hosts);
  expect(text.match(/\.example/g)).toHaveLength(10);
  expect(text).toContain("and 990 or more others");
});
