/** What every client should do about resets and GOAWAY of HTTP/2: what is safe to send again, and which connection to leave. */
import { describe, expect, it } from "vitest";
import { type EngineEvent, judge } from "../../src/index.ts";

interface Asked {
  readonly at: number;
  readonly on?: string;
  readonly method?: string;
  readonly fault?: "http2.reset" | "http2.goaway";
  readonly code?: string;
  readonly unprocessed?: true;
  readonly how?: "complete" | "failed" | "cut";
  readonly afterGoaway?: true;
  readonly idempotency?: string;
  readonly isUndone?: boolean;
}

const log = (all: readonly Asked[]): EngineEvent[] =>
  all.flatMap((asked, number): EngineEvent[] => {
    const { at, on = "c1", method = "POST", fault, code, unprocessed, afterGoaway, idempotency } = asked;
    const { how = fault ? "failed" : "complete", isUndone = false } = asked;
    const request = `q${number}`;
    const ofRule = fault && ({ request, connection: on, rule: "r", fault } as const);
    const said = { ...(code && { code }), ...(unprocessed && { unprocessed }) };
    const outcome = isUndone ? ({ type: "undone", reason: "x" } as const) : ({ type: "done" } as const);
    return [
      ...(ofRule ? [{ type: "decision", atMs: at, ...ofRule, matchNumber: 1, ...said } as const] : []),
      {
        type: "request",
        ...{ atMs: at, beganAtMs: at, request, connection: on, client: "c", host: "h", method, path: "/" },
        ...{ fingerprint: "f", model: null, stream: false },
        ...(afterGoaway && { afterGoaway }),
        ...(idempotency !== undefined && { idempotency }),
      },
      ...(how === "complete"
        ? [
            {
              type: "response",
              atMs: at + 1,
              request,
              status: 200,
              injected: false,
              retryAfterMs: null,
            } as const,
          ]
        : []),
      ...(ofRule ? [{ ...outcome, atMs: at + 5, ...ofRule } as const] : []),
      { type: "end", atMs: at + 5, request, how },
    ];
  });

const phrases = (all: readonly Asked[], asksOnce = true): string[] =>
  judge([], log(all), { asksOnce }).checks.map(
    ({ outcome, severity, phrase }) => `${outcome} ${severity}: ${phrase}`,
  );

const refused = { fault: "http2.reset", code: "REFUSED_STREAM", unprocessed: true } as const;
const leftOut = { fault: "http2.goaway", code: "NO_ERROR", unprocessed: true } as const;
const internal = { fault: "http2.reset", code: "INTERNAL_ERROR" } as const;

describe("what was not worked on", () => {
  it.each([
    [refused, "REFUSED_STREAM"],
    [leftOut, "a request that a GOAWAY leaves out"],
  ])("is sent again, whatever its method", (fault, name) => {
    expect(
      phrases([
        { at: 0, ...fault },
        { at: 600, on: "c2" },
      ]),
    ).toContain(`pass medium: retries ${name}`);
    expect(phrases([{ at: 0, ...fault }])).toContain(`fail medium: gives up at ${name} without a retry`);
  });

  it("in the middle of a response as well", () => {
    expect(phrases([{ at: 0, ...leftOut, how: "cut" }])).toContain(
      "fail medium: gives up at a request that a GOAWAY leaves out without a retry",
    );
  });

  it("is nothing where it was not carried out", () => {
    expect(phrases([{ at: 0, ...leftOut, how: "complete", isUndone: true }])).toEqual([]);
  });
});

describe("what may have been worked on", () => {
  const name = "a stream reset with INTERNAL_ERROR";

  it("is not sent again by a method that is not idempotent", () => {
    expect(phrases([{ at: 0, ...internal }, { at: 600 }])).toContain(
      `fail low: sends again what ${name} may have left done`,
    );
    expect(phrases([{ at: 0, ...internal }])).toContain(
      `pass low: does not send again what ${name} may have left done`,
    );
    expect(phrases([{ at: 0, ...internal }, { at: 600 }], false)).toContain(
      `unproven low: whether it sends again what ${name} may have left done is not shown`,
    );
  });

  it.each<Partial<Asked>>([{ method: "GET" }, { method: "DELETE" }, { idempotency: "k" }])(
    "is sent again where it is idempotent: %o",
    (more) => {
      expect(
        phrases([
          { at: 0, ...internal, ...more },
          { at: 600, ...more },
        ]),
      ).toContain(`pass medium: retries ${name}`);
    },
  );

  it("is left to the client where the code asks for HTTP/1.1", () => {
    expect(phrases([{ at: 0, ...internal, code: "HTTP_1_1_REQUIRED" }, { at: 600 }])).toEqual([]);
  });
});

describe("a GOAWAY", () => {
  const gone: Asked = { at: 0, fault: "http2.goaway", code: "NO_ERROR", how: "complete" };
  const check = (...later: Asked[]): string | undefined =>
    phrases([gone, ...later]).find((line) => /GOAWAY/.test(line));

  it("is followed by another connection", () => {
    expect(check({ at: 100, on: "c2" })).toBe("pass medium: asks on another connection after a GOAWAY");
  });

  it("is told from a request that crossed with it, which shows nothing", () => {
    expect(check({ at: 100 })).toBe(
      "unproven medium: whether it leaves a connection after a GOAWAY is not shown",
    );
    expect(check({ at: 100 }, { at: 200, on: "c2" })).toMatch(/^pass/);
  });

  it("that was read and is not heeded: once is a slip, three times is hammering", () => {
    const again = (at: number): Asked => ({ at, afterGoaway: true, how: "failed" });
    expect(check(again(100), { at: 900, on: "c2" })).toBe(
      "fail medium: asks 1 more time on a connection whose GOAWAY it has read",
    );
    expect(check(again(100), again(110), again(120))).toBe(
      "fail high: asks 3 more times on a connection whose GOAWAY it has read",
    );
  });

  it("that nothing follows was not tested", () => {
    expect(check()).toBe("untested medium: asked nothing more after a GOAWAY");
  });

  it("of a rule that could not carry it out asks for nothing", () => {
    expect(phrases([{ ...gone, isUndone: true }, { at: 100 }])).toEqual([]);
  });
});
