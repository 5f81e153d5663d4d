/** Event logs: any text is read as far as it is one; what the writer writes the reader reads; reports come of all of it. */
import {
  FaultEngineError,
  htmlReport,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  readEventLog,
  readLogLimits,
  textReport,
  writeEvent,
} from "@faultwire/fault-engine";
import { caught, holds, same, seed, type Target } from "../contract/target.ts";

const at = (ms: number, more: object): string => `${JSON.stringify({ atMs: ms, ...more })}\n`;
const request = (ms: number, id: string, more: object = {}): string =>
  at(ms, {
    type: "request",
    request: id,
    connection: "c1",
    client: "t",
    host: "h",
    method: "POST",
    path: "/v1/messages",
    fingerprint: "f",
    model: null,
    stream: true,
    ...more,
  });

export const target: Target = {
  maxBytes: 3000,
  maxSteps: 3_000_000,
  words: [
    '"type":"',
    '"atMs":',
    '"request":"r1"',
    '"status":999',
    "\n",
    "}\n{",
    '"how":"cut"',
    "null",
    "1e999",
    "-0",
    "\\u0000",
    "\ufeff",
  ],
  seeds: () => [
    seed(
      0x20,
      "",
      at(1, { type: "connection", connection: "c1", client: "t", host: "h" }),
      request(2, "r1"),
      at(3, {
        type: "decision",
        request: "r1",
        connection: "c1",
        rule: "a",
        fault: "http.error",
        matchNumber: 1,
      }),
      at(3, { type: "done", request: "r1", connection: "c1", rule: "a", fault: "http.error" }),
      at(4, { type: "response", request: "r1", status: 529, injected: true, retryAfterMs: 1000 }),
      at(5, { type: "end", request: "r1", how: "complete" }),
      request(1500, "r2", { retryCount: 1 }),
      at(1600, { type: "response", request: "r2", status: 200, injected: false, retryAfterMs: null }),
      at(1700, { type: "end", request: "r2", how: "complete", events: 4 }),
    ),
    seed(
      0x20,
      "",
      request(1, "r1"),
      at(2, { type: "response", request: "r1", status: 200, injected: false, retryAfterMs: null }),
      at(3, { type: "end", request: "r1", how: "cut" }),
      at(4, { type: "outcome", from: "program", outcome: "error", text: "x" }),
      at(4, { type: "outcome", from: "exit", outcome: "error", exitStatus: 1 }),
    ),
    seed(
      0x20,
      "",
      at(1, {
        type: "unread",
        connection: null,
        client: null,
        host: null,
        from: "client",
        reason: "not-http",
      }),
      at(2, { type: "undone", request: null, connection: "c1", rule: "a", fault: "stream.cut", reason: "x" }),
      "not JSON\n",
      at(9, { type: "new-type" }),
    ),
  ],
  run(input) {
    const text = Buffer.from(input).toString();
    const outcome = caught(FaultEngineError, () => readEventLog(text));
    if ("error" in outcome) {
      holds(outcome.error.code === "invalid-events", "one code for what is no log");
      // A line that can't be read is not the end of the rest.
      for (const line of text.split("\n").slice(0, 30)) {
        const alone = caught(FaultEngineError, () => readEventLog(line).events.length);
        holds("error" in alone || alone.value === 0, "a log is refused where no line is an event");
      }
      return;
    }
    const { events, unreadable } = outcome.value;
    holds(unreadable.length <= readLogLimits.maxNamedLines + 1, "few lines are named");
    holds(events.length + unreadable.length <= text.split("\n").length + 1, "no event comes from nothing");
    const again = readEventLog(events.map(writeEvent).join(""));
    same(again.unreadable, [], "what the writer writes the reader reads");
    same(again.events, events, "an event comes back as it was");
    const judgement = judge([], events, { unreadable });
    for (const write of [textReport, markdownReport, htmlReport, junitReport, jsonReport]) {
      const report = write({ title: "log", judgement });
      holds(
        /undefined|NaN/.test(text) || !/\bundefined\b|\bNaN\b/.test(report),
        `${write.name} has words for everything`,
      );
      holds(write !== jsonReport || JSON.parse(report) !== null, "a report in JSON is JSON");
    }
  },
};
