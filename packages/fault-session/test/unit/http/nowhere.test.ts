/** A request behind the connection's last one: it goes nowhere, and what becomes of its fault is told when the connection ends. */
import type { Fault } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import { exchangesRig } from "../../support/exchanges-rig.ts";

const ask = "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n";
const cut: Fault = { kind: "http.truncate", after: { kind: "bytes", bytes: 1 } };
const waits: readonly Fault[] = [
  { kind: "connection.stall", at: { kind: "moment", moment: "request" }, forMs: 1000 },
  { kind: "connection.stall", at: { kind: "moment", moment: "request" }, forMs: null },
  { kind: "connection.latency", per: "request", duration: { kind: "fixed", ms: 1000 } },
];

it.each(waits)("a wait of such a request holds nothing: %j", (wait) => {
  const { says, told, holds, exchanges } = exchangesRig([cut, wait], {
    // The carrier asks the upstream to close behind the first one.
    hooks: { headersOfLast: ({ headers }) => [...headers, ["connection", "close"]] },
  });
  says("client", ask);
  says("client", ask);
  expect(told("decision").map(({ request }) => request)).toEqual(["r1", "r2"]);
  expect([holds, told("done"), told("undone")]).toEqual([[], [], []]);
  exchanges.finish();
  expect(told("undone").map(({ request, reason }) => [request, reason])).toContainEqual([
    "r2",
    "the connection ended first",
  ]);
  expect(told("end").map(({ request, how }) => [request, how])).toContainEqual(["r2", "abandoned"]);
});

it.each(waits)("a wait of a request that goes on holds what goes to the upstream: %j", (wait) => {
  const { says, told, holds } = exchangesRig([wait]);
  says("client", ask);
  expect(holds).toEqual([["server", "forMs" in wait ? wait.forMs : 1000]]);
  expect([told("done").length, told("undone")]).toEqual([1, []]);
});
