/** The HTML report as a browser shows it: complete, readable in a narrow and a wide window, and alone with itself. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type EngineEvent, type Expectation, htmlReport, judge } from "@faultwire/fault-engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPage, type Page } from "./browser.ts";

const host = "api.anthropic.com";
/** Text that would be more than text in a page that does not escape it. */
const hostile = `<script>document.title = "taken over"</script><img src="http://127.0.0.1:1/x.png">`;

/** One request with all that became of it. */
function exchange(
  number: number,
  atMs: number,
  status: number,
  more: Partial<{ client: string; rule: string; retryAfterMs: number; cut: boolean; path: string }> = {},
): EngineEvent[] {
  const { client = "good-client/1.0", rule, retryAfterMs = null, cut = false, path = "/v1/messages" } = more;
  const ids = { request: `request-${number}`, connection: `${client}#1` };
  const fault = cut ? "stream.cut" : "http.error";
  return [
    {
      type: "request",
      atMs,
      ...ids,
      client,
      host,
      method: "POST",
      path,
      fingerprint: `of ${client}${path}`,
      model: "claude-sonnet-5-5",
      stream: cut,
    },
    ...(rule === undefined
      ? []
      : [
          { type: "decision" as const, atMs, ...ids, rule, fault, matchNumber: 1 } as const,
          { type: "done" as const, atMs: atMs + 2, ...ids, rule, fault } as const,
        ]),
    {
      type: "response",
      atMs: atMs + 5,
      request: ids.request,
      status,
      injected: rule !== undefined && !cut,
      retryAfterMs,
    },
    { type: "end", atMs: atMs + 60, request: ids.request, how: cut ? "cut" : "complete" },
  ];
}

const events: EngineEvent[] = [
  ...exchange(1, 0, 429, { rule: "throttled-at-first", retryAfterMs: 1000 }),
  ...exchange(2, 1070, 200),
  ...exchange(3, 1200, 429, {
    client: "careless-client/1.0",
    rule: "throttled-at-first",
    retryAfterMs: 1000,
  }),
  ...exchange(4, 1270, 200, { client: "careless-client/1.0" }),
  ...exchange(5, 1400, 200, { client: "gullible-client/1.0", rule: "cut-at-first", cut: true }),
  ...exchange(6, 1500, 200, { client: hostile, path: `/v1/${"long/".repeat(30)}` }),
];
const expectations: Expectation[] = [
  { rule: "throttled-at-first", honoursRetryAfter: true },
  { rule: "throttled-at-first", endsWith: "success" },
  { rule: "cut-at-first", noticesCut: true },
  { rule: hostile, endsWith: "success" },
];

/** Where screenshots go, for people to look at; not kept otherwise. */
const shots = process.env["FAULTWIRE_SCREENSHOTS"];
const windows = [
  { name: "narrow", width: 390, height: 800 },
  { name: "wide", width: 1600, height: 900 },
] as const;

let folder: string;
let page: Page;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-report-"));
  const file = join(folder, "report.html");
  const judgement = judge(expectations, events);
  writeFileSync(file, htmlReport({ title: "faults.yaml", judgement }));
  page = await openPage();
  await page.open(pathToFileURL(file).href);
});
afterAll(async () => {
  await page.close();
  rmSync(folder, { recursive: true, force: true });
});

const texts = (selector: string): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((one) => one.textContent)`);

describe("the page", () => {
  it("says in its title and its first line how it went", async () => {
    expect(await page.evaluate("document.title")).toBe("faults.yaml: not passed");
    expect(await texts("body > p.outcome")).toEqual(["Not passed: 1 passed, 2 failed, 1 untested"]);
  });

  it("has a row for each verdict, in the order of the file", async () => {
    expect(await texts("tr.verdict td.outcome")).toEqual(["fail", "pass", "fail", "untested"]);
    expect((await texts("tr.verdict td:nth-child(2)")).slice(0, 3)).toEqual([
      "throttled-at-first",
      "throttled-at-first",
      "cut-at-first",
    ]);
  });

  it("has a row for each operation with a bar for each request, where it belongs in time", async () => {
    expect(await texts("tr.operation td:nth-child(3)")).toEqual(["2", "2", "1", "1"]);
    const bars = await page.evaluate<{ left: number; failed: boolean; says: string }[][]>(`
      [...document.querySelectorAll("tr.operation .track")].map((track) => {
        const { left, width } = track.getBoundingClientRect();
        return [...track.querySelectorAll(".bar")].map((bar) => ({
          left: (bar.getBoundingClientRect().left - left) / width,
          failed: bar.classList.contains("failed"),
          says: bar.getAttribute("aria-label"),
        }));
      })`);
    expect(bars.map((row) => row.map(({ failed }) => failed))).toEqual([
      [true, false],
      [true, false],
      [true],
      [false],
    ]);
    const span = 1560;
    const starts = bars.flat().map(({ left }) => left);
    for (const [index, atMs] of [0, 1070, 1200, 1270, 1400, 1500].entries())
      expect(starts[index]).toBeCloseTo(atMs / span, 1);
    expect(bars[0]?.[0]?.says).toContain("retry after 1000 ms");
  });

  it("shows text from the log as text", async () => {
    expect(await texts("tr.operation td:first-child")).toContain(hostile);
    expect(await page.evaluate("document.querySelectorAll('script, img').length")).toBe(0);
  });

  it("asks for nothing but itself, and nothing had to be refused", () => {
    expect(page.requests).toHaveLength(1);
    expect(page.requests[0]).toMatch(/^file:.*report\.html$/);
    expect(page.complaints).toEqual([]);
  });
});

describe.each(windows)("in a $name window", ({ name, width, height }) => {
  beforeAll(() => page.resize(width, height));

  it("fits its width, down to every cell", async () => {
    if (shots) {
      mkdirSync(shots, { recursive: true });
      writeFileSync(join(shots, `${name}.png`), await page.screenshot());
    }
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    const cut = await page.evaluate<string[]>(`
      [...document.querySelectorAll("td, th, p, h1, h2")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
        .map((one) => one.textContent.slice(0, 60))`);
    expect(cut).toEqual([]);
  });
});
