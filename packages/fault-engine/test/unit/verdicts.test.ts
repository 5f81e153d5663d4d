import { describe, expect, it } from "vitest";
import {
  type EngineEvent,
  type Expectation,
  FaultEngineError,
  judge,
  type Outcome,
  operationsOf,
  readEventLog,
  readLogLimits,
  requestFingerprint,
  type Verdict,
  writeEvent,
} from "../../src/index.ts";
import { outcomeEvent } from "../../src/internal.ts";
import { log, type Step } from "../support/event-log.ts";

function verdict(expectation: Omit<Expectation, "rule">, steps: readonly Step[]): Verdict {
  // What is a repeat is another test's; here the same request again is one.
  const { verdicts } = judge([{ rule: "r", ...expectation }], log(steps), { asksOnce: true });
  expect(verdicts).toHaveLength(1);
  return verdicts[0]!;
}
const outcome = (expectation: Omit<Expectation, "rule">, steps: readonly Step[]): string =>
  verdict(expectation, steps).outcome;

describe("operations", () => {
  it("are a request and its repeats, until one succeeds", () => {
    const operations = operationsOf(
      log([
        { at: 0, hit: 529 },
        { at: 100, hit: 529 },
        { at: 200 },
        { at: 300 },
        { at: 150, what: "other" },
        { at: 160, client: "d" },
      ]),
    );
    expect(operations.map(({ attempts }) => attempts.length)).toEqual([3, 1, 1, 1]);
    expect(operations[0]?.attempts.map(({ succeeded }) => succeeded)).toEqual([false, false, true]);
  });

  it("are told apart by method, target and body, which the fingerprint does not show", () => {
    const body = new TextEncoder().encode('{"secret":"sk-1"}');
    const print = requestFingerprint("POST", "/v1/messages", body);
    expect(requestFingerprint("POST", "/v1/messages", body.slice())).toBe(print);
    expect(print).toMatch(/^[0-9a-f]{14}$/);
    const others = [
      requestFingerprint("PUT", "/v1/messages", body),
      requestFingerprint("POST", "/v1/messages?a", body),
      requestFingerprint("POST", "/v1/messages", body.subarray(1)),
    ];
    expect(new Set([print, ...others]).size).toBe(4);
  });
});

