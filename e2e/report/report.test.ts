/** The HTML report as a browser shows it: complete, readable in a narrow and a wide window, and alone with itself. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type EngineEvent,
  type ExchangeEnd,
  type Expectation,
  htmlReport,
  judge,
  type RequestHints,
} from "@faultwire/fault-engine";
import { exitEvent, outcomeEvent } from "@faultwire/fault-engine/internal";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPage, type Page } from "./browser.ts";

/** Text that would be more than text in a page that does not escape it. */
const hostile = `<script>document.title = "taken over"</script><img src="http://127.0.0.1:1/x.png">`;
const sdk = { userAgent: "Anthropic/JS 1.14.0", sdk: "1.14.0 node/v24.11.1" };

/** One request with all that became of it. */
function exchange(
  number: number,
  atMs: number,
  status: number,
  more: Partial<{
    client: string;
    rule: string;
    retryAfterMs: number;
    end: ExchangeEnd;
    path: string;
    hints: RequestHints;
  }> = {},
): EngineEvent[] {
  const { client = "t13d1715h1", rule, retryAfterMs = null, end = "complete", hints = {} } = more;
  const { path = "/v1/messages" } = more;
  const ids = { request: `r${number}`, connection: `${client}#1` };
  const isStream = end !== "complete";
  const fault = isStream ? "stream.cut" : "http.error";
  return [
    {
      type: "request",
      atMs,
      ...ids,
      client,
      ...{
        host: "api.anthropic.com",
        method: "POST",
        path,
        fingerprint: `f3a9${client.length}c21${path.length}`,
      },
      ...{ model: "claude-sonnet-5-5", stream: isStream, messages: 3, bodyBytes: 1234 },
      ...hints,
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
      injected: rule !== undefined && !isStream,
      retryAfterMs,
      requestId: `req_01${"abcdefgh".repeat(2)}${number}`,
    },
    { type: "end", atMs: atMs + 60, request: ids.request, how: end },
  ];
}

const throttled = { rule: "throttled-at-first", retryAfterMs: 1000 };
const careless = "careless-client/1.0";
const events: EngineEvent[] = [
  ...exchange(1, 0, 429, { ...throttled, hints: { ...sdk, retryCount: 0 } }),
  ...exchange(2, 1070, 200, { hints: { ...sdk, retryCount: 1 } }),
  ...exchange(3, 1200, 429, { ...throttled, client: careless }),
  ...exchange(4, 1270, 200, { client: careless }),
  ...exchange(5, 1400, 200, { client: "gullible-client/1.0", rule: "cut-at-first", end: "cut" }),
  ...exchange(6, 1500, 200, { client: hostile, path: `/v1/${"long/".repeat(30)}` }),
  ...[0, 1, 2, 3].flatMap((retryCount) =>
    exchange(7 + retryCount, 2000 + 700 * retryCount ** 2, retryCount < 3 ? 529 : 200, {
      ...(retryCount < 3 ? { rule: "busy" } : {}),
      hints: { ...sdk, retryCount },
      path: "/v1/messages?beta=true",
    }),
  ),
  ...exchange(11, 9000, 400, { rule: "refused", client: "stubborn/2" }),
  ...exchange(12, 9080, 400, { rule: "refused", client: "stubborn/2" }),
  outcomeEvent({ outcome: "complete", requestId: "req_01abcdefghabcdefgh5", text: "42 words" }, 1600),
  exitEvent({ status: 0 }, 9900),
];
const expectations: Expectation[] = [
  { rule: "throttled-at-first", honoursRetryAfter: true },
  { rule: "busy", endsWith: "success" },
  { rule: "cut-at-first", noticesCut: true },
  { rule: hostile, endsWith: "success" },
];
const rules = `version: 1
seed: 42
rules:
  - name: throttled-at-first
    when: { first: 1, per: client }
    fault: { http: { preset: anthropic/rate_limit_error, retryAfter: 1s } }
expect:
  - { rule: throttled-at-first, honoursRetryAfter: true }
`;

/** Where screenshots go, for people to look at; not kept otherwise. */
const shots = process.env["FAULTWIRE_SCREENSHOTS"];
const windows = [
  { name: "narrow", width: 390, height: 800 },
  { name: "wide", width: 1280, height: 900 },
] as const;
const schemes = ["light", "dark"] as const;

