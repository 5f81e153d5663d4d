/** An error that comes late: its turn, its times, and what is told of it. */
import type { EngineEvent, Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { FaultDesk } from "../../src/index.ts";
import { HttpExchanges } from "../../src/internal.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
const request = (path: string): Uint8Array => ascii(`GET ${path} HTTP/1.1\r\nHost: api.test\r\n\r\n`);
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const late: Fault = {
  kind: "http.error",
  answer: { preset: null, status: 504, message: null, body: "late", headers: [], retryAfterSeconds: null },
  delay: { beforeHead: fixed(1000), beforeBody: fixed(500), perChunk: null },
};
const head =
  "HTTP/1.1 504 Gateway Timeout\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 4\r\n\r\n";

function connected() {
  const events: EngineEvent[] = [];
  const got = { client: "", server: "", nowMs: 0, ended: "" };
  const exchanges = new HttpExchanges({
    policy: {
      isTarget: () => true,
      connection: ({ host }) => ({ facts: { connection: "c", client: "c", host }, decision: null }),
      request: ({ target }) => {
        if (target !== "/late") return { kind: "none", rule: null };
        const numbers = { matchNumber: 1, hitNumber: 1 };
        return {
          kind: "fault",
          decision: { rule: "r", source: "file", fault: late, ...numbers, random: () => 0, marker: null },
        };
      },
      record: (event) => events.push(event),
    },
    desk: new FaultDesk(() => 0),
    introduce: () => ({ connection: "c", client: "c", host: "api.test" }),
    unread: () => {},
    now: () => got.nowMs,
    port: {
      toClient: (bytes) => {
        got.client += Buffer.from(bytes).toString();
      },
      toServer: (bytes) => {
        got.server += Buffer.from(bytes).toString();
      },
      endClient: (how) => {
        got.ended = how;
      },
      hold: () => {},
      whenGone: (_, told) => told(true),
    },
  });
  const told = (): string[] =>
    events.map(({ type }) => type).filter((type) => !["request", "decision"].includes(type));
  return { exchanges, got, told };
}

describe("an error that comes late", () => {
  it("comes head first, then its body, and the upstream hears nothing of it", () => {
    const { exchanges, got, told } = connected();
    exchanges.fromClient(request("/late"));
    expect([got.client, exchanges.wakeAtMs, told()]).toEqual(["", 1000, []]);
    got.nowMs = 1000;
    exchanges.wake();
    expect([got.client, exchanges.wakeAtMs, told()]).toEqual([head, 1500, ["response"]]);
    got.nowMs = 1500;
    exchanges.wake();
    expect([got.client, exchanges.wakeAtMs, got.server]).toEqual([`${head}late`, undefined, ""]);
    expect(told()).toEqual(["response", "done", "end"]);
  });

  it("keeps its turn between others", () => {
    const { exchanges, got } = connected();
    exchanges.fromClient(request("/a"));
    exchanges.fromClient(request("/late"));
    exchanges.fromClient(request("/b"));
    exchanges.fromServer(ascii(ok + ok));
    expect(got.client).toBe(ok);
    got.nowMs = 5000;
    exchanges.wake();
    exchanges.wake();
    expect(got.client).toBe(`${ok}${head}late${ok}`);
  });

  it("is not told as done to a client that went before it came", () => {
    const { exchanges, got, told } = connected();
    exchanges.fromClient(request("/late"));
    got.nowMs = 999;
    exchanges.finish();
    expect(told()).toEqual(["undone", "end"]);
  });

  it("ends the connection behind it where the client wanted that", () => {
    const { exchanges, got } = connected();
    exchanges.fromClient(ascii("GET /late HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n"));
    got.nowMs = 1000;
    exchanges.wake();
    expect(got.ended).toBe("");
    got.nowMs = 1500;
    exchanges.wake();
    expect([got.client.endsWith("connection: close\r\n\r\nlate"), got.ended]).toEqual([true, "fin"]);
  });
});
