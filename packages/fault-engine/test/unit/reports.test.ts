import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  headline,
  htmlReport,
  jsonReport,
  judge,
  junitReport,
  markdownReport,
  readEventLog,
  reportJsonSchema,
  reportSchema,
  textReport,
  writeEvent,
} from "../../src/index.ts";
import { exitEvent, outcomeEvent } from "../../src/internal.ts";
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
  { asksOnce: true },
);
const input = { title: "faults.yaml", judgement };

describe("the mark of a reset", () => {
  it("has no status: the client never saw the one that had come", () => {
    const html = htmlReport({ title: "t", judgement: judge([], log([{ at: 0, hit: "reset" }])) });
    expect(html).toContain(">no answer<");
    expect(html).not.toContain(">200<");
  });
});

describe("reports", () => {
  it.each([
    ["without expectations", judge([], [])],
    ["with some", judge([{ rule: "r", retries: { min: 1 } }], [])],
  ])("of a log without a request say so in every form, %s", (_what, empty) => {
    const of = { title: "empty", judgement: empty };
    const note = "Nothing was judged: the log holds no request";
    for (const write of [textReport, junitReport, markdownReport, htmlReport])
      expect(write(of)).toContain(note);
    expect(JSON.parse(jsonReport(of))).toMatchObject({ judged: false, note: expect.stringContaining(note) });
    expect(htmlReport(of)).toContain(": nothing judged</title>");
    expect(junitReport(of)).toContain(`<skipped message="${note}`);
    for (const write of [textReport, junitReport, markdownReport, htmlReport, jsonReport])
      expect(write(input)).not.toContain(note);
  });

  it("of a run in which nothing failed say in every form that nothing was judged", () => {
    const of = { title: "quiet", judgement: judge([], log([{ at: 0 }])) };
    const note = "Nothing was judged: no failure of ours met a request";
    for (const write of [textReport, junitReport, markdownReport, htmlReport, jsonReport])
      expect(write(of)).toContain(note);
    expect(htmlReport(of)).not.toContain('class="chip pass">passed');
  });

  it("begin with one sentence, the worst first", () => {
    const stubborn = log([
      { at: 0, hit: 429, retryAfterMs: 1000, hints: { retryCount: 0 } },
      { at: 1050, hints: { retryCount: 1 } },
      { at: 2000, hit: 400, what: "b" },
      { at: 2100, hit: 400, what: "b" },
      { at: 3000, hit: "cut", what: "c" },
    ]);
    const of = { title: "t", judgement: judge([], stubborn) };
    const sentence = "Asks twice after 400; what it makes of a cut stream is not shown; waits as a 429 asks.";
    expect(headline(of.judgement)).toBe(sentence);
    expect(textReport(of).split("\n")[1]).toBe(`  ${sentence}`);
    for (const write of [junitReport, markdownReport, htmlReport, jsonReport])
      expect(write(of)).toContain(sentence);
    // Findings inform: no test case of theirs fails.
    expect(junitReport(of)).toContain('failures="0" errors="0" skipped="2"');
    expect(textReport(of)).toContain("!    asks twice after 400\n         found: probably 1 retry\n");
    expect(textReport(of)).toContain("         what would prove it: the program's own word (POST /outcome)");
  });

  it("say seed, date, versions and rules where they are known, without a key", () => {
    const run = {
      seed: 42,
      date: "2026-01-02T03:04:05Z",
      versions: { faultwire: "1.2.3" },
      rules: "match: { headers: { x-api-key: sk-ant-api03-secret123 } }",
    };
    const of = { ...input, run };
    for (const write of [htmlReport, jsonReport, markdownReport])
      for (const said of ["42", "2026", "1.2.3"]) expect(write(of)).toContain(said);
    for (const write of [htmlReport, jsonReport]) {
      expect(write(of)).toContain("x-api-key: [masked]");
      expect(write(of)).not.toContain("secret123");
    }
  });

  it("of a log with lines that can't be read say so", () => {
    const of = {
      title: "t",
      judgement: judge([], events, { unreadable: ["line 3 of the event log: not JSON"] }),
    };
    for (const write of [textReport, junitReport, markdownReport, htmlReport, jsonReport])
      expect(write(of)).toContain("line 3 of the event log: not JSON");
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
    expect(text).toContain("Nothing was judged: the log holds no request");
    expect(text).not.toMatch(/no client/);
  });

  it("as text: the offenders, then the totals", () => {
    const text = textReport(input);
    expect(text).toContain(
      "FAIL r: waits as long as retry-after says\n         found: waited 490 ms of 2.00 s\n",
    );
    expect(text).toContain("-    r: waits that grow");
    expect(text.endsWith("2 passed, 1 failed, 0 unproven, 1 untested\n")).toBe(true);
  });

  it("as JSON, with every attempt", () => {
    const report = JSON.parse(jsonReport(input));
    expect(report).toMatchObject({
      format: 1,
      passed: false,
      totals: { pass: 2, fail: 1, unproven: 0, untested: 1 },
    });
    expect(report.operations[0].attempts).toMatchObject([
      { rule: "r", fault: "http.error", status: 429, retryAfterMs: 2000, end: "complete", succeeded: false },
      { status: 529 },
      { rule: null, status: 200, succeeded: true },
    ]);
    expect(report.operations[1].attempts[0].undone).toBe("too short");
  });

  it("as JUnit XML, in which untested is a failure and nothing breaks out", () => {
    const xml = junitReport({ ...input, title: nasty });
    expect(xml).toMatch(/<testsuites tests="[0-9]+" failures="2" errors="0" skipped="[0-9]+">/);
    expect(xml.match(/<testcase classname="r"/g)).toHaveLength(4);
    expect(xml.match(/<testcase /g)).toHaveLength(Number(/tests="([0-9]+)"/.exec(xml)?.[1]));
    expect(xml.match(/<skipped /g)).toHaveLength(Number(/skipped="([0-9]+)"/.exec(xml)?.[1]));
    expect(xml.match(/<failure type="(fail|untested)"/g)).toHaveLength(2);
    expect(xml).toContain("&lt;script&gt;");
    for (const text of ["<script", "\u0001", "]]>"]) expect(xml).not.toContain(text);
  });

  it("as Markdown, a row for each verdict", () => {
    const markdown = markdownReport({ ...input, title: nasty });
    expect(
      markdown.split("\n").filter((line) => /^\| .{1,2} (?:pass|fail|unproven|untested) \|/u.test(line)),
    ).toHaveLength(4);
    expect(markdown).not.toContain("<script>");
  });

  it("as one HTML page that fetches and runs nothing", () => {
    const html = htmlReport({ ...input, title: nasty });
    expect(html.match(/<tr class="verdict">/g)).toHaveLength(4);
    expect(html.match(/<section class="operation">/g)).toHaveLength(2);
    expect(html.match(/class="bar[a-z ]*" role="img"/g)).toHaveLength(4);
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|https?:\/\/|url\(|@import|<link|<img/);
    expect(html).toContain("&lt;script&gt;");
    // Bars stay on their track.
    for (const [, left = "", width = ""] of html.matchAll(/left:([\d.]+)%;width:([\d.]+)%/g)) {
      expect(Number(left)).toBeGreaterThanOrEqual(0);
      expect(Number(left) + Number(width)).toBeLessThanOrEqual(100.001);
    }
  });

  it("as JSON, as its published schema has it", () => {
    const published = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../gen/report.schema.json"), "utf8"),
    );
    expect(published).toEqual(reportJsonSchema());
    const said = [
      outcomeEvent({ outcome: "error", text: "gave up", operation: "none of the log" }, 4000),
      exitEvent({ status: 1 }, 4100),
    ];
    const run = { seed: "a", date: "2026-01-02T03:04:05Z", versions: {}, rules: "version: 1" };
    const whole = judge([{ rule: "r", noticesCut: true }], [...events, ...said], { unreadable: ["line 1"] });
    for (const of of [input, { ...input, judgement: whole, run }, { title: "", judgement: judge([], []) }]) {
      const report = JSON.parse(jsonReport(of));
      expect(z.fromJSONSchema(published).safeParse(report)).toMatchObject({ success: true });
      // Nothing is there that the schema does not tell of.
      expect(reportSchema.parse(report)).toEqual(report);
    }
    expect(z.fromJSONSchema(published).safeParse({ format: 1 }).success).toBe(false);
  });

  it("are the same for the same run", () => {
    for (const report of [textReport, jsonReport, junitReport, markdownReport, htmlReport])
      expect(report(input)).toBe(report({ title: "faults.yaml", judgement }));
  });

  it("draws no more operations than a browser can bear", () => {
    const many = log(Array.from({ length: 600 }, (_, at) => ({ at, what: `w${at}` })));
    const html = htmlReport({ title: "many", judgement: judge([], many) });
    expect(html.match(/<section class="operation">/g)).toHaveLength(500);
    expect(html).toContain("Not drawn: 100 more operations.");
  });
});

it("says what was done otherwise than asked for, in every form for people and programs, and in the log", () => {
  const instead = "a FIN, the sockets <being> the host's";
  const told = log([
    { at: 0, hit: "cut" },
    { at: 50, hit: "cut" },
  ]).map((event) => (event.type === "done" ? { ...event, instead } : event));
  expect(readEventLog(told.map(writeEvent).join("")).events).toEqual(told);
  const given = { title: "t", judgement: judge([], told) };
  expect(textReport(given)).toContain(`r: stream.cut, instead ${instead} (2 times)\n`);
  expect(markdownReport(given)).toContain(
    "### Done otherwise than asked for\n\n- r: stream.cut, instead a FIN",
  );
  expect(htmlReport(given)).toContain("instead: a FIN, the sockets &lt;being&gt;");
  expect(JSON.parse(jsonReport(given)).operations[0].attempts[0]).toMatchObject({ instead, undone: null });
});
