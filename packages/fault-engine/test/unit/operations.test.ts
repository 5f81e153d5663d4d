/** Which requests belong together, and how sure that is. */
import { describe, expect, it } from "vitest";
import { judge, operationsOf, type RequestHints } from "../../src/index.ts";
import { outcomeEvent } from "../../src/internal.ts";
import { leastOf, mostOf } from "../../src/verdicts/words.ts";
import { log, type Step } from "../support/event-log.ts";

const outcomes = (expectation: object, steps: readonly Step[]): string[] =>
  judge([{ rule: "r", ...expectation }], log(steps)).verdicts.map(({ outcome }) => outcome);

describe("what was claimed and was not so", () => {
  const throttled = { hit: 429, retryAfterMs: 2000 } as const;

  it("a program that gave up, and asks the same again later, has not retried", () => {
    const steps: Step[] = [{ at: 0, ...throttled }, { at: 2210, ...throttled }, { at: 4420 }];
    const expectation = { retries: { min: 2 }, honoursRetryAfter: true, endsWith: "success" };
    expect(outcomes(expectation, steps)).toEqual(["unproven", "unproven", "unproven"]);
    // An SDK that counts says that each was a new call.
    const counted = steps.map((step) => ({ ...step, hints: { retryCount: 0 } }));
    expect(outcomes(expectation, counted)).not.toContain("pass");
  });

  it("two parallel identical calls, one of which failed, say nothing about waiting", () => {
    // Each on a connection of its own; the second gets its request out when the first has failed already.
    const steps: Step[] = [
      { at: 20, hit: 429, retryAfterMs: 1000, connection: "1", opened: 0 },
      { at: 83, connection: "2", opened: 1 },
    ];
    expect(outcomes({ honoursRetryAfter: true }, steps)).toEqual(["untested"]);
    // The same of two programs, the second of which was started a little later.
    const later: Step[] = [steps[0]!, { at: 83, connection: "2", opened: 33 }];
    expect(outcomes({ honoursRetryAfter: true }, later)).toEqual(["unproven"]);
    const overlapping: Step[] = [steps[0]!, { at: 25, connection: "2", opened: 1 }];
    expect(outcomes({ honoursRetryAfter: true }, overlapping)).toEqual(["untested"]);
  });

  it("two separate streams that both raised were neither asked for again nor taken for whole", () => {
    const steps: Step[] = [
      { at: 0, hit: "cut" },
      { at: 500, hit: "cut" },
    ];
    expect(outcomes({ noticesCut: true }, steps)).toEqual(["unproven"]);
    const [verdict] = judge([{ rule: "r", noticesCut: true }], log(steps)).verdicts;
    expect(verdict?.found).not.toContain("taken for whole");
  });
});

/** Operations as the numbers of their requests, each with what links it to the one before. */
const sorted = (steps: readonly Step[], options = {}): string[] => {
  const events = log(steps);
  const names = events.flatMap((event) => (event.type === "request" ? [event.request] : []));
  return operationsOf(events, options).map(({ attempts }) =>
    attempts
      .map(({ request, link }) => {
        const number = names.indexOf(request.request);
        return link === null ? String(number) : `${number} ${link.certainty} by ${link.by}`;
      })
      .join(", "),
  );
};
const failed = { hit: 529 } as const;

