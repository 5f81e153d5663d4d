/** What every client should do, looked at without a word in the rule file. */
import { describe, expect, it } from "vitest";
import { FAIL_ON, judge, statusOf } from "../../src/index.ts";
import { exitEvent, outcomeEvent } from "../../src/internal.ts";
import { log, type Step } from "../support/event-log.ts";

/** The checks of a run as `name subject: outcome`, without those that came to nothing. */
const checks = (steps: readonly Step[], ...said: ReturnType<typeof outcomeEvent>[]): string[] =>
  judge([], [...log(steps), ...said])
    .checks.filter(({ check, outcome }) => outcome !== "untested" && check !== "noStorm")
    .map(({ check, subject, outcome }) => `${check} ${subject}: ${outcome}`);
const phrases = (steps: readonly Step[]): string[] =>
  judge([], log(steps))
    .checks.filter(({ outcome }) => outcome === "fail")
    .map(({ phrase }) => phrase);
/** Requests as an SDK sends them that counts its retries. */
const counted = (...steps: readonly Step[]): Step[] =>
  steps.map((step, at) => ({ ...step, hints: { retryCount: at } }));

describe("a 429 with retry-after", () => {
  const throttled: Step = { at: 0, hit: 429, retryAfterMs: 1000 };
  it("is waited for", () => {
    expect(checks(counted(throttled, { at: 1030 }))).toEqual(["waitsForRetryAfter 429: pass"]);
    expect(checks(counted(throttled, { at: 300 }))).toEqual(["waitsForRetryAfter 429: fail"]);
    expect(phrases([throttled, { at: 60 }])).toEqual(["asks again too soon after 429"]);
    expect(checks([throttled, { at: 1030 }])).toEqual(["waitsForRetryAfter 429: unproven"]);
  });

  it("that nobody comes back from shows nothing, and says so", () => {
    const [check] = judge([], log([throttled])).checks.filter(({ check: name }) => name !== "noStorm");
    expect(check).toMatchObject({ outcome: "untested", phrase: "does not ask again after 429" });
    const ended = exitEvent({ status: null, signal: "SIGTERM" }, 500);
    expect(
      judge([], [...log([throttled]), ended]).checks.find(({ subject }) => subject === "429"),
    ).toMatchObject({
      outcome: "untested",
      phrase: "was ended before it asked again after 429",
    });
    const spent = counted({ at: 0, hit: 529 }, { ...throttled, at: 600 });
    expect(judge([], log(spent)).checks.find(({ subject }) => subject === "429")).toMatchObject({
      outcome: "untested",
      phrase: "met 429 only after retries",
    });
  });
});

describe("what passes by itself", () => {
  const busy = (at: number): Step => ({ at, hit: 529 });
  it("is retried, with waits that grow", () => {
    expect(checks(counted(busy(0), busy(510), { at: 1520 }))).toEqual([
      "retriesPassingErrors 529: pass",
      "backsOff 529: pass",
    ]);
    expect(checks(counted(busy(0), busy(510), { at: 1020 }))).toContain("backsOff 529: fail");
    expect(phrases([busy(0)])).toEqual(["gives up at 529 without a retry"]);
    expect(phrases([{ at: 0, hit: "empty" }])).toEqual(["gives up at a lost connection without a retry"]);
  });

  it("is a reset, too, before which the head of a response had come, and not gone on to the client", () => {
    const reset: Step = { at: 0, hit: "reset" };
    expect(phrases([reset])).toEqual(["gives up at a lost connection without a retry"]);
    expect(checks(counted(reset, { at: 500 }))).toEqual(["retriesPassingErrors a lost connection: pass"]);
  });

  it("may have had a fallback, where the program asks something else next", () => {
    expect(checks([busy(0), { at: 100, what: "another model" }])).toEqual([
      "retriesPassingErrors 529: unproven",
    ]);
    const named = { ...busy(0), hints: { operation: "a" } };
    const said = outcomeEvent({ outcome: "fallback", operation: "a" }, 50);
    expect(checks([named], said)).toEqual(["retriesPassingErrors 529: unproven"]);
  });

  it("is not given up without a retry where the operation had been retried before", () => {
    const spent = counted(busy(0), busy(510), { at: 1520, hit: 502 });
    expect(checks(spent)).toEqual(["retriesPassingErrors 529: pass", "backsOff 529: pass"]);
    expect(judge([], log(spent)).checks.find(({ subject }) => subject === "502")).toMatchObject({
      outcome: "untested",
      phrase: "met 502 only after retries",
    });
    expect(phrases([...spent, { at: 9000, hit: 502, what: "fresh" }])).toEqual([
      "gives up at 502 without a retry",
    ]);
  });

  it("is not given up by a program that was ended from outside", () => {
    const killed = exitEvent({ status: null, signal: "SIGTERM" }, 400);
    expect(checks([busy(0)], killed)).toEqual(["retriesPassingErrors 529: unproven"]);
    expect(checks([busy(0)], exitEvent({ status: 1 }, 400))).toEqual(["retriesPassingErrors 529: fail"]);
  });

  it("is given up by an operation after which nothing came, whatever came after another", () => {
    expect(phrases([busy(0), { ...busy(100), what: "last" }])).toEqual(["gives up at 529 without a retry"]);
  });

  it("has no fallback in a request that was under way when it failed", () => {
    const side = { at: 12, what: "b", connection: "2" };
    expect(phrases([busy(0), { ...side, opened: 1 }])).toEqual(["gives up at 529 without a retry"]);
    expect(phrases([busy(0), { ...side, opened: 11 }])).toEqual([]);
  });

  it("is not retried for ever", () => {
    const row = Array.from({ length: 12 }, (_, at) => busy(at * 60));
    expect(phrases(counted(...row))).toContain("asks 12 times in a row");
    const apart = Array.from({ length: 12 }, (_, at) => busy(at * 5000));
    const storm = judge([], log(apart)).checks.find(({ check }) => check === "noStorm");
    expect(storm?.outcome).toBe("unproven");
  });

  it("is not retried for ever by a program that makes the same call anew, as its SDK's counts say", () => {
    const calls = Array.from({ length: 6 }, (_, at) =>
      counted(busy(at * 3000), busy(at * 3000 + 510), busy(at * 3000 + 1520)),
    ).flat();
    const storm = judge([], log(calls)).checks.find(({ check }) => check === "noStorm");
    expect(storm?.outcome).toBe("unproven");
    const row = Array.from({ length: 11 }, (_, at) => busy(30_000 + at * 60));
    expect(phrases([...calls, ...counted(...row)])).toContain("asks 11 times in a row");
  });

  it("is retried after waits that differ", () => {
    const at = (start: number, wait: number, what: string): Step[] =>
      counted({ at: start, hit: 529, what }, { at: start + 10 + wait, what });
    const together = ["a", "b", "c", "d"].flatMap((what, n) => at(n * 10_000, 500, what));
    expect(phrases(together)).toEqual(["waits without jitter"]);
    const apart = ["a", "b", "c", "d"].flatMap((what, n) => at(n * 10_000, 400 + n * 30, what));
    expect(phrases(apart)).toEqual([]);
  });
});

