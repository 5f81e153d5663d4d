/** What every client should do when a WebSocket ends: closes by their codes, silence, and what the wire can't show. */
import { describe, expect, it } from "vitest";
import { type EngineEvent, type FaultKind, judge, type WebSocketTally } from "../../src/index.ts";

type Close = WebSocketTally["close"];
interface Opened {
  readonly at: number;
  readonly takes?: number;
  readonly fault?: FaultKind;
  readonly close?: Close;
  readonly how?: "complete" | "cut" | "abandoned";
}

const by = (code: number | null, who: "fault" | "server" | "client" = "fault"): Close => ({ by: who, code });
const said = { messages: 2, bytes: 10 };

/** A client that opens the same WebSocket each time. */
const log = (opened: readonly Opened[]): EngineEvent[] =>
  opened.flatMap(({ at, takes = 1000, fault, close = null, how = "cut" }, number): EngineEvent[] => {
    const request = `q${number}`;
    const connection = `c${number}`;
    const ofRule = fault && ({ request, connection, rule: "r", fault } as const);
    return [
      { type: "connection", atMs: at, openedAtMs: at, connection, client: "c", host: "h" },
      ...(ofRule ? [{ type: "decision", atMs: at, ...ofRule, matchNumber: 1 } as const] : []),
      {
        type: "request",
        ...{ atMs: at, beganAtMs: at, request, connection, client: "c", host: "h", method: "GET", path: "/" },
        ...{ fingerprint: "f", model: null, stream: false },
      },
      { type: "response", atMs: at + 1, request, status: 101, injected: false, retryAfterMs: null },
      ...(ofRule ? [{ type: "done", atMs: at + takes, ...ofRule } as const] : []),
      { type: "end", atMs: at + takes, request, how, webSocket: { client: said, server: said, close } },
    ];
  });

const phrases = (opened: readonly Opened[], asksOnce = true): string[] =>
  judge([], log(opened), { asksOnce }).checks.map(({ outcome, phrase }) => `${outcome}: ${phrase}`);

const closed: Opened = { at: 0, fault: "websocket.close", close: by(1013) };
const fine = (at: number): Opened => ({ at, how: "complete", close: by(1000, "client") });

describe("a close that passes by itself", () => {
  it("is answered by a new WebSocket", () => {
    expect(phrases([closed, fine(3000)])).toContain("pass: retries a WebSocket closed with 1013");
  });

  it("is unproven where nothing says that the next one is a retry", () => {
    expect(phrases([closed, fine(3000)], false)).toContain(
      "unproven: whether it retries a WebSocket closed with 1013 is not shown",
    );
  });

  it("is given up by a client that never comes back", () => {
    expect(phrases([closed])).toContain("fail: gives up at a WebSocket closed with 1013 without a retry");
  });

  it("wants waits that grow", () => {
    const again = (at: number): Opened => ({ ...closed, at, takes: 10 });
    expect(phrases([again(0), again(510), again(1520), fine(3530)])).toContain(
      "pass: waits longer each time after a WebSocket closed with 1013",
    );
    expect(phrases([again(0), again(30), again(60), fine(90)])).toContain(
      "fail: does not wait longer each time after a WebSocket closed with 1013",
    );
  });

  it("is a storm where a client hammers", () => {
    const many = Array.from({ length: 13 }, (_, at): Opened => ({ ...closed, at: at * 30, takes: 10 }));
    expect(phrases(many)).toContain("fail: asks 13 times in a row");
  });
});

it("a WebSocket that breaks off is to be opened again, by a cut or by what the client can't read", () => {
  for (const broken of [
    { at: 0, fault: "websocket.cut" },
    { at: 0, fault: "websocket.garbage", close: by(1002, "client") },
  ] as const)
    expect(phrases([broken, fine(3000)])).toContain("pass: retries a WebSocket that breaks off");
});

it("a close for good is to be left alone", () => {
  const refused: Opened = { at: 0, fault: "websocket.close", close: by(1008) };
  expect(phrases([refused])).toContain("pass: does not retry a WebSocket closed with 1008");
  expect(phrases([refused, fine(3000)])).toContain("fail: asks twice after a WebSocket closed with 1008");
});

it("a close in order, or with a code of the API's own, asks nothing", () => {
  for (const code of [null, 1000, 4001])
    expect(phrases([{ at: 0, fault: "websocket.close", close: by(code), how: "complete" }])).toEqual([]);
});

it("a silent WebSocket is given up", () => {
  const silent: Opened = { at: 0, takes: 5000, fault: "websocket.stall", how: "abandoned" };
  expect(phrases([silent, fine(7000)])).toContain("pass: gives up a silent WebSocket after 5.00 s");
});
