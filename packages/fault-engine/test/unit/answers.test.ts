import { encodeResponse, headerValue, ResponseReader } from "@faultwire/http1";
import { readAll, summaryOf, textOf } from "@faultwire/testkit/http-summary";
import { describe, expect, it } from "vitest";
import {
  type ErrorAnswer,
  faultResponse,
  MALFORMATIONS,
  malformedResponse,
  RateLimits,
  rateLimitScope,
  summarizeRequest,
} from "../../src/index.ts";
import { estimateTokens } from "../../src/internal.ts";
import { request } from "../support/rules.ts";

const answer = (more: Partial<ErrorAnswer>): ErrorAnswer => ({
  preset: null,
  status: null,
  message: null,
  body: null,
  headers: [],
  retryAfterSeconds: null,
  ...more,
});
const context = { requestId: "req_1", nowMs: 0, marker: "rule" };

describe("faultResponse", () => {
  it("is the preset's, with the user's changes laid over it", () => {
    const response = faultResponse(
      answer({
        preset: "anthropic/rate_limit_error",
        message: "mine",
        retryAfterSeconds: 7,
        headers: [
          ["Request-Id", "other"],
          ["x-new", "1"],
        ],
      }),
      context,
    );
    expect(response.status).toBe(429);
    expect(textOf(response.body)).toContain('"message":"mine"');
    expect(headerValue(response.headers, "retry-after")).toBe("7");
    expect(response.headers.filter(([name]) => /request-id/i.test(name))).toEqual([["request-id", "other"]]);
    expect(headerValue(response.headers, "x-new")).toBe("1");
    expect(headerValue(response.headers, "x-faultwire")).toBe("rule");
  });

  it("keeps the length right where the body is replaced", () => {
    const response = faultResponse(
      answer({ preset: "openai/server_error", status: 502, body: "é" }),
      context,
    );
    expect(response.status).toBe(502);
    expect(headerValue(response.headers, "content-length")).toBe("2");
    expect(() => encodeResponse(response, { method: "POST" })).not.toThrow();
  });

  it("is the user's own without a preset", () => {
    const text = faultResponse(answer({ status: 418, body: "tea" }), { ...context, marker: null });
    expect(text).toMatchObject({
      status: 418,
      headers: [
        ["content-type", "text/plain; charset=utf-8"],
        ["content-length", "3"],
      ],
    });
    const json = faultResponse(answer({ status: 503, retryAfterSeconds: 1.5 }), context);
    expect(headerValue(json.headers, "content-type")).toBe("application/json");
    expect(headerValue(json.headers, "retry-after")).toBe("2");
  });

  it("sends no retry-after where it is told so", () => {
    const response = faultResponse(
      answer({ preset: "anthropic/rate_limit_error", retryAfterSeconds: "none" }),
      context,
    );
    expect(headerValue(response.headers, "retry-after")).toBeUndefined();
  });

  it("refuses a preset that nobody has", () => {
    expect(() => faultResponse(answer({ preset: "acme/error" }), context)).toThrow(/acme/);
    expect(() => faultResponse(answer({ preset: "toString/error" }), context)).toThrow(/toString/);
  });
});

describe("malformedResponse", () => {
  /** What our own strict reader makes of it, the connection's end included. */
  const read = (how: (typeof MALFORMATIONS)[number]): unknown[] => {
    const { bytes, close } = malformedResponse(how, "anthropic", context);
    const reader = new ResponseReader();
    reader.expect("POST");
    return summaryOf(readAll(reader, [bytes], close));
  };

  it.each([
    ["bad-status-line", { malformed: "bad-status-line", offset: 0 }],
    ["bad-chunk", { malformed: "bad-chunk-size", offset: expect.any(Number) }],
    ["wrong-content-length", { malformed: "truncated", offset: expect.any(Number) }],
    ["short-content-length", { malformed: "bad-status-line", offset: expect.any(Number) }],
  ] as const)("%s breaks the framing", (how, fault) => {
    expect(read(how)).toContainEqual(fault);
  });

  it.each(["invalid-json", "wrong-content-type", "html"] as const)("%s is sound HTTP", (how) => {
    const [head, body, end] = read(how) as [{ headers: [string, string][] }, { data: string }, string];
    expect(end).toBe("end");
    expect(headerValue(head.headers, "x-faultwire")).toBe("rule");
    const isJson = headerValue(head.headers, "content-type") === "application/json";
    expect(isJson).toBe(how === "invalid-json");
    if (how === "wrong-content-type") expect(() => JSON.parse(body.data) as unknown).not.toThrow();
    else expect(() => JSON.parse(body.data) as unknown).toThrow();
  });

  it("has every way for every provider", () => {
    for (const how of MALFORMATIONS)
      for (const provider of ["anthropic", "openai", "gemini"] as const)
        expect(malformedResponse(how, provider, context).bytes.length).toBeGreaterThan(50);
  });
});