describe("what will fail again", () => {
  it.each([400, 401, 402, 403, 404, 413])("is not retried: %d", (status) => {
    expect(checks([{ at: 0, hit: status }])).toEqual([`leavesRefusals ${status}: pass`]);
    expect(
      phrases([
        { at: 0, hit: status },
        { at: 60, hit: status },
      ]),
    ).toEqual([`asks twice after ${status}`]);
  });

  it("is asked for with another key, which is another question", () => {
    const asked = (at: number, keyDigest: string, hit?: number): Step =>
      hit === undefined ? { at, hints: { keyDigest } } : { at, hit, hints: { keyDigest } };
    const [check] = judge([], log([asked(0, "aa", 401), asked(60, "bb")])).checks.filter(
      ({ check: name }) => name === "leavesRefusals",
    );
    expect(check).toMatchObject({
      outcome: "pass",
      phrase: "asks again after 401 with another key only",
      found: "1 request with another key",
    });
    expect(phrases([asked(0, "aa", 401), asked(60, "aa")])).toEqual(["asks twice after 401"]);
    expect(phrases([asked(0, "aa", 401), asked(60, "bb", 401), asked(120, "bb", 401)])).toEqual([
      "asks twice after 401",
    ]);
    // A client that sends its key only when it is asked for it.
    expect(phrases([{ at: 0, hit: 401 }, asked(60, "aa")])).toEqual([]);
  });

  it("is a limit on spending, too, whatever its status", () => {
    const quota: Step = { at: 0, hit: 429, preset: "openai/insufficient_quota" };
    expect(phrases(counted(quota, { at: 1000 }))).toEqual(["asks twice after 429 (a spend limit)"]);
    expect(checks([{ ...quota, preset: "openai/rate_limit_exceeded" }])).not.toContain(
      "leavesRefusals 429 (a spend limit): pass",
    );
  });

  it("is not shown to be left where the retries may have been used up", () => {
    const busy: Step = { at: 0, hit: 529 };
    const spent = counted(busy, { at: 510, hit: 529 }, { at: 1520, hit: 400 });
    expect(checks(spent)).not.toContain("leavesRefusals 400: pass");
    expect(checks(counted(busy, { at: 510, hit: 400 }, { at: 1520 }))).toContain("leavesRefusals 400: fail");
  });

  it("is asked for once more, and what follows another failure is not counted", () => {
    const steps = counted({ at: 0, hit: 400 }, { at: 510, hit: 529 }, { at: 1520 });
    expect(phrases(steps)).toEqual(["asks twice after 400"]);
  });

  it("and was asked for again by a user, for all that can be told", () => {
    const steps: Step[] = [
      { at: 0, hit: 400 },
      { at: 2500, hit: 400 },
    ];
    expect(checks(steps)).toEqual(["leavesRefusals 400: unproven"]);
  });
});