describe("what clients do", () => {
  const failing = (...waits: readonly number[]): Step[] => {
    let at = 0;
    return [0, ...waits].map((wait) => {
      at += wait + 10;
      return { at, hit: 529 };
    });
  };

  it("retries", () => {
    const twice: Step[] = [...failing(500), { at: 2000 }];
    expect(outcome({ retries: { min: 2, max: 4 } }, twice)).toBe("pass");
    expect(outcome({ retries: { min: 3 } }, twice)).toBe("fail");
    expect(verdict({ retries: { max: 1 } }, twice)).toMatchObject({
      outcome: "fail",
      expected: "0 to 1 retries",
      found: "2 retries",
      requests: [expect.stringMatching(/^q/)],
    });
  });

  it("retries of several operations, each by itself", () => {
    const call = (at: number, retries: number): Step[] =>
      Array.from({ length: retries + 1 }, (_, n) => ({ at: at + n * 500, hit: 529, what: `call ${at}` }));
    const found = (...steps: Step[][]) => verdict({ retries: { min: 1 } }, steps.flat())?.found;
    expect(found(call(0, 0), call(5000, 0), call(10_000, 0))).toBe("0 retries in each of 3 operations");
    expect(found(call(0, 1), call(5000, 1))).toBe("1 retry in each of 2 operations");
    expect(found(call(0, 2), call(5000, 0))).toBe("2, 0 retries in 2 operations");
    expect(found(call(0, 1))).toBe("1 retry");
  });

  it("a stubborn client retries what must not be retried", () => {
    const stubborn: Step[] = [
      { at: 0, hit: 400 },
      { at: 100, hit: 400 },
    ];
    expect(outcome({ retries: { min: 0, max: 0 } }, stubborn)).toBe("fail");
    expect(outcome({ retries: { min: 0, max: 0 } }, stubborn.slice(0, 1))).toBe("pass");
  });

  it("a careless client ignores retry-after", () => {
    const after = (wait: number): Step[] => [{ at: 0, hit: 429, retryAfterMs: 2000 }, { at: 10 + wait }];
    expect(outcome({ honoursRetryAfter: true }, after(2100))).toBe("pass");
    expect(outcome({ honoursRetryAfter: true }, after(1990))).toBe("pass");
    expect(verdict({ honoursRetryAfter: true }, after(500))).toMatchObject({
      outcome: "fail",
      found: "waited 500 ms of 2.00 s",
    });
    expect(outcome({ honoursRetryAfter: false }, after(500))).toBe("pass");
    expect(outcome({ honoursRetryAfter: true }, [{ at: 0, hit: 429, retryAfterMs: 2000 }])).toBe("untested");
  });

  it("waits", () => {
    expect(outcome({ waitsAtLeastMs: 400 }, failing(400, 500))).toBe("pass");
    expect(outcome({ waitsAtLeastMs: 450 }, failing(400, 500))).toBe("fail");
  });

  it("backs off, with a quarter of jitter", () => {
    expect(outcome({ backsOff: true }, failing(500, 1000, 2000))).toBe("pass");
    expect(outcome({ backsOff: true }, failing(500, 400, 900))).toBe("pass");
    expect(outcome({ backsOff: true }, failing(500, 100, 900))).toBe("fail");
    expect(outcome({ backsOff: true }, failing(500, 500, 500))).toBe("fail");
    expect(outcome({ backsOff: true }, failing(500))).toBe("untested");
  });

  it("a gullible client takes a cut stream for whole", () => {
    const cut: Step = { at: 0, hit: "cut" };
    expect(outcome({ noticesCut: true }, [cut, { at: 50 }])).toBe("pass");
    const next: Step = { at: 50, what: "the next one" };
    expect(verdict({ noticesCut: true }, [cut, next])).toMatchObject({
      outcome: "unproven",
      found: "1 of which nothing shows what the program made of it",
      proof: expect.stringContaining("POST /outcome"),
    });
    const said = (word: Outcome) =>
      judge(
        [{ rule: "r", noticesCut: true }],
        [
          ...log([{ ...cut, requestId: "req_1" }, next]),
          outcomeEvent({ outcome: word, requestId: "req_1" }, 60),
        ],
      ).verdicts[0];
    expect(said("complete")).toMatchObject({
      outcome: "fail",
      found: "1 taken for whole, as the program says",
    });
    for (const word of ["error", "partial", "fallback"] as const)
      expect(said(word)).toMatchObject({ outcome: "pass", found: "1 that the program noticed" });
    // A stream that was too short to be cut says nothing about the client.
    expect(outcome({ noticesCut: true }, [{ at: 0, hit: "undone" }])).toBe("untested");
  });

  it.each<Omit<Expectation, "rule">>([
    { retries: { min: 1 } },
    { retries: { max: 0 } },
    { endsWith: "success" },
    { endsWith: "failure" },
    { stopsAfter: 1 },
  ])("%j is judged by faults that were carried out, or that the client did not wait for", (expectation) => {
    expect(outcome(expectation, [{ at: 0, hit: "undone" }])).toBe("untested");
    expect(outcome(expectation, [{ at: 0, hit: "undone", end: "abandoned" }])).not.toBe("untested");
    expect(outcome(expectation, [{ at: 0, hit: 529 }])).not.toBe("untested");
  });

  it("stops asking", () => {
    expect(outcome({ stopsAfter: 3 }, failing(10, 10))).toBe("pass");
    expect(outcome({ stopsAfter: 2 }, failing(10, 10))).toBe("fail");
  });

  it("ends", () => {
    expect(outcome({ endsWith: "success" }, [...failing(10), { at: 500 }])).toBe("pass");
    expect(outcome({ endsWith: "success" }, failing(10))).toBe("fail");
    expect(outcome({ endsWith: "failure" }, failing(10))).toBe("pass");
  });

  it("nothing at all, where the rule never hit: untested, and not passed", () => {
    const { verdicts, passed } = judge(
      [{ rule: "r", retries: { max: 1 }, endsWith: "success" }],
      log([{ at: 0 }]),
    );
    expect(verdicts.map((one) => one.outcome)).toEqual(["untested", "untested"]);
    expect(passed).toBe(false);
    // Nothing judged is not passed, though nothing has failed.
    expect(judge([], log([{ at: 0 }]))).toMatchObject({ passed: true, judged: false });
  });
});

describe("connections on which a rule hit", () => {
  const connection = (atMs: number, id: string, isHit: boolean): EngineEvent[] => {
    const ofRule = { request: null, connection: id, rule: "r", fault: "tls.alert" } as const;
    return [
      { type: "connection", atMs, connection: id, client: "c", host: "h" },
      ...(isHit
        ? ([
            { type: "decision", atMs, ...ofRule, matchNumber: 1 },
            { type: "done", atMs: atMs + 5, ...ofRule },
          ] as const)
        : []),
    ];
  };
  const used = log([{ at: 1510 }]).map((event) =>
    "connection" in event ? { ...event, connection: "3" } : event,
  );
  const events = [
    ...connection(0, "1", true),
    ...connection(505, "2", true),
    ...connection(1500, "3", false),
    ...used,
    ...connection(9000, "4", false),
  ];

  it("are repeated by the next connection to the same host, until one comes to a request", () => {
    const operations = operationsOf(events).filter(({ fingerprint }) => fingerprint === "connection to h");
    expect(operations.map(({ attempts }) => attempts.map(({ request }) => request.request))).toEqual([
      ["1", "2", "3"],
    ]);
  });

  it("are judged like requests", () => {
    const expectation = {
      rule: "r",
      retries: { min: 2, max: 2 },
      backsOff: true,
      endsWith: "success",
    } as const;
    expect(judge([expectation], events, { asksOnce: true })).toMatchObject({ passed: true });
    expect(judge([{ rule: "r", retries: { max: 1 } }], events, { asksOnce: true }).passed).toBe(false);
    expect(judge([{ rule: "r", endsWith: "success" }], events.slice(0, 3)).passed).toBe(false);
  });
});