describe("RateLimits", () => {
  const budget = { requestsPerMinute: 6, inputTokensPerMinute: null, outputTokensPerMinute: null };
  const ask = (limits: RateLimits, nowMs: number, inputTokens = 1, scope = "a") =>
    limits.admit(scope, { inputTokens, nowMs, requestId: "req_1" });

  it("refuses exactly when the budget is gone, and says when it comes back", () => {
    const limits = new RateLimits(budget, "anthropic");
    for (let at = 0; at < 6; at++) {
      const admission = ask(limits, 0);
      expect(admission.kind).toBe("admitted");
      if (admission.kind === "admitted")
        expect(headerValue(admission.headers, "anthropic-ratelimit-requests-remaining")).toBe(String(5 - at));
    }
    const refused = ask(limits, 0);
    expect(refused).toMatchObject({ kind: "refused", waitMs: 10_000, response: { status: 429 } });
    if (refused.kind !== "refused") return;
    const { headers } = refused.response;
    expect(headerValue(headers, "retry-after")).toBe("10");
    expect(headerValue(headers, "anthropic-ratelimit-requests-reset")).toBe("1970-01-01T00:01:00Z");
    expect(headers.filter(([name]) => name.includes("ratelimit")).length).toBe(3);
    expect(ask(limits, 9_999).kind).toBe("refused");
    expect(ask(limits, 10_000).kind).toBe("admitted");
    expect(ask(limits, 10_000).kind).toBe("refused");
  });

  it("keeps accounts apart, and no more of them than allowed", () => {
    const limits = new RateLimits({ ...budget, requestsPerMinute: 1 }, "anthropic", 2);
    expect(["a", "b", "a", "c", "a"].map((scope) => ask(limits, 0, 1, scope).kind)).toEqual([
      "admitted",
      "admitted",
      "refused",
      "admitted",
      "admitted",
    ]);
  });

  it("takes input tokens at the start, and output tokens when they are known", () => {
    const limits = new RateLimits(
      { requestsPerMinute: null, inputTokensPerMinute: 1000, outputTokensPerMinute: 100 },
      "anthropic",
    );
    expect(ask(limits, 0, 600).kind).toBe("admitted");
    expect(ask(limits, 0, 600)).toMatchObject({ kind: "refused", waitMs: 12_000 });
    limits.settle("a", { estimatedInputTokens: 600, inputTokens: 100, outputTokens: 160, nowMs: 0 });
    // 900 input tokens are there again, but output is 60 in debt.
    expect(ask(limits, 0, 600)).toMatchObject({ kind: "refused", waitMs: 36_600 });
    expect(ask(limits, 36_600, 600).kind).toBe("admitted");
  });

  it("puts an estimate of input right that was too high, and one that was too low", () => {
    const tokens = { requestsPerMinute: null, inputTokensPerMinute: 1000, outputTokensPerMinute: null };
    for (const [inputTokens, left] of [
      [100, 900],
      [601, 399],
    ] as const) {
      const limits = new RateLimits(tokens, "anthropic");
      ask(limits, 0, 600);
      limits.settle("a", { estimatedInputTokens: 600, inputTokens, outputTokens: 0, nowMs: 0 });
      expect(ask(limits, 0, left + 1)).toMatchObject({ kind: "refused", waitMs: 60 });
      expect(ask(limits, 0, left).kind).toBe("admitted");
    }
  });

  it("neither gives anything twice nor takes it back where the clock is set back", () => {
    const limits = new RateLimits(budget, "anthropic");
    for (let at = 0; at < 6; at++) ask(limits, 60_000);
    // A minute back, and there again: of that minute nothing is given.
    for (const nowMs of [60_000, 0, 60_000])
      expect(ask(limits, nowMs)).toMatchObject({ kind: "refused", waitMs: 10_000 });
    expect(ask(limits, 70_000).kind).toBe("admitted");
  });

  it("lets a request larger than the whole budget pass when the budget is full", () => {
    const limits = new RateLimits({ ...budget, inputTokensPerMinute: 10 }, "anthropic");
    expect(ask(limits, 0, 50).kind).toBe("admitted");
    expect(ask(limits, 0, 1).kind).toBe("refused");
  });

  it("charges everybody, a key or a model", () => {
    const summary = summarizeRequest(request({ headers: [["x-api-key", "sk-secret"]] }));
    expect(summary).toMatchObject({
      path: "/v1/messages",
      provider: "anthropic",
      model: "claude-sonnet-5",
      stream: true,
    });
    expect(rateLimitScope("all", summary)).toBe("");
    expect(rateLimitScope("model", summary)).toBe("claude-sonnet-5");
    expect(rateLimitScope("key", summary)).toMatch(/^[0-9a-f]{16}$/);
    expect(summarizeRequest(request({ headers: [], body: null }))).toMatchObject({
      model: null,
      stream: false,
      key: "",
    });
  });

  it("has one account for a key, whichever API it is sent to, and one for all requests without a key", () => {
    const scope = (host: string, ...headers: readonly [string, string][]): string =>
      rateLimitScope(
        "key",
        summarizeRequest({ connection: "1", method: "POST", target: "/v1/chat/completions", host, headers }),
      );
    const bearer = ["authorization", "Bearer any"] as const;
    const [openai, mistral] = ["api.openai.com", "api.mistral.ai"] as const;
    expect(scope(openai, [...bearer])).toBe(scope(mistral, [...bearer]));
    expect(scope(openai, ["authorization", "Bearer other"])).not.toBe(scope(openai, [...bearer]));
    expect([scope(openai), scope(mistral)]).toEqual(["", ""]);
  });

  it("estimates four bytes a token", () => {
    expect([0, 1, 4, 5, 4000].map(estimateTokens)).toEqual([1, 1, 1, 2, 1000]);
  });
});