describe("what says that a request repeats another", () => {
  const pair = (first: RequestHints, second: RequestHints, what = "same"): string[] =>
    sorted([
      { at: 0, ...failed, hints: first },
      { at: 5000, hints: second, what },
    ]);

  it("is a retry count that follows on the other's", () => {
    expect(pair({ retryCount: 0 }, { retryCount: 1 })).toEqual(["0, 1 told by retry-count"]);
    expect(pair({ retryCount: 1 }, { retryCount: 2 })).toEqual(["0, 1 told by retry-count"]);
    expect(pair({ retryCount: 0 }, { retryCount: 2 })).toEqual(["0", "1"]);
    expect(pair({ retryCount: 0 }, { retryCount: 1 }, "other")).toEqual(["0", "1"]);
    // The first request of a new call: the program asked again, and not its SDK.
    expect(pair({ retryCount: 0 }, { retryCount: 0 })).toEqual(["0, 1 unclear by same-request"]);
  });

  it("is the same name of the operation, whatever is asked for", () => {
    expect(pair({ operation: "a" }, { operation: "a" }, "other")).toEqual(["0, 1 told by operation"]);
    expect(pair({ operation: "a" }, { operation: "b" })).toEqual(["0", "1"]);
    expect(pair({ operation: "a" }, {})).toEqual(["0", "1"]);
    expect(pair({ operation: "a", retryCount: 0 }, { operation: "a", retryCount: 0 })).toEqual([
      "0, 1 told by operation",
    ]);
  });

  it("is the same idempotency key", () => {
    expect(pair({ idempotency: "x" }, { idempotency: "x" }, "other")).toEqual(["0, 1 told by idempotency"]);
    expect(pair({ idempotency: "x" }, { idempotency: "y" })).toEqual(["0", "1"]);
  });

  it("is the same span; a trace may hold many operations", () => {
    const trace = "t".repeat(32);
    expect(pair({ trace, span: "1" }, { trace, span: "1" })).toEqual(["0, 1 told by span"]);
    expect(pair({ trace, span: "1" }, { trace, span: "2" })).toEqual(["0, 1 unclear by same-request"]);
  });

  it("is no client that is another one, by its user agent or by the version of its SDK", () => {
    const agent = { userAgent: "Anthropic/JS 1.14.0", sdk: "1.14.0 node/v24" };
    expect(pair(agent, { ...agent, sdk: "1.14.0 node/v20" })).toEqual(["0", "1"]);
    expect(pair(agent, agent)).toEqual(["0, 1 unclear by same-request"]);
    const told = operationsOf(log([{ at: 0, client: "t13d", hints: agent }]));
    expect(told[0]?.client).toBe("Anthropic/JS 1.14.0 (1.14.0 node/v24)");
    expect(operationsOf(log([{ at: 0, client: "t13d" }]))[0]?.client).toBe("t13d");
  });
});

describe("a guess", () => {
  it("is likely soon after, on the same connection or on one that was opened later", () => {
    expect(sorted([{ at: 0, ...failed }, { at: 60 }])).toEqual(["0, 1 likely by same-request"]);
    const apart: Step[] = [
      { at: 20, ...failed, connection: "1", opened: 0 },
      { at: 620, connection: "2", opened: 600 },
    ];
    expect(sorted(apart)).toEqual(["0, 1 likely by same-request"]);
    expect(sorted(apart, { asksOnce: true })).toEqual(["0, 1 told by same-request"]);
  });

  it("is unclear so soon that the other may have waited for the connection, or begun at once with it", () => {
    expect(sorted([{ at: 0, ...failed }, { at: 11 }])).toEqual(["0, 1 unclear by same-request"]);
    const together: Step[] = [
      { at: 5, ...failed, connection: "1", opened: 0 },
      { at: 45, connection: "2", opened: 40 },
    ];
    expect(sorted(together)).toEqual(["0, 1 unclear by same-request"]);
  });

  it("is likely from the third in a row on, none of which overlaps another", () => {
    const row = [0, 15, 30].map((at): Step => ({ at, ...failed, connection: String(at), opened: at }));
    expect(sorted(row)).toEqual(["0, 1 unclear by same-request, 2 likely by same-request"]);
  });

  it("is unclear so late that a user may have asked again", () => {
    expect(sorted([{ at: 0, ...failed }, { at: 2500 }])).toEqual(["0, 1 unclear by same-request"]);
  });

  it("is unclear where a client asks for the same several times at once, and never between those", () => {
    const steps: Step[] = [
      { at: 0, takes: 100, ...failed, connection: "1" },
      { at: 10, takes: 300, ...failed, connection: "2" },
      { at: 600, connection: "1" },
    ];
    expect(sorted(steps)).toEqual(["0, 2 unclear by same-request", "1"]);
    expect(sorted(steps, { asksOnce: true })).toEqual(["0, 2 told by same-request", "1"]);
    // A retry count says that it is one; which of the two it repeats is open, and so is how long it waited.
    const counted = steps.map((step, at) => ({ ...step, hints: { retryCount: at === 2 ? 1 : 0 } }));
    expect(sorted(counted)).toEqual(["0, 2 told by retry-count", "1"]);
    expect(outcomes({ waitsAtLeastMs: 400 }, counted)).toEqual(["unproven"]);
    expect(outcomes({ waitsAtLeastMs: 290 }, counted)).toEqual(["pass"]);
    expect(outcomes({ waitsAtLeastMs: 600 }, counted)).toEqual(["fail"]);
  });

  it("is none behind a success, or behind a request that is not over", () => {
    expect(sorted([{ at: 0 }, { at: 60 }])).toEqual(["0", "1"]);
    expect(sorted([{ at: 0, ...failed, end: null }, { at: 60 }])).toEqual(["0", "1"]);
  });

  it("waits from when the answer was given out, though that it has gone is told late", () => {
    const late: Step[] = [
      // A busy machine: the answer went out at 10, and that was told at 100.
      { at: 0, takes: 100, head: 10, hit: 429, retryAfterMs: 1000, hints: { retryCount: 0 } },
      { at: 1015, hints: { retryCount: 1 } },
    ];
    expect(outcomes({ honoursRetryAfter: true }, late)).toEqual(["pass"]);
    const soon = [late[0]!, { at: 50, hints: { retryCount: 1 } }];
    expect(sorted(soon)).toEqual(["0, 1 told by retry-count"]);
    expect(outcomes({ honoursRetryAfter: true }, soon)).toEqual(["fail"]);
  });

  it("a client that gave up may say so before we see it: its retry counts", () => {
    const steps: Step[] = [
      { at: 0, hit: "stall", takes: 1000, connection: "1", hints: { retryCount: 0 } },
      { at: 990, connection: "2", opened: 980, hints: { retryCount: 1 } },
    ];
    expect(sorted(steps)).toEqual(["0, 1 told by retry-count"]);
  });
});

