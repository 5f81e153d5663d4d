/** What is counted, and what is said of it: each kind by itself, the most frequent first, with limits. */
import type { EngineEvent } from "@faultwire/fault-engine";
import type { SessionEvent } from "@faultwire/runtime";
import { describe, expect, it } from "vitest";
import { Refusals } from "../../../src/run/refusals.ts";
import type { FinishedRequest } from "../../../src/traffic/finished-request.ts";
import { durationText, shortened } from "../../../src/traffic/plain-text.ts";
import { Recent } from "../../../src/traffic/recent.ts";
import { outcomeText, repeatText, requestTone, whatHappened } from "../../../src/traffic/request-words.ts";
import { summaryText } from "../../../src/traffic/summary-text.ts";
import { Tally } from "../../../src/traffic/tally.ts";
import { timeOfDay } from "../../../src/traffic/terminal.ts";
import { doneEvent, requestEvent, undoneEvent } from "../../support/traffic-events.ts";

const host = "api.anthropic.com";
const detected = (name: string | undefined, target = false) =>
  ({ type: "detected", protocol: "unread", host: name, alpnProtocols: [], target }) as SessionEvent;

describe("a tally", () => {
  it("counts each kind of event where it belongs, and others nowhere", () => {
    const tally = new Tally();
    const connection: EngineEvent = { type: "connection", atMs: 0, connection: "c#1", client: "c", host };
    const unread = {
      type: "unread",
      atMs: 0,
      connection: null,
      client: null,
      from: "client",
      reason: "upgraded",
    } as const;
    const events: readonly EngineEvent[] = [
      connection,
      requestEvent("a", 0),
      requestEvent("b", 0, { userAgent: undefined, client: "t13d" }),
      requestEvent("c", 0),
      doneEvent("a", "busy"),
      { ...doneEvent("b", "busy"), instead: "a FIN" } as EngineEvent,
      undoneEvent("c", "busy", "too short"),
      { ...unread, host },
      { ...unread, host: null },
      { type: "end", atMs: 2, request: "a", how: "complete" },
    ];
    for (const event of events) tally.take(event);
    expect([tally.requests, tally.connections]).toEqual([3, 1]);
    expect(tally.clients.entries()).toEqual([
      ["t13d", 1],
      ["app/1", 2],
    ]);
    expect(tally.targets.entries()).toEqual([[`POST ${host}/v1/messages`, 3]]);
    expect(tally.rules.size).toBe(1);
    const rule = tally.rules.get("busy");
    expect([rule?.done, rule?.instead.entries(), rule?.undone.entries()]).toEqual([
      2,
      [["a FIN", 1]],
      [["too short", 1]],
    ]);
    expect(tally.unread.entries()).toEqual([
      [`${host}: the connection went over to another protocol`, 1],
      ["a connection without a name: the connection went over to another protocol", 1],
    ]);
  });

  it("counts what sessions say, and gives a host that is no target once", () => {
    const tally = new Tally();
    expect(tally.takeSession(detected("pypi.org"))).toBe("pypi.org");
    expect(tally.takeSession(detected("pypi.org"))).toBeUndefined();
    expect(tally.takeSession(detected(host, true))).toBeUndefined();
    expect(tally.takeSession(detected(undefined))).toBeUndefined();
    tally.takeSession({ type: "not-opened", host, why: "upstream-refuses" } as SessionEvent);
    tally.takeSession({ type: "untrusted", host, client: "c", message: "unknown ca" } as SessionEvent);
    expect(tally.passed.entries()).toEqual([["pypi.org", 2]]);
    expect(tally.closed.entries()).toEqual([[host, 1]]);
    expect(tally.untrusted.entries()).toEqual([[host, 1]]);
  });

  it("keeps twenty ways in which a rule was done otherwise, and twenty reasons why it was not, the latest", () => {
    const tally = new Tally();
    const words = Array.from({ length: 21 }, (_, at) => `way ${at}`);
    const rule = () => tally.rules.get("busy");
    const takes = (way: string): void => {
      tally.take({ ...doneEvent("a", "busy"), instead: way } as EngineEvent);
      tally.take(undoneEvent("b", "busy", way));
    };
    for (const way of words.slice(0, 20)) takes(way);
    expect([rule()?.instead.size, rule()?.undone.size]).toEqual([20, 20]);
    expect([rule()?.instead.hasForgotten, rule()?.undone.hasForgotten]).toEqual([false, false]);
    takes("way 20");
    const kept = words.slice(1).map((way) => [way, 1]);
    expect([rule()?.instead.entries(), rule()?.undone.entries()]).toEqual([kept, kept]);
    expect([rule()?.instead.hasForgotten, rule()?.undone.hasForgotten]).toEqual([true, true]);
    // None of what was done is forgotten.
    expect(rule()?.done).toBe(21);
  });

  it("keeps a thousand names of a kind, and says that it has forgotten some", () => {
    const tally = new Tally();
    for (let at = 0; at < 1000; at++) tally.takeSession(detected(`${at}.test`));
    expect([tally.passed.size, tally.passed.hasForgotten]).toEqual([1000, false]);
    tally.takeSession(detected("0.test"));
    expect(tally.passed.hasForgotten).toBe(false);
    tally.takeSession(detected("one-more.test"));
    expect([tally.passed.size, tally.passed.hasForgotten]).toEqual([1000, true]);
    expect([tally.passed.get("0.test"), tally.passed.has("1.test")]).toEqual([2, false]);
  });
});