describe("the event log", () => {
  it("is read as it was written", () => {
    const events = log([{ at: 0, hit: "undone" }, { at: 50 }]);
    expect(readEventLog(events.map(writeEvent).join(""))).toEqual({ events, unreadable: [] });
  });

  it("of a budget: what it let pass is no hit", () => {
    const events = log([
      { at: 0, hit: 429 },
      { at: 100, hit: 200 },
    ]).map((event): EngineEvent => {
      if (event.type === "response") return { ...event, injected: event.status === 429 };
      return "fault" in event ? { ...event, fault: "http.rate-limit" } : event;
    });
    const { verdicts } = judge([{ rule: "r", retries: { min: 1, max: 1 }, stopsAfter: 1 }], events, {
      asksOnce: true,
    });
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(["pass", "pass"]);
    // A request that was never refused has shown nothing.
    const admitted = judge([{ rule: "r", retries: { min: 1 } }], events.slice(events.length / 2));
    expect(admitted.verdicts.map(({ outcome }) => outcome)).toEqual(["untested"]);
  });

  it("holds every status that a server can send, not only those that have a meaning", () => {
    for (const status of [100, 299, 600, 999]) {
      const events = log([{ at: 0, hit: status }]);
      expect(readEventLog(events.map(writeEvent).join(""))).toEqual({ events, unreadable: [] });
      expect(judge([], events).operations[0]?.attempts[0]?.succeeded).toBe(status < 400);
    }
  });

  it("may hold more than this version knows", () => {
    const [event] = log([{ at: 0 }]);
    const text = `${JSON.stringify({ ...event, new: 1 })}\n\n{"type":"later"}\n`;
    expect(readEventLog(text)).toEqual({ events: [event], unreadable: [] });
  });

  it("may end in the middle of a line, where its writer was killed", () => {
    const events = log([{ at: 0, hit: 529 }]);
    const text = events.map(writeEvent).join("");
    for (let length = text.length - 1; length > text.lastIndexOf("\n", text.length - 2) + 1; length--)
      expect(readEventLog(text.slice(0, length)).events).toEqual(
        length === text.length - 1 ? events : events.slice(0, -1),
      );
  });

  it("is read on behind a line that can't be read, which is told", () => {
    const events = log([{ at: 0, hit: 529 }, { at: 500 }]);
    const lines = events.map((event) => writeEvent(event).trim());
    const text = [
      lines[0],
      '{"type":"end","atMs":-1,"request":"q","how":"cut"}',
      "{",
      ...lines.slice(1),
    ].join("\n");
    const read = readEventLog(text);
    expect(read.events).toEqual(events);
    expect(read.unreadable).toEqual([
      expect.stringMatching(/^line 2 of the event log: atMs/),
      "line 3 of the event log: not JSON",
    ]);
    const many = readEventLog(`${lines[0]}\n${"{\n".repeat(50)}`).unreadable;
    expect([many.length, many.at(-1)]).toEqual([readLogLimits.maxNamedLines + 1, "and 30 more lines"]);
  });

  it("of an older version is read, and judged by what it has", () => {
    const old = [
      '{"type":"connection","atMs":1,"connection":"c#1","client":"c","host":"h"}',
      '{"type":"request","atMs":1,"request":"q1","connection":"c#1","client":"c","host":"h","method":"POST","path":"/","fingerprint":"f","model":null,"stream":false}',
      '{"type":"decision","atMs":1,"request":"q1","connection":"c#1","rule":"r","fault":"http.error","matchNumber":1}',
      '{"type":"response","atMs":2,"request":"q1","status":429,"injected":true,"retryAfterMs":1000}',
      '{"type":"end","atMs":2,"request":"q1","how":"complete"}',
    ].join("\n");
    const { events, unreadable } = readEventLog(old);
    expect(unreadable).toEqual([]);
    expect(judge([], events).operations).toMatchObject([{ client: "c", attempts: [{ endedAtMs: 2 }] }]);
  });

  it.each([
    ["{\n", /line 1 of the event log: not JSON/],
    ["\n[]", /line 2 .*no object with a type/],
    ['{"type":"end","atMs":1,"request":"q","how":"well"}', /line 1 .*how/],
    ['{"type":"end","atMs":-1,"request":"q","how":"cut"}', /atMs/],
  ])("is refused for %j", (text, message) => {
    expect(() => readEventLog(text)).toThrow(message);
    expect(() => readEventLog(text)).toThrow(FaultEngineError);
  });
});
