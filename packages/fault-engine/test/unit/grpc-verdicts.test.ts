/** What every client should do when a gRPC call fails: by its status, its hints, and what a library says of retries. */
import { describe, expect, it } from "vitest";
import {
  type EngineEvent,
  type FaultKind,
  type GrpcEnd,
  judge,
  readEventLog,
  writeEvent,
} from "../../src/index.ts";
import { writeGrpc } from "../../src/internal.ts";

interface Call {
  readonly at: number;
  readonly takes?: number;
  readonly status?: Omit<GrpcEnd, "by"> | null;
  readonly fault?: FaultKind;
  readonly how?: "complete" | "cut" | "failed";
  /** What `grpc-previous-rpc-attempts` says. */
  readonly retry?: number;
}

const said = { messages: 1, bytes: 10 };

/** A client that makes the same call each time. */
const log = (calls: readonly Call[]): EngineEvent[] => [
  { type: "connection", atMs: 0, openedAtMs: 0, connection: "c", client: "c", host: "h" },
  ...calls.flatMap((call, number): EngineEvent[] => {
    const { at, takes = 10, status = { code: 0 }, how = "complete", retry } = call;
    const request = `q${number}`;
    const fault = call.fault ?? (status?.code === 0 ? undefined : "grpc.status");
    const ofRule = fault && ({ request, connection: "c", rule: "r", fault } as const);
    const by = fault ? "fault" : "server";
    return [
      {
        type: "request",
        ...{ atMs: at, beganAtMs: at, request, connection: "c", client: "c", host: "h", method: "POST" },
        ...{ path: "/a.B/C", fingerprint: "f", model: null, stream: false, userAgent: "grpc-go/1.76.0" },
        ...(retry !== undefined && { retryCount: retry }),
      },
      ...(ofRule ? [{ type: "decision", atMs: at, ...ofRule, matchNumber: 1 } as const] : []),
      {
        type: "response",
        atMs: at + 1,
        request,
        status: 200,
        injected: ofRule !== undefined,
        retryAfterMs: null,
      },
      ...(ofRule ? [{ type: "done", atMs: at + takes, ...ofRule } as const] : []),
      {
        type: "end",
        atMs: at + takes,
        request,
        how,
        grpc: { client: said, server: said, status: status && { by, ...status } },
      },
    ];
  }),
];

const phrases = (calls: readonly Call[], asksOnce = false): string[] =>
  judge([], log(calls), { asksOnce }).checks.map(({ outcome, phrase }) => `${outcome}: ${phrase}`);

describe("a status that passes by itself", () => {
  it.each([
    [14, "UNAVAILABLE"],
    [8, "RESOURCE_EXHAUSTED"],
  ])("%i: a retry that its library tells of is one", (code, name) => {
    expect(
      phrases([
        { at: 0, status: { code } },
        { at: 500, retry: 1 },
      ]),
    ).toContain(`pass: retries ${name}`);
    expect(phrases([{ at: 0, status: { code } }])).toContain(`fail: gives up at ${name} without a retry`);
  });

  it("is unproven where nothing says that the next call is a retry", () => {
    expect(phrases([{ at: 0, status: { code: 14 } }, { at: 3000 }])).toContain(
      "unproven: whether it retries UNAVAILABLE is not shown",
    );
  });

  it("a number that does not follow is none", () => {
    expect(
      phrases([
        { at: 0, status: { code: 14 } },
        { at: 500, retry: 2 },
      ]),
    ).not.toContain("pass: retries UNAVAILABLE");
  });

  it("wants waits that grow, and proves nothing by one that is shorter by chance", () => {
    const down = { code: 14 };
    const row = (...at: readonly number[]): string[] =>
      phrases([
        ...at.map((ms, retry) => ({ at: ms, status: down, ...(retry > 0 && { retry }) })),
        { at: 9000, retry: at.length },
      ]);
    expect(row(0, 200, 600, 1500)).toContain("pass: waits longer each time after UNAVAILABLE");
    expect(row(0, 800, 900, 1000)).toContain(
      "unproven: whether its waits after UNAVAILABLE grow is not shown",
    );
  });

  it("is a storm where a client hammers", () => {
    const many = Array.from(
      { length: 13 },
      (_, at): Call => ({
        at: at * 30,
        status: { code: 14 },
        ...(at > 0 && { retry: at }),
      }),
    );
    expect(phrases(many)).toContain("fail: asks 13 times in a row");
  });
});