it("a map with a limit forgets what was set first, and what is deleted", () => {
  const recent = new Recent<string, number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  recent.set("a", 3);
  recent.set("c", 4);
  expect(recent.entries()).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
  recent.delete("a");
  expect([recent.size, recent.get("a")]).toEqual([1, undefined]);
});

describe("a summary", () => {
  const said = (
    tally: Tally,
    counts: readonly { rule: string; matches: number; hits: number }[] = [],
  ): string => summaryText({ tally, counts, targets: [host] });

  it("has a row for what was left closed, for clients without trust, and for what was done otherwise", () => {
    const tally = new Tally();
    tally.take(requestEvent("a", 0));
    tally.take({ ...doneEvent("a", "busy"), instead: "a FIN" } as EngineEvent);
    tally.takeSession({ type: "not-opened", host, why: "upstream-refuses" } as SessionEvent);
    for (const client of ["c", "d"])
      tally.takeSession({ type: "untrusted", host, client, message: "unknown ca" } as SessionEvent);
    expect(said(tally)).toBe(`1 request to ${host}
  clients      app/1  1 request
  faults       busy  1 done; 1 of them otherwise: a FIN
  left closed  ${host} (1 connection); the log says why
  no trust     ${host} (2 connections): a client does not trust the CA
`);
  });

  it("names rules that met nothing, and not the one that flags make for closed HTTPS", () => {
    const tally = new Tally();
    tally.take(requestEvent("a", 0));
    const none = (rule: string) => ({ rule, matches: 0, hits: 0 });
    expect(said(tally, [none("flags/connection")])).not.toContain("met no request");
    const text = said(tally, [
      none("a"),
      none("b"),
      none("flags/connection"),
      { rule: "c", matches: 2, hits: 0 },
    ]);
    expect(text).toContain("  faults       a  met no request\n               b  met no request\n");
    expect(text).toContain("               c  met 2, struck none\n");
    expect(text).toContain("\n\nRules that met no request: a, b. Seen instead:\n");
  });

  it("does not say that nothing came where something of a target did", () => {
    for (const event of [
      { type: "not-opened", host, why: "upstream-refuses" },
      { type: "untrusted", host, client: "c", message: "unknown ca" },
    ]) {
      const tally = new Tally();
      tally.takeSession(event as SessionEvent);
      expect(said(tally)).not.toContain("came by");
    }
  });

  it("has long names cut in their middle, and the most frequent first", () => {
    const tally = new Tally();
    const long = `${"a".repeat(60)}${"b".repeat(60)}.test`;
    tally.takeSession(detected("rare.test"));
    tally.takeSession(detected(long));
    tally.takeSession(detected(long));
    expect(said(tally)).toContain(
      `  other hosts  ${"a".repeat(45)}…${"b".repeat(39)}.test (2 connections)\n               rare.test (1 connection)\n`,
    );
  });
});

