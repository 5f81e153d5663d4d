/** What a verdict says, word by word: what was expected, what was found, what would prove it, and which requests show it. */
import { describe, expect, it } from "vitest";
import { type EngineEvent, type Expectation, judge, operationsOf } from "../../src/index.ts";
import { leastOf, mostOf, writeList, writeMs } from "../../src/verdicts/words.ts";
import { writeCount } from "../../src/write-count.ts";
import { log, type Step } from "../support/event-log.ts";

type Demands = Omit<Expectation, "rule">;
const repeatProof =
  "an SDK that counts its retries, or x-faultwire-operation, idempotency-key or traceparent on the requests; or asksOnce: true in the rule file, if the program asks nothing twice by itself";
const ownWord = "the program's own word (POST /outcome)";

/** The verdict; requests by their place among the steps. */
function said(demands: Demands, steps: readonly Step[], asksOnce = true) {
  const events = log(steps);
  const names = events.flatMap((event) => (event.type === "request" ? [event.request] : []));
  const [verdict] = judge([{ rule: "r", ...demands }], events, { asksOnce }).verdicts;
  const { outcome, expected, found, proof, requests } = verdict!;
  return [outcome, expected, found, proof, requests.map((name) => names.indexOf(name))];
}

/** One after the other, each `wait` behind the end of the one before. */
function failing(...waits: readonly number[]): Step[] {
  let at = 0;
  return [0, ...waits].map((wait) => {
    at += wait + 10;
    return { at, hit: 529 };
  });
}

const busy = (wait: number): Step[] => [{ at: 0, hit: 429, retryAfterMs: 2000 }, { at: 10 + wait }];
const cut: Step = { at: 0, hit: "cut" };
const other: Step = { at: 100, what: "another" };

