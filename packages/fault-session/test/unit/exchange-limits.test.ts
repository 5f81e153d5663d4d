/** What the exchanges of a connection keep is counted, and they say when it is enough. */
import type { RequestDecision } from "@faultwire/fault-engine";
import { RequestReader } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { FaultDesk, type FaultPolicy, httpExchangeLimits } from "../../src/index.ts";
import { HttpExchanges } from "../../src/internal.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const slow = "GET /slow HTTP/1.1\r\nHost: api.test\r\n\r\n";
const failing = "GET /a HTTP/1.1\r\nHost: api.test\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const answer = { preset: null, status: 529, message: null, body: "x".repeat(500), headers: [] };
const fault = { kind: "http.error", answer: { ...answer, retryAfterSeconds: null }, delay: null } as const;

const policy: FaultPolicy = {
  isTarget: () => true,
  connection: ({ host }) => ({ facts: { connection: "c", client: "c", host }, decision: null }),
  request: ({ target }): RequestDecision => {
    if (target !== "/a") return { kind: "none", rule: null };
    const numbers = { matchNumber: 1, hitNumber: 1 };
    return {
      kind: "fault",
      decision: { rule: "r", source: "file", fault, ...numbers, random: () => 0, marker: null },
    };
  },
  record: () => {},
};

function connected(): { exchanges: HttpExchanges; toClient: () => string } {
  let text = "";
  const exchanges = new HttpExchanges({
    policy,
    desk: new FaultDesk(() => 0),
    introduce: () => ({ connection: "c", client: "c", host: "api.test" }),
    unread: () => {},
    now: () => 0,
    port: {
      toClient: (bytes) => {
        text += Buffer.from(bytes).toString();
      },
      toServer: () => {},
      endClient: () => {},
      hold: () => {},
      whenGone: (_, told) => told(true),
    },
  });
  return { exchanges, toClient: () => text };
}

describe("answers that wait behind a slow response", () => {
  it("are counted with their requests, and are full at the limit", () => {
    const { exchanges, toClient } = connected();
    exchanges.fromClient(ascii(slow));
    expect(exchanges.heldBytes("client")).toBe(slow.length + httpExchangeLimits.exchangeBytes);
    exchanges.fromClient(ascii(failing.repeat(httpExchangeLimits.maxExchanges - 2)));
    expect(exchanges.isFull).toBe(false);
    exchanges.fromClient(ascii(failing));
    expect(exchanges.isFull).toBe(true);
    const waiting = exchanges.heldBytes("client");
    expect(waiting).toBeGreaterThan((httpExchangeLimits.maxExchanges - 1) * 500);
    exchanges.fromServer(ascii(ok));
    expect(exchanges.isFull).toBe(false);
    expect(exchanges.heldBytes("client")).toBe(0);
    expect(exchanges.upstreamOwes).toBe(false);
    expect(toClient().split(" 529 ").length).toBe(httpExchangeLimits.maxExchanges);
  });

  it("are full at the limit of bytes, but not where one alone is above it", () => {
    const { exchanges } = connected();
    const long = `GET /slow HTTP/1.1\r\nHost: api.test\r\nX-A: ${"a".repeat(60_000)}\r\n\r\n`;
    const each = long.length + httpExchangeLimits.exchangeBytes;
    const needed = Math.ceil(httpExchangeLimits.maxWaitingBytes / each);
    for (let request = 0; request < needed; request++) {
      expect(exchanges.isFull).toBe(false);
      exchanges.fromClient(ascii(long));
    }
    expect(exchanges.isFull).toBe(true);
    expect(exchanges.heldBytes("client")).toBe(needed * each);
    exchanges.finish();
    expect(exchanges.heldBytes("client")).toBe(0);
  });

  it("know how many responses the upstream owes, through all that can become of a request", () => {
    const { exchanges } = connected();
    exchanges.fromClient(ascii(slow + failing + slow));
    expect(exchanges.upstreamOwes).toBe(true);
    exchanges.fromServer(ascii(ok));
    expect(exchanges.upstreamOwes).toBe(true);
    exchanges.fromServer(ascii(ok));
    expect(exchanges.upstreamOwes).toBe(false);
    expect(exchanges.canInsert).toBe(true);
    const [head] = new RequestReader().push(ascii("HEAD / HTTP/1.1\r\nHost: api.test\r\n\r\n"));
    if (head?.kind === "head") exchanges.insert(head);
    expect(exchanges.upstreamOwes).toBe(true);
    exchanges.fromServer(ascii("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\n"));
    expect(exchanges.upstreamOwes).toBe(false);
  });
});