describe("words of a request", () => {
  const request = (more: Partial<FinishedRequest>): FinishedRequest => ({
    request: requestEvent("a", 0) as FinishedRequest["request"],
    response: null,
    outcomes: [],
    end: "complete",
    events: null,
    webSocket: null,
    grpc: null,
    durationMs: 1,
    repeat: null,
    ...more,
  });
  const done = doneEvent("a", "late", "stream.cut") as FinishedRequest["outcomes"][number];
  const undone = undoneEvent("a", "late", "too short") as FinishedRequest["outcomes"][number];
  const standsIn = { status: 502, standsIn: true } as FinishedRequest["response"];

  it.each([
    [{}, "passed", "passed"],
    [{ events: 1 }, "passed (1 event)", "passed"],
    [{ end: "cut" }, "cut short", "undone"],
    [{ end: "failed" }, "no answer", "undone"],
    [{ end: "abandoned" }, "the client went away", "undone"],
    [{ end: "unread" }, "the client did not read all of it", "undone"],
    [{ end: "cut", outcomes: [done] }, "← late (stream.cut)", "fault"],
    [{ end: "failed", outcomes: [done] }, "← late (stream.cut)", "fault"],
    [{ end: "unread", outcomes: [done] }, "← late (stream.cut); the client did not read all of it", "fault"],
    [{ end: "cut", outcomes: [undone] }, "late not done: too short; cut short", "undone"],
    [{ outcomes: [done, undone] }, "← late (stream.cut); late not done: too short", "undone"],
    [{ response: standsIn }, "the upstream can't be reached", "undone"],
  ] as readonly (readonly [Partial<FinishedRequest>, string, string])[])("%j", (more, words, tone) => {
    expect([whatHappened(request(more)), requestTone(request(more))]).toEqual([words, tone]);
  });

  it("of an error leave the kind to its status, and say what was done instead", () => {
    expect(outcomeText(doneEvent("a", "busy") as never)).toBe("← busy");
    expect(outcomeText({ ...doneEvent("a", "r", "connection.reset"), instead: "a FIN" } as never)).toBe(
      "← r (connection.reset), instead: a FIN",
    );
  });

  it("of a repeat count it only where the program does", () => {
    const repeat = { number: 2, afterMs: 2050 };
    expect(repeatText(request({}))).toBe("");
    expect(repeatText(request({ repeat: { ...repeat, isTold: true } }))).toBe("retry 2 after 2.05 s");
    expect(repeatText(request({ repeat: { ...repeat, isTold: false } }))).toBe("again after 2.05 s");
  });

  it.each([
    [999.4, "999 ms"],
    [999.5, "1.00 s"],
    [9994, "9.99 s"],
    [9995, "10.0 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 0 s"],
    [250_000, "4 min 10 s"],
  ])("%d ms are %s", (ms, text) => expect(durationText(ms)).toBe(text));

  it("are cut in their middle at the limit, and not before", () => {
    expect([shortened("abcdef", 6), shortened("abcdefg", 6), shortened("abc", 1)]).toEqual([
      "abcdef",
      "abc…fg",
      "a…",
    ]);
    expect(timeOfDay(new Date(2026, 1, 3, 4, 5, 6))).toBe("04:05:06");
  });
});

describe("clients that refuse the CA", () => {
  const refused = (client: string): SessionEvent =>
    ({ type: "untrusted", host, client, message: "unknown ca" }) as SessionEvent;
  const silent = (client: string): SessionEvent => ({ type: "silent", host, client }) as SessionEvent;

  it("are those that said so, and silent ones that never sent a request", () => {
    const refusals = new Refusals();
    refusals.take(refused("a"));
    refusals.take(silent("a"));
    refusals.take(silent("b"));
    refusals.take(silent("c"));
    refusals.take(detected(host));
    refusals.takeRequest("a");
    refusals.takeRequest("b");
    expect(refusals.all).toEqual([
      { client: "a", host, message: "unknown ca" },
      { client: "c", host, message: undefined },
    ]);
  });

  it("are twenty at the most; of one that is known more is learned", () => {
    const refusals = new Refusals();
    for (let at = 0; at < 25; at++) refusals.take(silent(`${at}`));
    refusals.take(refused("19"));
    expect(refusals.all).toHaveLength(20);
    expect(refusals.all.at(-1)).toEqual({ client: "19", host, message: "unknown ca" });
  });
});