let folder: string;
let page: Page;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "faultwire-report-"));
  const file = join(folder, "report.html");
  const judgement = judge(expectations, events);
  const versions = { faultwire: "0.1.0", node: "v24.11.1" };
  const run = { seed: 42, date: "2026-11-28T18:30:00Z", versions, rules };
  writeFileSync(file, htmlReport({ title: "faults.yaml", judgement, run }));
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
    expect(await texts("p.headline")).toEqual([
      "3 of 4 expectations not met or not proven; asks again too soon after 429; takes a cut stream for whole; asks twice after 400; retries 529.",
    ]);
    expect(await texts("p.totals")).toEqual(["not passed 1 passed, 2 failed, 0 unproven, 1 untested"]);
  });

  it("has findings, the worst first, each with what to do and a link to its fault and its requests", async () => {
    expect(await texts("article.card.fail .chip")).toEqual(["high", "high", "medium"]);
    const links = await page.evaluate<string[]>(
      "[...document.querySelectorAll('article a')].map((one) => one.getAttribute('href'))",
    );
    expect(links).toEqual(expect.arrayContaining(["#fault-http-error", "#fault-stream-cut", "#request-r4"]));
    for (const link of links) expect(await texts(link)).toHaveLength(1);
  });

  it("has a row for each expectation, in the order of the file", async () => {
    expect(await texts("tr.verdict td:first-child")).toEqual(["fail", "pass", "fail", "untested"]);
    expect((await texts("tr.verdict td:nth-child(2)")).slice(0, 3)).toEqual([
      "throttled-at-first",
      "busy",
      "cut-at-first",
    ]);
  });

  it("has each operation with a bar for each request, where it belongs in time, and a label on it", async () => {
    const rows = await page.evaluate<{ left: number; failed: boolean; says: string }[][]>(`
      [...document.querySelectorAll(".operation .track")].map((track) => {
        const { left, width } = track.getBoundingClientRect();
        return [...track.querySelectorAll(".bar")].map((bar) => ({
          left: (bar.getBoundingClientRect().left - left) / width,
          failed: bar.classList.contains("failed"),
          says: bar.getAttribute("aria-label"),
        }));
      })`);
    expect(rows.map((row) => row.map(({ failed }) => failed))).toEqual([
      [true, false],
      [true, false],
      [true],
      [false],
      [true, true, true, false],
      [true, true],
    ]);
    const starts = rows[4]?.map(({ left }) => left) ?? [];
    for (const [index, atMs] of [0, 700, 2800, 6300].entries())
      expect(starts[index]).toBeCloseTo(atMs / 6360, 1);
    expect(rows[0]?.[0]?.says).toContain("retry after 1.00 s");
    expect((await texts(".mark")).slice(0, 4)).toEqual(["429", "200", "429", "200"]);
    expect(await texts(".operation .asked")).toHaveLength(2);
    expect((await texts(".operation li"))[1]).toContain("retry after 1.01 s (the SDK counts it as a retry)");
  });

  it("says what is known of each operation, and nothing of what was asked", async () => {
    expect((await texts(".operation > p.soft"))[0]).toBe(
      "claude-sonnet-5-5 · plain · 3 messages, 1.2 kB, f3a910c2 · Anthropic/JS 1.14.0 (1.14.0 node/v24.11.1)",
    );
    expect(await texts("p.facts span")).toEqual([
      "seed 42",
      "date 2026-11-28T18:30:00Z",
      "faultwire 0.1.0",
      "node v24.11.1",
    ]);
    expect(await texts("pre")).toEqual([rules.trimEnd()]);
  });

  it("shows text from the log as text", async () => {
    expect((await texts(".operation > p.soft")).join()).toContain(hostile);
    expect(await page.evaluate("document.querySelectorAll('script, img').length")).toBe(0);
  });

  it("asks for nothing but itself, and nothing had to be refused", () => {
    expect(page.requests).toHaveLength(1);
    expect(page.requests[0]).toMatch(/^file:.*report\.html$/);
    expect(page.complaints).toEqual([]);
  });
});

const looks = windows.flatMap((window) => schemes.map((scheme) => ({ ...window, scheme })));

describe.each(looks)("in a $name window, $scheme", ({ name, width, height, scheme }) => {
  beforeAll(async () => {
    await page.show(scheme);
    await page.resize(width, height);
  });

  it("fits its width, down to every cell", async () => {
    if (shots) {
      mkdirSync(shots, { recursive: true });
      writeFileSync(join(shots, `${name}-${scheme}.png`), await page.screenshot());
    }
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    const cut = await page.evaluate<string[]>(`
      [...document.querySelectorAll("td, th, p, h1, h2, h3, dd, li, pre, header")]
        .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
        .map((one) => one.textContent.slice(0, 60))`);
    expect(cut).toEqual([]);
  });

  it("has labels that do not stand on each other", async () => {
    const over = await page.evaluate<string[]>(`
      [...document.querySelectorAll(".operation .track")].flatMap((track) => {
        const boxes = [...track.querySelectorAll(".mark")].map((mark) => [mark.textContent, mark.getBoundingClientRect()]);
        return boxes.flatMap(([text, a], at) => boxes.slice(at + 1)
          .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
          .map(([other]) => text + " on " + other));
      })`);
    expect(over).toEqual([]);
  });

  it("can be read: text stands out from what is behind it", async () => {
    const faint = await page.evaluate<string[]>(contrast);
    expect(faint).toEqual([]);
  });
});

it("prints without dark paper", async () => {
  await page.show("dark", "print");
  expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
  if (shots) writeFileSync(join(shots, "print.png"), await page.screenshot());
});

/** Texts whose contrast is below 4.5 (WCAG 2.2, success criterion 1.4.3). */
const contrast = `(() => {
  const channels = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => value / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("h1, h2, h3, p, dt, dd, td, th, li, .chip, .mark")]
    .filter((one) => one.textContent.trim() !== "")
    .filter((one) => {
      const [a, b] = [light(channels(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05) < 4.5;
    })
    .map((one) => one.className + ": " + one.textContent.slice(0, 40));
})()`;
