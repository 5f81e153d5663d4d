/** What is told of responses that a fault changes: how they ended, whether the fault was done, when, and budgets. */
import type { EngineEvent, Fault } from "@faultwire/fault-engine";
import { headerValue, ResponseReader } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { FaultDesk } from "../../src/index.ts";
import { HttpExchanges } from "../../src/internal.ts";
import { sampleFaults } from "../support/sample-faults.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const request = (body = "{}"): Uint8Array =>
  ascii(`POST /v1/messages HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
const answer = (body: string, ...headers: readonly string[]): Uint8Array =>
  ascii(["HTTP/1.1 200 OK", ...headers, `Content-Length: ${body.length}`, "", body].join("\r\n"));
const chunked = (body: string, type: string): Uint8Array =>
  ascii(
    `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  );
const event = (type: string): string => `event: ${type}\ndata: {"type":"${type}"}\n\n`;
const stream = chunked(
  ["message_start", "content_block_start", "content_block_delta", "message_stop"].map(event).join(""),
  "text/event-stream",
);
const body = "0123456789";

function connected(fault: Fault) {
  const events: EngineEvent[] = [];
  const state = { nowMs: 0 };
  let sent = "";
  let hasEnded = false;
  let hits = 0;
  const exchanges = new HttpExchanges({
    policy: {
      isTarget: () => true,
      connection: ({ host }) => ({ facts: { connection: "c", client: "c", host }, decision: null }),
      request: () => {
        hits++;
        const numbers = { matchNumber: hits, hitNumber: hits };
        return {
          kind: "fault",
          decision: { rule: "r", source: "file", fault, ...numbers, random: () => 0, marker: null },
        };
      },
      record: (told) => events.push(told),
    },
    desk: new FaultDesk(() => state.nowMs),
    introduce: () => ({ connection: "c", client: "c", host: "api.test" }),
    unread: () => {},
    now: () => state.nowMs,
    port: {
      toClient: (bytes) => {
        sent += new TextDecoder().decode(bytes);
      },
      toServer: () => {},
      endClient: () => {
        hasEnded = true;
      },
      hold: () => {},
      whenGone: (_, told) => told(true),
    },
  });
  const told = <Type extends EngineEvent["type"]>(type: Type) =>
    events.filter((one): one is Extract<EngineEvent, { type: Type }> => one.type === type);
  return { exchanges, state, told, sent: () => sent, hasEnded: () => hasEnded };
}

const truncate = (bytes: number): Fault => ({ kind: "http.truncate", after: { kind: "bytes", bytes } });
const cut = (events: number, stop: "fin" | "clean" | "mid-event" | "reset"): Fault => ({
  kind: "stream.cut",
  at: { kind: "events", events },
  stop,
});
const errorEvent = (stop: "clean" | "fin"): Fault => ({ ...sampleFaults["stream.error-event"], stop });

describe("a response that a fault ends before its end", () => {
  const rows: readonly (readonly [
    string,
    Fault,
    Uint8Array,
    "cut" | "complete",
    "done" | "undone",
    boolean,
  ])[] = [
    ["truncated in its middle", truncate(4), answer(body), "cut", "done", true],
    ["truncated before its first byte", truncate(0), answer(body), "cut", "done", true],
    ["truncated one byte before its end", truncate(9), answer(body), "cut", "done", true],
    ["truncated in chunks", truncate(4), chunked(body, "text/plain"), "cut", "done", true],
    ["shorter than the truncation", truncate(11), answer(body), "complete", "undone", false],
    ["a stream that is cut with a FIN", cut(2, "fin"), stream, "cut", "done", true],
    ["a stream that is cut in an event", cut(2, "mid-event"), stream, "cut", "done", true],
    ["a stream that is reset", cut(2, "reset"), stream, "cut", "done", true],
    ["a stream that ends in order, but early", cut(2, "clean"), stream, "cut", "done", false],
    ["a stream with fewer events", cut(9, "fin"), stream, "complete", "undone", false],
    ["an error event, and the end in order", errorEvent("clean"), stream, "cut", "done", false],
    ["an error event, and a FIN", errorEvent("fin"), stream, "cut", "done", true],
  ];
  it.each(rows)("%s", (_, fault, response, how, outcome, ends) => {
    const { exchanges, state, told, hasEnded } = connected(fault);
    state.nowMs = 3;
    exchanges.fromClient(request());
    state.nowMs = 7;
    exchanges.fromServer(response);
    expect(told("end")).toMatchObject([{ how, atMs: 7 }]);
    expect(told(outcome)).toMatchObject([{ fault: fault.kind, atMs: 7 }]);
    expect(told(outcome === "done" ? "undone" : "done")).toEqual([]);
    expect(told("response")).toMatchObject([{ status: 200, injected: false, atMs: 7 }]);
    expect(hasEnded()).toBe(ends);
  });

  it("is told when the client is sent its head: behind a delay, or never", () => {
    const delay: Fault = {
      kind: "http.delay",
      beforeHead: { kind: "fixed", ms: 300 },
      beforeBody: null,
      perChunk: null,
    };
    const { exchanges, state, told } = connected(delay);
    exchanges.fromClient(request());
    exchanges.fromServer(answer(body));
    state.nowMs = 299;
    exchanges.wake();
    expect(told("response")).toEqual([]);
    state.nowMs = 300;
    exchanges.wake();
    expect(told("response")).toMatchObject([{ status: 200, atMs: 300 }]);
    expect(told("end")).toMatchObject([{ how: "complete", atMs: 300 }]);
    const gone = connected(delay);
    gone.exchanges.fromClient(request());
    gone.exchanges.fromServer(answer(body));
    gone.exchanges.finish();
    expect(gone.told("response")).toEqual([]);
    expect(gone.told("end")).toMatchObject([{ how: "abandoned" }]);
  });

  it("before its head: failed, and no response is told", () => {
    const at = { kind: "moment", moment: "response-head" } as const;
    const { exchanges, told } = connected({ kind: "connection.close", at });
    exchanges.fromClient(request());
    exchanges.fromServer(answer(body));
    expect(told("end")).toMatchObject([{ how: "failed" }]);
    expect(told("done")).toHaveLength(1);
    expect(told("response")).toEqual([]);
  });
});