describe("a status that says when to come back", () => {
  it.each([
    [{ code: 14, pushback: 1000 }, "UNAVAILABLE with a pushback"],
    [{ code: 8, retryDelayMs: 1000 }, "RESOURCE_EXHAUSTED with RetryInfo"],
    [{ code: 8, retryDelayMs: 9000, pushback: 1000 }, "RESOURCE_EXHAUSTED with a pushback"],
  ])("%j is waited for", (status, name) => {
    expect(
      phrases([
        { at: 0, status },
        { at: 1200, retry: 1 },
      ]),
    ).toContain(`pass: waits as ${name} asks`);
    expect(
      phrases([
        { at: 0, status },
        { at: 500, retry: 1 },
      ]),
    ).toContain(`fail: asks again too soon after ${name}`);
  });

  it("a pushback that forbids retries is left alone", () => {
    const status = { code: 14, pushback: "never" } as const;
    expect(phrases([{ at: 0, status }])).toContain("pass: does not retry UNAVAILABLE that forbids retries");
    expect(
      phrases([
        { at: 0, status },
        { at: 500, retry: 1 },
      ]),
    ).toContain("fail: asks twice after UNAVAILABLE that forbids retries");
  });
});

describe("other statuses", () => {
  it.each([
    [3, "INVALID_ARGUMENT"],
    [5, "NOT_FOUND"],
    [7, "PERMISSION_DENIED"],
    [9, "FAILED_PRECONDITION"],
    [12, "UNIMPLEMENTED"],
    [16, "UNAUTHENTICATED"],
  ])("%i, %s is left alone", (code, name) => {
    expect(phrases([{ at: 0, status: { code } }])).toContain(`pass: does not retry ${name}`);
    expect(
      phrases([
        { at: 0, status: { code } },
        { at: 500, retry: 1 },
      ]),
    ).toContain(`fail: asks twice after ${name}`);
  });

  it.each([1, 2, 4, 10, 13, 15])(
    "%i asks nothing: whether it may be repeated depends on the method",
    (code) => {
      expect(phrases([{ at: 0, status: { code } }])).toEqual([]);
    },
  );
});

describe("a call's outcome", () => {
  it("is its status: HTTP's 200 is no success", () => {
    const { operations } = judge(
      [],
      log([
        { at: 0, status: { code: 14 } },
        { at: 500, retry: 1 },
      ]),
    );
    const attempts = operations.flatMap((operation) => operation.attempts);
    expect(attempts.map(({ succeeded }) => succeeded)).toEqual([false, true]);
  });

  it("without a status it has not succeeded, however it ended", () => {
    const { operations } = judge([], log([{ at: 0, status: null, fault: "grpc.cut", how: "cut" }]));
    expect(operations[0]?.attempts[0]?.succeeded).toBe(false);
    expect(phrases([{ at: 0, status: null, fault: "grpc.cut", how: "cut" }])).toContain(
      "unproven: what it makes of a response that ends early is not shown",
    );
  });

  it("is read from a log as it was written", () => {
    const events = log([{ at: 0, status: { code: 8, retryDelayMs: 1.5, pushback: "never" } }]);
    expect(readEventLog(events.map(writeEvent).join("")).events).toEqual(events);
  });

  it("is written in words", () => {
    const tally = {
      client: said,
      server: { messages: 3, bytes: 30 },
      status: { by: "fault", code: 14 },
    } as const;
    expect(writeGrpc(tally)).toBe("1 message out, 3 back, UNAVAILABLE by a fault");
    expect(writeGrpc({ ...tally, status: null })).toBe("1 message out, 3 back, no status");
  });
});
