/** Events become requests that are over, with what each repeats. */
import type { EngineEvent } from "@faultwire/fault-engine";
import { expect, it } from "vitest";
import {
  type ConnectionOutcome,
  type FinishedRequest,
  RequestCollector,
  trafficLimits,
} from "../../../src/traffic/finished-request.ts";
import { whatHappened } from "../../../src/traffic/request-words.ts";
import { doneEvent, endEvent, requestEvent, responseEvent } from "../../support/traffic-events.ts";

function collect(events: readonly EngineEvent[]): {
  finished: FinishedRequest[];
  faults: ConnectionOutcome[];
} {
  const finished: FinishedRequest[] = [];
  const faults: ConnectionOutcome[] = [];
  const collector = new RequestCollector({
    finished: (request) => finished.push(request),
    connectionFault: (outcome) => faults.push(outcome),
  });
  for (const event of events) collector.take(event);
  return { finished, faults };
}

const connectionEvent = (connection: string): EngineEvent => ({
  type: "connection",
  atMs: 0,
  connection,
  client: "c",
  host: "api.anthropic.com",
});
const decisionEvent = (connection: string): EngineEvent => ({
  type: "decision",
  atMs: 0,
  request: null,
  connection,
  rule: "closed",
  fault: "connection.close",
  matchNumber: 1,
});

const exchange = (
  name: string,
  from: number,
  to: number,
  status: number,
  fingerprint = "f",
): EngineEvent[] => [
  requestEvent(name, from, { fingerprint }),
  responseEvent(name, from + 1, status),
  endEvent(name, to),
];
const retries = (events: readonly EngineEvent[]): unknown[] =>
  collect(events).finished.map(({ repeat }) => repeat);

it("a request is told when it is over, with its status, its fault and its time", () => {
  const started = [requestEvent("r1", 100), responseEvent("r1", 110, 429), doneEvent("r1", "busy")];
  expect(collect(started).finished).toEqual([]);
  expect(collect([...started, endEvent("r1", 150)]).finished).toMatchObject([
    {
      response: { status: 429 },
      outcomes: [{ rule: "busy" }],
      end: "complete",
      durationMs: 50,
      repeat: null,
    },
  ]);
});

it("an answer may be over before the request is", () => {
  const { finished } = collect([responseEvent("r1", 1, 413), endEvent("r1", 2), requestEvent("r1", 3)]);
  expect(finished).toMatchObject([{ response: { status: 413 }, durationMs: 0 }]);
});

it("repeats of what failed are counted, with the wait before each", () => {
  const events = [exchange("a", 0, 10, 429), exchange("b", 2060, 2070, 529), exchange("c", 2170, 2180, 200)];
  expect(retries([...events, exchange("d", 3000, 3010, 200)].flat())).toEqual([
    null,
    { number: 1, afterMs: 2050, isTold: false },
    { number: 2, afterMs: 100, isTold: false },
    null,
  ]);
});

it("a program that counts its retries is believed, also where it says that this is none", () => {
  const failed = exchange("a", 0, 10, 429);
  const next = (retryCount: number): EngineEvent[] => [
    requestEvent("b", 20, { retryCount }),
    responseEvent("b", 21, 200),
    endEvent("b", 30),
  ];
  expect(retries([...failed, ...next(3)])).toEqual([null, { number: 3, afterMs: 10, isTold: true }]);
  expect(retries([...failed, ...next(0)])).toEqual([null, null]);
});

it("a request that began while the other was under way is no repeat, nor is one for something else", () => {
  const parallel = [
    requestEvent("a", 0),
    requestEvent("b", 5),
    endEvent("a", 10, "failed"),
    endEvent("b", 20),
  ];
  expect(retries(parallel)).toEqual([null, null]);
  expect(retries([...exchange("a", 0, 10, 500), ...exchange("b", 20, 30, 200, "g")])).toEqual([null, null]);
});

it("a fault of a connection is told with its host", () => {
  const { faults } = collect([
    connectionEvent("c#1"),
    decisionEvent("c#1"),
    doneEvent(null, "closed", "connection.close"),
  ]);
  expect(faults).toMatchObject([{ connection: { host: "api.anthropic.com" }, outcome: { rule: "closed" } }]);
});

it("a connection is remembered only while the fault of it is not over", () => {
  const collector = new RequestCollector({ finished: () => {}, connectionFault: () => {} });
  for (let number = 0; number < 100; number++) collector.take(connectionEvent(`passed#${number}`));
  expect(collector.open).toBe(0);
  collector.take(connectionEvent("c#1"));
  collector.take(decisionEvent("c#1"));
  collector.take(connectionEvent("other"));
  expect(collector.open).toBe(1);
  collector.take(doneEvent(null, "closed", "connection.close"));
  expect(collector.open).toBe(0);
});

it("requests that never end are forgotten beyond a limit", () => {
  const count = trafficLimits.maxOpen + 1;
  const open = Array.from({ length: count }, (_, at) => requestEvent(`r${at}`, at));
  const ends = [endEvent("r0", count), endEvent(`r${count - 1}`, count)];
  expect(collect([...open, ...ends]).finished.map(({ request }) => request.request)).toEqual([
    `r${count - 1}`,
  ]);
});

it("a WebSocket is told with the messages of each side and its close", () => {
  const webSocket = {
    client: { messages: 1, bytes: 5 },
    server: { messages: 12, bytes: 600 },
    close: { by: "server", code: 1013 },
  } as const;
  const [finished] = collect([
    requestEvent("r1", 0, { method: "GET" }),
    responseEvent("r1", 1, 101),
    { type: "end", atMs: 9, request: "r1", how: "cut", webSocket },
  ]).finished;
  expect(finished && whatHappened(finished)).toBe(
    "cut short (1 message out, 12 back, closed with 1013 by the server)",
  );
});
