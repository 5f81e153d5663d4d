// One judgement, whole, in each form: what stands in `test/corpus/reports` was read by people. `UPDATE_DOCS=1` writes it anew, to be
// read again.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  type EngineEvent,
  htmlReport,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  textReport,
} from "../../src/index.ts";
import { exitEvent, outcomeEvent } from "../../src/internal.ts";
import { log } from "../support/event-log.ts";

const client = "Anthropic/JS 1.14.0";
const events: EngineEvent[] = [
  ...log([
    {
      at: 0,
      hit: 429,
      retryAfterMs: 2000,
      client,
      what: "a",
      preset: "anthropic/rate_limit_error",
      hints: { retryCount: 0 },
      opened: 0,
    },
    { at: 500, hit: 529, client, what: "a", hints: { retryCount: 1 } },
    { at: 3000, client, what: "a", hints: { retryCount: 2 }, requestId: "req_1" },
    { at: 4000, hit: 400, client, what: "b", hints: { retryCount: 0 } },
    { at: 4100, hit: 400, client, what: "b", hints: { retryCount: 1 } },
    { at: 5000, hit: "cut", client, what: "c", takes: 700, requestId: "req_2" },
    { at: 6000, hit: "undone", client: "curl/8.5.0", what: "d" },
    { at: 7000, hit: "stall", client, what: "e", takes: 61_000 },
    { at: 70_000, hit: "empty", client, what: "f", end: null },
    { at: 71_000, hit: "reset", client: '<odd> & "client"', what: "g" },
  ]),
  // So close to each other that there is no room for the marks of all.
  ...log(
    [0, 1, 2, 3].map((retryCount) => ({
      at: 80_000 + retryCount * 40,
      hit: 503,
      client,
      what: "h",
      hints: { retryCount },
    })),
  ),
  ...log([{ at: 95_000, client, what: "h", hints: { retryCount: 4 } }]),
  { type: "unread", atMs: 5900, connection: "1", client, host: "h", from: "server", reason: "obs-fold" },
  outcomeEvent({ outcome: "complete", requestId: "req_2", text: "all is well" }, 5800),
  exitEvent({ status: 1 }, 72_000),
];
// The names count up over all logs of a file.
const first = Number(/q(\d+)/.exec(JSON.stringify(events))?.[1]);
const named = JSON.parse(
  JSON.stringify(events).replaceAll(/"q(\d+)"/g, (_, number) => `"q${Number(number) - first}"`),
) as EngineEvent[];

const judgement = judge(
  [
    { rule: "r", retries: { min: 1, max: 2 }, honoursRetryAfter: true, noticesCut: true },
    { rule: "r", stopsAfter: 3, endsWith: "success", waitsAtLeastMs: 400, backsOff: true },
    { rule: "never", retries: { max: 0 } },
  ],
  named.map((event) =>
    event.type === "done" && event.fault === "http.empty" ? { ...event, instead: "a FIN" } : event,
  ),
  { unreadable: ["line 7: no JSON"] },
);
const input = {
  title: "faults.yaml",
  judgement,
  run: {
    seed: 7,
    date: "2026-11-28T20:00:00.000Z",
    versions: { faultwire: "0.1.0", node: "v22.12.0" },
    rules: "version: 1\n",
  },
};

it.each([
  ["report.txt", textReport],
  ["report.md", markdownReport],
  ["report.xml", junitReport],
  ["report.json", jsonReport],
  ["report.html", htmlReport],
])("%s", (name, write) => {
  const path = join(import.meta.dirname, "../corpus/reports", name);
  const text = write(input);
  if (process.env["UPDATE_DOCS"] === "1") {
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
  }
  expect(text).toBe(readFileSync(path, "utf8"));
});
