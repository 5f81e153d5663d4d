/** What the event log is told of exchanges: moments, what the headers say, how each ended. */
import type { EngineEvent, Fault, Malformation } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import { FaultDesk } from "../../src/index.ts";
import { HttpExchanges } from "../../src/internal.ts";
import { exchangesRig } from "../support/exchanges-rig.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const post = (headers: readonly string[], body: string): string =>
  [
    "POST /v1/messages HTTP/1.1",
    "Host: api.test",
    ...headers,
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
const error: Fault = {
  kind: "http.error",
  answer: {
    preset: null,
    status: 429,
    message: null,
    body: "no",
    headers: [["request-id", "req_ours"]],
    retryAfterSeconds: 2,
  },
  delay: null,
};

function connected(fault: Fault | null = null) {
  const events: EngineEvent[] = [];
  const state = { nowMs: 0, isGone: true as boolean | null };
  const waiting: ((isGone: boolean) => void)[] = [];
  const exchanges = new HttpExchanges({
    policy: {
      isTarget: () => true,
      connection: ({ host }) => ({ facts: { connection: "c", client: "c", host }, decision: null }),
      request: () => {
        if (fault === null) return { kind: "none", rule: null };
        const numbers = { matchNumber: 1, hitNumber: 1 };
        return {
          kind: "fault",
          decision: { rule: "r", source: "file", fault, ...numbers, random: () => 0, marker: null },
        };
      },
      record: (event) => events.push(event),
    },
    desk: new FaultDesk(() => 0),
    introduce: () => ({ connection: "c", client: "c", host: "api.test" }),
    unread: () => {},
    now: () => state.nowMs,
    port: {
      toClient: () => {},
      toServer: () => {},
      endClient: () => {},
      hold: () => {},
      whenGone: (_, told) => (state.isGone === null ? waiting.push(told) : told(state.isGone)),
    },
  });
  const told = <Type extends EngineEvent["type"]>(type: Type) =>
    events.filter((event): event is Extract<EngineEvent, { type: Type }> => event.type === type);
  return { exchanges, state, told, waiting };
}

describe("a request", () => {
  it("has the moments of its head and of its end, its size, and how many messages it holds", () => {
    const { exchanges, state, told } = connected();
    const whole = ascii(post([], '{"messages":[{},{}],"stream":true}'));
    state.nowMs = 5;
    exchanges.fromClient(whole.subarray(0, whole.length - 3));
    state.nowMs = 9;
    exchanges.fromClient(whole.subarray(whole.length - 3));
    expect(told("request")).toMatchObject([
      { beganAtMs: 5, atMs: 9, bodyBytes: 34, messages: 2, stream: true },
    ]);
  });

  it("says what its headers say of its program and its operation, without secrets", () => {
    const { exchanges, told } = connected();
    const key = "very-secret-idempotency-key";
    exchanges.fromClient(
      ascii(
        post(
          [
            "User-Agent: Anthropic/JS 1.14.0",
            "X-Stainless-Package-Version: 1.14.0",
            "X-Stainless-Runtime: node",
            "X-Stainless-Runtime-Version: v24.1.0",
            "X-Stainless-Retry-Count: 2",
            `Idempotency-Key: ${key}`,
            "X-Faultwire-Operation: summary 7",
            "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          ],
          "{}",
        ),
      ),
    );
    const [request] = told("request");
    expect(request).toMatchObject({
      userAgent: "Anthropic/JS 1.14.0",
      sdk: "1.14.0 node/v24.1.0",
      retryCount: 2,
      operation: "summary 7",
      trace: "4bf92f3577b34da6a3ce929d0e0e4736",
      span: "00f067aa0ba902b7",
    });
    expect(request?.idempotency).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(request)).not.toContain(key);
  });

  it("has the same fingerprint however its body comes, and another where that goes on differently long", () => {
    const fingerprintOf = (bytes: number, partBytes: number): string | undefined => {
      const { exchanges, told } = connected();
      const whole = ascii(post([], "x".repeat(bytes)));
      for (let at = 0; at < whole.length; at += partBytes)
        exchanges.fromClient(whole.subarray(at, at + partBytes));
      return told("request")[0]?.fingerprint;
    };
    const first = fingerprintOf(300_000, 16_000);
    expect(fingerprintOf(300_000, 65_000)).toBe(first);
    expect(fingerprintOf(300_000, 300_200)).toBe(first);
    expect(fingerprintOf(300_001, 16_000)).not.toBe(first);
  });

  it("tells its key apart from others, without giving it away", () => {
    const digestOf = (...headers: string[]): string | undefined => {
      const { exchanges, told } = connected();
      exchanges.fromClient(ascii(post(headers, "{}")));
      expect(JSON.stringify(told("request"))).not.toContain("secret");
      return told("request")[0]?.keyDigest;
    };
    const first = digestOf("Authorization: Bearer secret-1");
    // So short that a password that many use is not found by trying.
    expect(first).toMatch(/^[0-9a-f]{4}$/);
    expect(digestOf("authorization: Bearer secret-1")).toBe(first);
    expect(digestOf("Authorization: Bearer secret-2")).not.toBe(first);
    expect(digestOf("X-Api-Key: secret-1")).toMatch(/^[0-9a-f]{4}$/);
    expect(digestOf("Accept: */*")).toBeUndefined();
  });

  it("has no key in a signature, which is another one each time", () => {
    const signed = (signature: string): string =>
      `Authorization: AWS4-HMAC-SHA256 Credential=secret/20261128/x/y/aws4_request, SignedHeaders=host, Signature=${signature}`;
    const { exchanges, told } = connected();
    for (const signature of ["aa", "bb"]) exchanges.fromClient(ascii(post([signed(signature)], "{}")));
    expect(told("request").map(({ keyDigest }) => keyDigest)).toEqual([undefined, undefined]);
  });

  it("says nothing of what its headers do not say", () => {
    const { exchanges, told } = connected();
    exchanges.fromClient(ascii(post(["X-Stainless-Retry-Count: many", "Traceparent: 7"], "x")));
    for (const member of [
      "userAgent",
      "sdk",
      "retryCount",
      "idempotency",
      "operation",
      "trace",
      "messages",
      "keyDigest",
    ])
      expect(told("request")[0]).not.toHaveProperty(member);
  });
});

describe("a response", () => {
  it("has the id that the API gave it, or that our answer has in its place", () => {
    const real = connected();
    real.exchanges.fromClient(ascii(post([], "{}")));
    real.exchanges.fromServer(ascii("HTTP/1.1 200 OK\r\nX-Request-Id: req_1\r\nContent-Length: 0\r\n\r\n"));
    expect(real.told("response")).toMatchObject([{ status: 200, injected: false, requestId: "req_1" }]);
    const ours = connected(error);
    ours.exchanges.fromClient(ascii(post([], "{}")));
    expect(ours.told("response")).toMatchObject([{ status: 429, injected: true, requestId: "req_ours" }]);
  });
});

it("an answer of ours has the moment at which it was given out, and its end the one at which it had gone", () => {
  const { exchanges, state, told, waiting } = connected(error);
  state.isGone = null;
  state.nowMs = 10;
  exchanges.fromClient(ascii(post([], "{}")));
  state.nowMs = 90;
  for (const tell of waiting) tell(true);
  expect(told("response")).toMatchObject([{ atMs: 10 }]);
  expect(told("end")).toMatchObject([{ atMs: 90, how: "complete" }]);
});

describe("an exchange ends", () => {
  const ends: readonly (readonly [Malformation, number | undefined, string])[] = [
    ["bad-status-line", undefined, "failed"],
    ["bad-chunk", 200, "cut"],
    ["wrong-content-length", 200, "cut"],
    ["short-content-length", 200, "cut"],
    ["invalid-json", 200, "complete"],
    ["html", 200, "complete"],
  ];
  it.each(ends)("as its client reads it, where the answer is malformed by %s", (how, status, end) => {
    const { exchanges, told } = connected({ kind: "http.malformed", how });
    exchanges.fromClient(ascii(post([], "{}")));
    expect(told("response")[0]?.status).toBe(status);
    expect(told("end")).toMatchObject([{ how: end }]);
  });

  it("unread, where all of it was there and its client went away before it had got it", () => {
    const { exchanges, state, told } = connected(error);
    state.isGone = null;
    exchanges.fromClient(ascii(post([], "{}")));
    exchanges.finish();
    expect(told("end")).toMatchObject([{ how: "unread" }]);
    expect(told("undone")).toMatchObject([{ reason: "the connection ended first" }]);
  });

  it("failed, where the carrier can't send the answer", () => {
    const { exchanges, state, told } = connected(error);
    state.isGone = false;
    exchanges.fromClient(ascii(post([], "{}")));
    expect(told("end")).toMatchObject([{ how: "failed" }]);
  });

  it("abandoned, where its client went away before all of it was there", () => {
    const { exchanges, told } = connected();
    exchanges.fromClient(ascii(post([], "{}")));
    exchanges.fromServer(ascii("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
    exchanges.finish();
    expect(told("end")).toMatchObject([{ how: "abandoned" }]);
  });
});

it("a request that was answered before all of it had come is told all the same, once", () => {
  const rig = exchangesRig();
  rig.says("client", "POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 10\r\n\r\n01234");
  rig.says("server", "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  expect(rig.told("request")).toEqual([]);
  rig.exchanges.clientEnded();
  rig.exchanges.finish();
  expect(rig.told("request")).toMatchObject([{ method: "POST", bodyBytes: 5 }]);
});