describe("a budget", () => {
  const limited: Fault = {
    kind: "http.rate-limit",
    budget: { requestsPerMinute: 10, inputTokensPerMinute: 60_000, outputTokensPerMinute: 6_000 },
    per: "all",
    provider: "anthropic",
  };
  const used = (input: number, output: number): Uint8Array =>
    answer(
      JSON.stringify({ usage: { input_tokens: input, output_tokens: output } }),
      "Content-Type: application/json",
    );

  /** What the headers of the responses say is left: requests, input and output tokens. */
  function remaining(text: string): (readonly [number, ...(string | undefined)[]])[] {
    const reader = new ResponseReader();
    for (let at = 0; at < 9; at++) reader.expect("POST");
    return reader.push(ascii(text)).flatMap((item) => {
      if (item.kind !== "head") return [];
      const of = (name: string) => headerValue(item.headers, `anthropic-ratelimit-${name}-remaining`);
      return [[item.status, of("requests"), of("input-tokens"), of("output-tokens")] as const];
    });
  }

  it("is charged with an estimate at first, and with what the response says it used when that is known", () => {
    const { exchanges, sent } = connected(limited);
    for (const response of [used(20_000, 4_000), used(1, 1_000), used(1, 1)]) {
      // 8000 bytes are estimated as 2000 tokens.
      exchanges.fromClient(request("x".repeat(8_000)));
      exchanges.fromServer(response);
    }
    expect(remaining(sent())).toEqual([
      [200, "9", "58000", "6000"],
      [200, "8", "38000", "2000"],
      // The second said that it used one token of input: the estimate is given back.
      [200, "7", "38000", "1000"],
    ]);
  });

  it("is charged with the estimate alone by a response that says nothing, and by a stream with what its events say", () => {
    const { exchanges, sent } = connected(limited);
    const start = '{"message":{"usage":{"input_tokens":30000,"output_tokens":1}}}';
    const streamed = chunked(
      `data: ${start}\n\ndata: {"usage":{"output_tokens":5000}}\n\n`,
      "text/event-stream",
    );
    for (const response of [answer("no json"), streamed, answer("{}")]) {
      exchanges.fromClient(request("x".repeat(8_000)));
      exchanges.fromServer(response);
    }
    expect(remaining(sent())).toEqual([
      [200, "9", "58000", "6000"],
      [200, "8", "56000", "6000"],
      [200, "7", "26000", "1000"],
    ]);
  });

  it("that is in debt refuses, costs nothing by that, and says in whole seconds when to come again", () => {
    const { exchanges, state, sent } = connected(limited);
    exchanges.fromClient(request());
    exchanges.fromServer(used(1, 6_150));
    exchanges.fromClient(request());
    exchanges.fromClient(request());
    // 150 tokens of debt and one to spend come back in 1510 ms.
    state.nowMs = 1_509;
    exchanges.fromClient(request());
    state.nowMs = 1_510;
    exchanges.fromClient(request());
    exchanges.fromServer(used(1, 1));
    expect(remaining(sent()).map(([status, requests]) => [status, requests])).toEqual([
      [200, "9"],
      [429, "9"],
      [429, "9"],
      [429, "9"],
      [200, "8"],
    ]);
    expect(sent().match(/retry-after: (\d+)/g)).toEqual([
      "retry-after: 2",
      "retry-after: 2",
      "retry-after: 1",
    ]);
  });
});