describe("a verdict says", () => {
  const rows: readonly (readonly [string, Demands, Step[], unknown[]])[] = [
    [
      "retries: enough",
      { retries: { min: 2, max: 4 } },
      failing(500, 500),
      ["pass", "2 to 4 retries", "2 retries", null, []],
    ],
    [
      "retries: too many",
      { retries: { max: 1 } },
      failing(500, 500),
      ["fail", "0 to 1 retries", "2 retries", null, [0]],
    ],
    [
      "retries: too few",
      { retries: { min: 2 } },
      failing(500),
      ["fail", "at least 2 retries", "1 retry", null, [0]],
    ],
    [
      "retries: just so many",
      { retries: { min: 1, max: 1 } },
      failing(500),
      ["pass", "exactly 1 retry", "1 retry", null, []],
    ],
    [
      "retries: no hit",
      { retries: { min: 1 } },
      [other],
      ["untested", "at least 1 retry", "no hit", null, []],
    ],
    [
      "retry-after: kept",
      { honoursRetryAfter: true },
      busy(2100),
      ["pass", "waits as long as retry-after says", "waited 2.10 s of 2.00 s", null, []],
    ],
    [
      "retry-after: not kept",
      { honoursRetryAfter: true },
      busy(500),
      ["fail", "waits as long as retry-after says", "waited 500 ms of 2.00 s", null, [1]],
    ],
    [
      "retry-after: not kept, as wanted",
      { honoursRetryAfter: false },
      busy(500),
      ["pass", "not: waits as long as retry-after says", "waited 500 ms of 2.00 s", null, [1]],
    ],
    [
      "retry-after: none came",
      { honoursRetryAfter: true },
      failing(500),
      ["untested", "waits as long as retry-after says", "no retry that had to wait", null, []],
    ],
    [
      "waits: by a tolerance of 20 ms",
      { waitsAtLeastMs: 400 },
      failing(380, 500),
      ["pass", "waits 400 ms or more", "waited 380 ms of 400 ms, 500 ms of 400 ms", null, []],
    ],
    [
      "waits: too short, and only those are shown",
      { waitsAtLeastMs: 400 },
      failing(379, 500),
      ["fail", "waits 400 ms or more", "waited 379 ms of 400 ms", null, [1]],
    ],
    [
      "backs off",
      { backsOff: true },
      failing(500, 1000),
      ["pass", "waits that grow", "500 ms → 1.00 s", null, []],
    ],
    [
      "does not back off",
      { backsOff: true },
      failing(500, 300),
      ["fail", "waits that grow", "500 ms → 300 ms", null, [2]],
    ],
    [
      "backs off: one retry alone",
      { backsOff: true },
      failing(500),
      ["untested", "waits that grow", "no two retries in a row without retry-after", null, []],
    ],
    [
      "a cut that is asked for again",
      { noticesCut: true },
      [cut, { at: 50 }],
      ["pass", "a response that ends early is noticed", "1 asked for again", null, []],
    ],
    [
      "a cut of which nothing shows",
      { noticesCut: true },
      [cut, other],
      [
        "unproven",
        "a response that ends early is noticed",
        "1 of which nothing shows what the program made of it",
        `${ownWord}; or a retry that can be told as one: ${repeatProof}`,
        [0],
      ],
    ],
    [
      "no cut",
      { noticesCut: true },
      [other],
      ["untested", "a response that ends early is noticed", "none that ended early", null, []],
    ],
    [
      "stops",
      { stopsAfter: 3 },
      failing(10, 10),
      ["pass", "no more than 3 failing requests", "3 failing requests", null, []],
    ],
    [
      "does not stop: what came too much is shown",
      { stopsAfter: 1 },
      failing(10, 10),
      ["fail", "no more than 1 failing request", "3 failing requests", null, [1, 2]],
    ],
    [
      "ends well",
      { endsWith: "success" },
      [...failing(10), { at: 500 }],
      ["pass", "ends with success", "1 operation ended with success, 0 with failure", null, []],
    ],
    [
      "ends badly",
      { endsWith: "success" },
      failing(10),
      ["fail", "ends with success", "0 operations ended with success, 1 with failure", null, [1]],
    ],
  ];
  it.each(rows)("%s", (_, demands, steps, expected) => {
    expect(said(demands, steps)).toEqual(expected);
  });

  it("what can't be told, where the program may ask the same twice", () => {
    expect(said({ retries: { min: 1 } }, [{ at: 0, hit: 529 }, { at: 5000 }], false)).toEqual([
      "unproven",
      "at least 1 retry",
      "0 to 1 retries",
      repeatProof,
      [0],
    ]);
    expect(said({ waitsAtLeastMs: 100 }, [{ at: 0, hit: 529 }, { at: 5000 }], false)).toEqual([
      "unproven",
      "waits 100 ms or more",
      "the same was asked again after 4.99 s of 100 ms",
      repeatProof,
      [1],
    ]);
    expect(said({ endsWith: "success" }, [{ at: 0, hit: 529 }, { at: 5000 }], false)).toEqual([
      "unproven",
      "ends with success",
      "0 operations ended with success, 0 with failure, 1 that can't be told",
      `${repeatProof}; or ${ownWord}`,
      [1],
    ]);
  });

  it("what can't be told, where the client asks the same several times at once", () => {
    const again: Step = { at: 600, connection: "3" };
    const failed: Step = { at: 50, hit: 529, connection: "2" };
    const beside: Step = { at: 0, takes: 100, connection: "1" };
    const [, , alone] = said({ retries: { min: 1 } }, [failed, again], false);
    expect(alone).toBe("probably 1 retry");
    const [outcome, , among] = said({ retries: { min: 1 } }, [beside, failed, again], false);
    expect([outcome, among]).toEqual(["unproven", "0 to 1 retries"]);
  });

  it("no more than ten requests that show it", () => {
    const [, , found, , shown] = said({ stopsAfter: 1 }, failing(...new Array<number>(14).fill(10)));
    expect(found).toBe("15 failing requests");
    expect(shown).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe("attempts", () => {
  it("are in the order in which they began, whatever the order of the log", () => {
    const events = log([
      { at: 0, hit: 529, connection: "1" },
      { at: 500, connection: "1" },
      { at: 900, what: "another", connection: "2" },
    ]);
    const seen = (given: readonly EngineEvent[]) =>
      operationsOf(given).map(({ attempts }) =>
        attempts.map(({ beganAtMs, isFirstOfConnection }) => [beganAtMs, isFirstOfConnection]),
      );
    const expected = [
      [
        [0, true],
        [500, false],
      ],
      [[900, true]],
    ];
    expect(seen(events)).toEqual(expected);
    expect(seen([...events].reverse())).toEqual(expected);
  });
});

describe("numbers in words", () => {
  it.each([
    [0.4, "0 ms"],
    [999, "999 ms"],
    [1000, "1.00 s"],
    [119_990, "119.99 s"],
    [120_000, "2.0 min"],
    [150_000, "2.5 min"],
  ])("%s ms: %s", (ms, words) => {
    expect(writeMs(ms)).toBe(words);
  });

  it("at most eight in a row", () => {
    const eight = [1, 2, 3, 4, 5, 6, 7, 8];
    expect(writeList([])).toBe("");
    expect(writeList(eight)).toBe("1, 2, 3, 4, 5, 6, 7, 8");
    expect(writeList([...eight, 9])).toBe("1, 2, 3, 4, 5, 6, 7, 8, …");
  });

  it.each([
    [0, "request", "0 requests"],
    [1, "request", "1 request"],
    [2, "request", "2 requests"],
    [1, "retry", "1 retry"],
    [0, "retry", "0 retries"],
  ])("%i %s", (count, what, words) => {
    expect(writeCount(count, what)).toBe(words);
  });

  it("the least and the most, of none, too", () => {
    expect([leastOf([3, 1, 2]), mostOf([3, 1, 4, 2])]).toEqual([1, 4]);
    expect([leastOf([]), mostOf([]), leastOf([], 7), mostOf([], 7)]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      7,
      7,
    ]);
  });
});
