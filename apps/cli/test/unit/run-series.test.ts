/** What is said of several runs, and of a program that hangs. */
import { type EngineEvent, judge } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { lineOfSeed, seedTable, tellingRow } from "../../src/run/seed-table.ts";
import { underWay } from "../../src/run/under-way.ts";

describe("the table of seeds", () => {
  const judgement = judge([{ rule: "a", stopsAfter: 1 }], []);

  it("has a row for each seed, a column for each verdict, and a legend", () => {
    const rows = [
      { seed: "1", status: 0, judgement: undefined },
      { seed: "22", status: 1, judgement },
    ];
    expect(seedTable(rows).slice(0, 5)).toEqual([
      "seed  status  1",
      "1     0       -",
      "22    1       -",
      "",
      " 1  a: no more than 1 failing request",
    ]);
    expect(seedTable(rows).at(-1)).toBe("2 seeds, 1 of them with a status other than 0");
  });

  it("shows those that failed where there are many", () => {
    const rows = Array.from({ length: 200 }, (_, at) => ({
      seed: String(at),
      status: at === 150 ? 1 : 0,
      judgement: undefined,
    }));
    expect(seedTable(rows)).toEqual([
      "seed  status",
      "150   1",
      "(not shown: 199 seeds)",
      "",
      "200 seeds, 1 of them with a status other than 0",
    ]);
  });
});

describe("the legend of a table", () => {
  it("says how many verdicts it leaves out", () => {
    const expectations = Array.from({ length: 13 }, (_, at) => ({ rule: `r${at}`, stopsAfter: 1 }));
    const rows = [{ seed: "1", status: 1, judgement: judge(expectations, []) }];
    expect(seedTable(rows)).toContain("(not shown: 1 verdict; the reports have all)");
    expect(seedTable(rows).at(-1)).toBe("1 seed, 1 of them with a status other than 0");
  });
});

describe("the run that a series goes by", () => {
  const rows = (...statuses: number[]) =>
    statuses.map((status, at) => ({ seed: String(at), status, judgement: undefined }));
  it("is the first that failed; one in which nothing was judged only where none failed", () => {
    expect(tellingRow(rows(0, 3, 1, 7))?.seed).toBe("2");
    expect(tellingRow(rows(0, 3, 3))?.seed).toBe("1");
    expect(tellingRow(rows(0, 0))).toBeUndefined();
  });
});

describe("a line to paste", () => {
  it("has one seed in place of the series, and is quoted", () => {
    const flags = ["--repeat", "5", "--seed=9", "--config", "my faults.yaml", "--seeds", "1..3"];
    expect(lineOfSeed(flags, ["sh", "-c", "echo $X"], "3")).toMatch(
      /^(?:npx )?faultwire run --config 'my faults.yaml' --seed 3 -- sh -c 'echo \$X'$/,
    );
  });
});

describe("what a program was waiting for", () => {
  const request = (id: string, atMs: number): EngineEvent => ({
    type: "request",
    atMs,
    request: id,
    connection: "c#1",
    client: "c",
    host: "api.test",
    method: "POST",
    path: "/v1/messages",
    fingerprint: "f",
    model: null,
    stream: true,
  });
  const stalled = (id: string, atMs: number): EngineEvent => ({
    type: "done",
    atMs,
    request: id,
    connection: "c#1",
    rule: "slow",
    fault: "stream.stall",
  });

  it("is named with its fault", () => {
    expect(underWay([request("r1", 0), stalled("r1", 1500)], 4000)).toBe(
      "hung 2.5 s after a stalled stream (rule slow): POST api.test/v1/messages",
    );
  });

  it("is named with its fault where a rule held the request itself: that is told before the request is whole", () => {
    const decision: EngineEvent = {
      ...{ type: "decision", atMs: 1000, request: "r1", connection: "c#1", rule: "wait" },
      ...{ fault: "connection.stall", matchNumber: 1 },
    } as EngineEvent;
    const done: EngineEvent = { ...decision, type: "done" } as EngineEvent;
    for (const told of [[decision], [decision, done]])
      expect(underWay([...told, request("r1", 1000)], 4000)).toBe(
        "hung 3.0 s after a stalled connection (rule wait): POST api.test/v1/messages",
      );
  });

  it("is never asked for less than no time ago", () => {
    expect(underWay([request("r1", 1000)], 400)).toMatch(/^hung 0\.0 s after POST/);
  });

  it("is nothing where an answer was over before its request was whole", () => {
    const end: EngineEvent = { type: "end", atMs: 2, request: "r1", how: "complete" };
    expect(underWay([end, request("r1", 3)], 9)).toBeUndefined();
  });

  it("is named where no fault was there", () => {
    expect(underWay([request("r1", 1000)], 4000)).toBe(
      "hung 3.0 s after POST api.test/v1/messages was asked, with no fault",
    );
  });

  it("is nothing where all has ended, and is counted where there is much", () => {
    const end: EngineEvent = { type: "end", atMs: 2, request: "r1", how: "complete" };
    expect(underWay([request("r1", 0), end], 9)).toBeUndefined();
    const many = Array.from({ length: 5 }, (_, at) => request(`r${at}`, 0));
    expect(underWay(many, 1000)).toMatch(/; and 2 more$/);
    expect(underWay(many.slice(0, 3), 1000)).not.toContain("more");
  });
});
