import { describe, expect, it } from "vitest";
import {
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

const nasty = `<script>alert("x")</script> & 'y' | \u0001 \n]]>`;
const events = log([
  { at: 0, hit: 429, retryAfterMs: 2000 },
  { at: 500, hit: 529 },
  { at: 3000 },
  { at: 100, client: nasty, hit: "undone" },
]);
const judgement = judge(
  [
    { rule: "r", retries: { min: 1, max: 2 }, honoursRetryAfter: true, endsWith: "success" },
    { rule: "r", backsOff: true },
  ],
  events,
);
const input = { title: "faults.yaml", judgement };

describe("reports", () => {
  it.each([
    ["without expectations", judge([], [])],
    ["with some", judge([{ rule: "r", retries: { min: 1 } }], [])],
  ])("of a log without a request say so in every form, %s", (_what, empty) => {
    const of = { title: "empty", judgement: empty };
    const note = "the log holds no request";
    for (const write of [textReport, junitReport, markdownReport, htmlReport])
      expect(write(of)).toContain(note);
    expect(JSON.parse(jsonReport(of)).note).toContain(note);
    expect(htmlReport(of)).not.toContain("Passed");
    for (const write of [textReport, junitReport, markdownReport, htmlReport, jsonReport])
      expect(write(input)).not.toContain(note);
  });

  it("of a log of connections alone don't say that nobody came", () => {
    const connection = {
      type: "connection",
      atMs: 0,
      connection: "c#1",
      client: "c",
      host: "h.test",
    } as const;
    const text = textReport({ title: "t", judgement: judge([], [connection]) });
    expect(text).toContain("the log holds no request, so there is nothing to judge");
    expect(text).not.toMatch(/no client/);
  });

  it("as text: the offenders, then the totals", () => {
    const text = textReport(input);
    expect(text).toContain(
      "FAIL r: waits as long as retry-after says\n         found: waited 490 ms of 2.00 s\n",
    );
    expect(text).toContain("??   r: waits that grow");
    expect(text.endsWith("1 passed, 2 failed, 1 untested\n")).toBe(true);
  });

  it("as JSON, with every attempt", () => {
    const report = JSON.parse(jsonReport(input));
    expect(report).toMatchObject({ format: 1, passed: false, totals: { pass: 1, fail: 2, untested: 1 } });
    expect(report.operations[0].attempts).toMatchObject([
      { rule: "r", fault: "http.error", status: 429, retryAfterMs: 2000, end: "complete", succeeded: false },
      { status: 529 },
      { rule: null, status: 200, succeeded: true },
    ]);
    expect(report.operations[1].attempts[0].undone).toBe("too short");
  });

  it("as JUnit XML, in which untested is a failure and nothing breaks out", () => {
    const xml = junitReport({ ...input, title: nasty });
    expect(xml).toContain('<testsuites tests="4" failures="3" errors="0">');
    expect(xml.match(/<testcase /g)).toHaveLength(4);
    expect(xml.match(/<failure type="(fail|untested)"/g)).toHaveLength(3);
    expect(xml).toContain("&lt;script&gt;");
    for (const text of ["<script", "\u0001", "]]>"]) expect(xml).not.toContain(text);
  });

  it("as Markdown, a row for each verdict", () => {
    const markdown = markdownReport({ ...input, title: nasty });
    expect(markdown.split("\n").filter((line) => /^\| (?:pass|fail|untested) \|/.test(line))).toHaveLength(4);
    expect(markdown).not.toContain("<script>");
  });

  it("as one HTML page that fetches and runs nothing", () => {
    const html = htmlReport({ ...input, title: nasty });
    expect(html.match(/<tr class="verdict">/g)).toHaveLength(4);
    expect(html.match(/<tr class="operation">/g)).toHaveLength(2);
    expect(html.match(/class="bar(?: failed)?"/g)).toHaveLength(4);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|https?:|url\(|@import|<link|<img/);
    expect(html).toContain("&lt;script&gt;");
    // Bars stay on their track.
    for (const [, left = "", width = ""] of html.matchAll(/left:([\d.]+)%;width:([\d.]+)%/g)) {
      expect(Number(left)).toBeGreaterThanOrEqual(0);
      expect(Number(left) + Number(width)).toBeLessThanOrEqual(100.001);
    }
  });

  it("are the same for the same run", () => {
    for (const report of [textReport, jsonReport, junitReport, markdownReport, htmlReport])
      expect(report(input)).toBe(report({ title: "faults.yaml", judgement }));
  });

  it("draws no more operations than a browser can bear", () => {
    const many = log(Array.from({ length: 600 }, (_, at) => ({ at, what: `w${at}` })));
    const html = htmlReport({ title: "many", judgement: judge([], many) });
    expect(html.match(/<tr class="operation">/g)).toHaveLength(500);
    expect(html).toContain("100 more operations are not drawn.");
  });
});

it("says what was done otherwise than asked for, in every form for people and programs, and in the log", () => {
  const instead = "a FIN, the sockets <being> the host's";
  const told = log([
    { at: 0, hit: "cut" },
    { at: 50, hit: "cut" },
  ]).map((event) => (event.type === "done" ? { ...event, instead } : event));
  expect(readEventLog(told.map(writeEvent).join(""))).toEqual(told);
  const given = { title: "t", judgement: judge([], told) };
  expect(textReport(given)).toContain(`r: stream.cut, instead ${instead} (2 times)\n`);
  expect(markdownReport(given)).toContain(
    "### Done otherwise than asked for\n\n- r: stream.cut, instead a FIN",
  );
  expect(htmlReport(given)).toContain("instead: a FIN, the sockets &lt;being&gt;");
  expect(JSON.parse(jsonReport(given)).operations[0].attempts[0]).toMatchObject({ instead, undone: null });
});