describe("a cut stream", () => {
  const cut: Step = { at: 0, hit: "cut", requestId: "req_1" };
  it("is noticed where it is asked for again, or called something else than complete", () => {
    expect(checks(counted(cut, { at: 600 }))).toEqual(["noticesCut a cut stream: pass"]);
    expect(checks([cut])).toEqual(["noticesCut a cut stream: unproven"]);
    const said = (outcome: "complete" | "error") =>
      checks([cut], outcomeEvent({ outcome, requestId: "req_1" }, 50));
    expect(said("error")).toEqual(["noticesCut a cut stream: pass"]);
    expect(said("complete")).toEqual(["noticesCut a cut stream: fail"]);
  });

  it("ended the program, where nothing else can have done it", () => {
    const of = (steps: readonly Step[], status: number) =>
      judge([], [...log(steps), exitEvent({ status }, 9000)]).checks.find(
        ({ check }) => check === "noticesCut",
      );
    expect(of([cut], 1)).toMatchObject({
      outcome: "pass",
      phrase: "a cut stream ended the program with an error",
    });
    expect(of([cut], 0)).toMatchObject({ outcome: "unproven" });
    // The program went on: what it asked for afterwards may be why, or anything that is no request.
    expect(of([cut, { at: 100, what: "other" }], 1)).toMatchObject({ outcome: "unproven" });
    expect(
      of(
        [
          { at: 0, what: "other" },
          { ...cut, at: 100 },
        ],
        1,
      ),
    ).toMatchObject({ outcome: "pass" });
    // The other failure may be why.
    expect(of([cut, { at: 100, hit: 400, what: "other" }], 1)).toMatchObject({ outcome: "unproven" });
  });
});

describe("a standstill", () => {
  const stalled = (takes: number): Step => ({ at: 0, hit: "stall", takes });
  const of = (steps: readonly Step[], ...said: ReturnType<typeof outcomeEvent>[]) =>
    judge([], [...log(steps), ...said]).checks.find(({ check }) => check === "nothingHangs")?.outcome;
  it("is given up, as what follows shows, or the end of the program by itself", () => {
    expect(of([stalled(3000), { at: 3100, what: "next" }])).toBe("pass");
    expect(of([stalled(3000), { at: 3100, what: "next", client: "other" }])).toBe("unproven");
    expect(of(counted(stalled(3000), { at: 3100 }))).toBe("pass");
    expect(of([stalled(3000)], exitEvent({ status: 1 }, 5000))).toBe("pass");
  });

  it("was hung on where the program had to be ended", () => {
    const killed = exitEvent({ status: null, signal: "SIGTERM" }, 60_000);
    expect(of([stalled(59_990)], killed)).toBe("fail");
    expect(of([stalled(3000)], killed)).toBe("pass");
    expect(of([{ ...stalled(0), end: null }], killed)).toBe("fail");
  });

  it("was not shown to be hung on where the program was ended soon after it began", () => {
    const killed = exitEvent({ status: null, signal: "SIGINT" }, 1400);
    expect(of([stalled(1340)], killed)).toBe("unproven");
    expect(of([{ ...stalled(0), end: null }], killed)).toBe("unproven");
  });

  it("is open where the log ends with it", () => {
    expect(of([stalled(3000)])).toBe("unproven");
  });

  it("was given up after the time that the client left it at, whatever others waited for", () => {
    const waited: Step = { ...stalled(9000), end: "complete", what: "patient" };
    const [check] = judge(
      [],
      log([waited, { ...stalled(1000), at: 9500 }, { at: 11_000, what: "next" }]),
    ).checks.filter(({ check: name }) => name === "nothingHangs");
    expect(check).toMatchObject({
      phrase: "gives up a stalled stream after 1.00 s",
      found: "over after 9.00 s at the most",
    });
  });
});

describe("a run", () => {
  it("without a failure of ours, or with expect: none, is not judged", () => {
    expect(judge([], log([{ at: 0 }]))).toMatchObject({ judged: false, checks: [] });
    expect(judge([], log([{ at: 0, hit: 400 }]), { defaults: false })).toMatchObject({ judged: false });
    expect(judge([], log([{ at: 0, hit: 400 }])).judged).toBe(true);
  });

  it("fails on expectations, on findings too, or never", () => {
    const status = (expectations: Parameters<typeof judge>[0], steps: readonly Step[]) =>
      FAIL_ON.map((what) => statusOf(judge(expectations, log(steps)), what));
    const stubborn: Step[] = [
      { at: 0, hit: 400 },
      { at: 60, hit: 400 },
    ];
    expect(status([], stubborn)).toEqual([0, 1, 0]);
    expect(status([{ rule: "r", endsWith: "success" }], stubborn)).toEqual([1, 1, 0]);
    expect(status([{ rule: "r", noticesCut: true }], [{ at: 0, hit: "cut" }])).toEqual([1, 1, 0]);
    expect(status([{ rule: "r", retries: { max: 1 } }], [{ at: 0 }])).toEqual([1, 1, 0]);
    expect(status([], [{ at: 0, hit: 400 }])).toEqual([0, 0, 0]);
    expect(status([], [{ at: 0 }])).toEqual([3, 3, 0]);
  });
});
