/** What was not read: counted, shown in every format, and read back from the log. */
import { describe, expect, it } from "vitest";
import { unreadOf } from "../../src/events/unread.ts";
import {
  type EngineEvent,
  htmlReport,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  readEventLog,
  textReport,
  writeEvent,
} from "../../src/index.ts";
import { log } from "../support/event-log.ts";

const unread = (reason: string, number: number, host: string | null): EngineEvent => ({
  type: "unread",
  atMs: number,
  connection: host === null ? null : `c${number}`,
  client: host === null ? null : "c",
  host,
  from: "server",
  reason,
});
const events = [
  ...log([{ at: 0 }]),
  unread("no-server-name", 1, null),
  unread("obs-fold", 2, "b.test"),
  unread("obs-fold", 3, "a.test"),
  unread("obs-fold", 4, "a.test"),
  unread("of-a-newer-<version>", 5, "a.test"),
];
const judgement = judge([], events);
const input = { title: "faults.yaml", judgement };

describe("what was not read", () => {
  it("is a row for each reason, the most frequent first, and no verdict", () => {
    expect(judgement.unread).toEqual([
      { reason: "obs-fold", connections: 3, hosts: ["b.test", "a.test"] },
      { reason: "no-server-name", connections: 1, hosts: [] },
      { reason: "of-a-newer-<version>", connections: 1, hosts: ["a.test"] },
    ]);
    expect(judgement.passed).toBe(true);
    expect(judgement.operations.length).toBe(1);
  });

  it("names ten hosts at the most, however many there are", () => {
    const many = Array.from({ length: 5000 }, (_, number) => unread("obs-fold", number, `h${number}.test`));
    expect(unreadOf(many)).toMatchObject([{ connections: 5000, hosts: { length: 10 } }]);
  });

  it("is read from a log as it was written", () => {
    expect(readEventLog(events.map(writeEvent).join("")).events).toEqual(events);
  });

  it("stands in every report", () => {
    const [first, second, third] = [
      "a header that is folded over two lines",
      "a ClientHello that names no host",
      "of-a-newer-<version>",
    ];
    const text = textReport(input);
    expect(text).toContain("  not read:\n");
    expect(text).toContain(`         ${first}, on 3 connections (b.test, a.test)\n`);
    expect(text).toContain(`         ${second}, on 1 connection\n`);
    expect(text).toContain(third);
    const markdown = markdownReport(input);
    expect(markdown).toContain(
      `### Not read\n\n| reason | connections | hosts |\n|---|---|---|\n| ${first} | 3 |`,
    );
    const html = htmlReport(input);
    expect(html).toContain("<h2>Not read</h2>");
    expect(html.match(/<tr class="unread">/g)).toHaveLength(3);
    expect(html).toContain("of-a-newer-&lt;version&gt;");
    expect(junitReport(input)).toContain(`not read:&#10;${first}, on 3 connections`);
    expect(JSON.parse(jsonReport(input)).unread).toEqual(judgement.unread);
  });

  it("takes no room where all was read", () => {
    const whole = { title: "faults.yaml", judgement: judge([], log([{ at: 0 }])) };
    for (const report of [textReport, markdownReport, htmlReport, junitReport])
      expect(report(whole).toLowerCase()).not.toContain("not read");
    expect(JSON.parse(jsonReport(whole)).unread).toEqual([]);
  });
});