describe("what the program says", () => {
  const steps: Step[] = [
    { at: 0, hit: "cut", hints: { operation: "a", trace: "t1" }, requestId: "req_a" },
    { at: 100, hit: "cut", hints: { operation: "b", trace: "t2" }, requestId: "req_b", what: "b" },
    { at: 200, hit: "cut", hints: { trace: "t2" }, requestId: "req_c", what: "c" },
  ];
  const said = (word: object): (string | null)[] => {
    const events = [...log(steps), outcomeEvent({ outcome: "partial", ...word }, 300)];
    return operationsOf(events).map(({ outcome }) => outcome?.outcome ?? null);
  };

  it.each([
    [{ requestId: "req_b" }, [null, "partial", null]],
    [{ operation: "a" }, ["partial", null, null]],
    [{ trace: "t1" }, ["partial", null, null]],
    // Two operations have this trace.
    [{ trace: "t2" }, [null, null, null]],
    [{ requestId: "req_c", operation: "a" }, [null, null, "partial"]],
    [{ operation: "unknown" }, [null, null, null]],
    [{}, [null, null, null]],
  ])("belongs to the operation that %j names", (word, expected) => {
    expect(said(word)).toEqual(expected);
  });

  it("belongs to the one operation that there is, where it names none", () => {
    const events = [...log(steps.slice(0, 1)), outcomeEvent({ outcome: "error" }, 300)];
    expect(operationsOf(events)[0]?.outcome?.outcome).toBe("error");
  });

  it("the last word counts, and of operations with one name the last that had begun", () => {
    const twice = log([
      { at: 0, hints: { operation: "a" } },
      { at: 100, hints: { operation: "a" } },
    ]);
    const words = [
      outcomeEvent({ outcome: "complete", operation: "a" }, 50),
      outcomeEvent({ outcome: "error", operation: "a" }, 150),
      outcomeEvent({ outcome: "partial", operation: "a" }, 160),
    ];
    expect(operationsOf([...twice, ...words]).map(({ outcome }) => outcome?.outcome)).toEqual([
      "complete",
      "partial",
    ]);
  });
});

it("a log of very many requests is judged, and reported", () => {
  // More than a call can have arguments.
  const many = log(
    Array.from({ length: 40_000 }, (_, at): Step => ({ at: at * 3, hit: 400, what: `w${at}` })),
  );
  const judgement = judge([{ rule: "r", retries: { max: 0 } }], many);
  expect(judgement.operations).toHaveLength(40_000);
  expect(judgement.verdicts[0]?.outcome).toBe("pass");
  expect(leastOf(Array.from({ length: 200_000 }, (_, at) => at))).toBe(0);
  expect(mostOf(Array.from({ length: 200_000 }, (_, at) => at))).toBe(199_999);
});
