// What the three APIs send, as literal values: from the documentation of their errors and streams (Anthropic, OpenAI,
// Gemini API), google/rpc/code.proto, and the sources of @anthropic-ai/sdk 1.14.0, openai 6.49.0 and @google/genai
// 2.32.0. Nothing here is made from the tables that it is held against.
import { type Header, headerValue } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import {
  anthropicRateLimitHeaders,
  errorEvent,
  eventMeaning,
  PROVIDER_ERRORS,
  PROVIDERS,
  pingEvent,
  providerError,
  readUsage,
} from "../../src/index.ts";
import { requestProvider } from "../../src/internal.ts";
import { answerOf, textOf } from "../support/wire-answers.ts";

const nowMs = Date.UTC(2026, 10, 22, 8, 0, 0);
const sent = answerOf({ nowMs, requestId: "req_a" });

describe("OpenAI's errors", () => {
  it.each([
    ["invalid_request_error", 400, "invalid_request_error", null, "messages"],
    ["invalid_api_key", 401, "invalid_request_error", "invalid_api_key", null],
    [
      "unsupported_country_region_territory",
      403,
      "request_forbidden",
      "unsupported_country_region_territory",
      null,
    ],
    ["model_not_found", 404, "invalid_request_error", "model_not_found", null],
    ["context_length_exceeded", 400, "invalid_request_error", "context_length_exceeded", "messages"],
    ["missing_scope", 401, "invalid_request_error", "missing_scope", null],
    ["rate_limit_exceeded", 429, "requests", "rate_limit_exceeded", null],
    ["token_rate_limit_exceeded", 429, "tokens", "rate_limit_exceeded", null],
    ["slow_down", 429, "rate_limit_error", "slow_down", null],
    ["insufficient_quota", 429, "insufficient_quota", "insufficient_quota", null],
    ["server_error", 500, "server_error", null, null],
    ["server_is_overloaded", 503, "service_unavailable_error", "server_is_overloaded", null],
  ])("%s is a %i", (name, status, type, code, param) => {
    const response = sent("openai", name);
    expect(response.status).toBe(status);
    expect(response.json).toEqual({ error: { message: "why", type, param, code } });
    expect(headerValue(response.headers, "content-type")).toBe("application/json");
    expect(headerValue(response.headers, "x-request-id")).toBe("req_a");
    expect(PROVIDER_ERRORS.openai).toHaveLength(12);
  });

  it("a used-up budget is told in the headers, and when it is whole again", () => {
    const limits = ({ headers }: { headers: readonly Header[] }) =>
      headers.filter(([name]) => /^x-ratelimit|^retry-after/.test(name));
    expect(limits(sent("openai", "rate_limit_exceeded"))).toEqual([
      ["retry-after", "5"],
      ["x-ratelimit-limit-requests", "500"],
      ["x-ratelimit-limit-tokens", "30000"],
      ["x-ratelimit-remaining-requests", "0"],
      ["x-ratelimit-remaining-tokens", "30000"],
      ["x-ratelimit-reset-requests", "5s"],
      ["x-ratelimit-reset-tokens", "0s"],
    ]);
    expect(limits(sent("openai", "server_error"))).toEqual([]);
    expect(limits(sent("openai", "server_error", { retryAfterSeconds: 2 }))).toEqual([["retry-after", "2"]]);
  });

  it.each([
    [0.5, "1s"],
    [59, "59s"],
    [60, "1m0s"],
    [3599, "59m59s"],
    [3600, "1h0m0s"],
    [7384, "2h3m4s"],
  ])("%s s until a reset are written as %s", (retryAfterSeconds, written) => {
    const { headers } = sent("openai", "rate_limit_exceeded", { retryAfterSeconds });
    expect(headerValue(headers, "x-ratelimit-reset-requests")).toBe(written);
  });
});

describe("Gemini's errors", () => {
  it.each([
    ["INVALID_ARGUMENT", 400],
    ["UNAUTHENTICATED", 401],
    ["PERMISSION_DENIED", 403],
    ["NOT_FOUND", 404],
    ["RESOURCE_EXHAUSTED", 429],
    ["INTERNAL", 500],
    ["UNAVAILABLE", 503],
    ["DEADLINE_EXCEEDED", 504],
  ])("%s is a %i", (name, status) => {
    const wait = name === "RESOURCE_EXHAUSTED" ? "5" : undefined;
    const response = sent("gemini", name);
    const retryInfo = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "5s" };
    const details = wait === undefined ? {} : { details: [retryInfo] };
    expect(response.status).toBe(status);
    expect(response.json).toEqual({ error: { code: status, message: "why", status: name, ...details } });
    expect(headerValue(response.headers, "content-type")).toBe("application/json; charset=UTF-8");
    expect(headerValue(response.headers, "retry-after")).toBe(wait);
    expect(PROVIDER_ERRORS.gemini).toHaveLength(8);
  });

  it("a wait is whole seconds, rounded up, in the header and in the body", () => {
    const { headers, json } = sent("gemini", "UNAVAILABLE", { retryAfterSeconds: 1.2 });
    expect(headerValue(headers, "retry-after")).toBe("2");
    expect(json).toMatchObject({ error: { details: [{ retryDelay: "2s" }] } });
  });
});

describe("Anthropic's budgets", () => {
  const minute = (limit: number, remaining: number, resetMs = nowMs) => ({ limit, remaining, resetMs });
  const told = (input: number, output: number): unknown => {
    const headers = anthropicRateLimitHeaders({
      requests: minute(50, 49),
      inputTokens: minute(40_000, input, nowMs + 1),
      outputTokens: minute(8_000, output, nowMs + 2000),
    });
    return Object.fromEntries(
      headers.map(([name, value]) => [name.replace("anthropic-ratelimit-", ""), value]),
    );
  };

  it("are written in the API's order, the sum of both directions before its parts", () => {
    expect(told(12_345, 6_789)).toEqual({
      "requests-limit": "50",
      "requests-remaining": "49",
      "requests-reset": "2026-11-22T08:00:00Z",
      "tokens-limit": "48000",
      "tokens-remaining": "19000",
      "tokens-reset": "2026-11-22T08:00:02Z",
      "input-tokens-limit": "40000",
      "input-tokens-remaining": "12000",
      "input-tokens-reset": "2026-11-22T08:00:01Z",
      "output-tokens-limit": "8000",
      "output-tokens-remaining": "7000",
      "output-tokens-reset": "2026-11-22T08:00:02Z",
    });
  });

  it.each([
    [0, "0"],
    [499, "0"],
    [500, "1000"],
    [1499, "1000"],
    [39_499, "39000"],
    [40_000, "40000"],
  ])("%i tokens that remain are told as %s: rounded to the nearest thousand", (remaining, written) => {
    expect(told(remaining, 0)).toMatchObject({
      "input-tokens-remaining": written,
      "tokens-remaining": written,
    });
  });

  it("are never told as more than the limit, and an unlimited one is not told", () => {
    const headers = anthropicRateLimitHeaders({
      requests: null,
      inputTokens: minute(700, 600),
      outputTokens: null,
    });
    expect(headers.slice(0, 2)).toEqual([
      ["anthropic-ratelimit-input-tokens-limit", "700"],
      ["anthropic-ratelimit-input-tokens-remaining", "700"],
    ]);
    expect(headers).toHaveLength(3);
  });

  it("of a 429 are a minute's: the requests are used up, the tokens are not", () => {
    const { headers } = sent("anthropic", "rate_limit_error");
    const of = (name: string) => headerValue(headers, `anthropic-ratelimit-${name}`);
    expect(["requests-limit", "requests-remaining", "requests-reset"].map(of)).toEqual([
      "50",
      "0",
      "2026-11-22T08:00:05Z",
    ]);
    expect(["input-tokens-remaining", "output-tokens-remaining", "tokens-reset"].map(of)).toEqual([
      "40000",
      "8000",
      "2026-11-22T08:00:00Z",
    ]);
    const options = {
      provider: "anthropic",
      error: 429,
      requestId: "a",
      nowMs,
      retryAfterSeconds: null,
    } as const;
    const unsaid = providerError(options);
    expect(headerValue(unsaid.headers, "anthropic-ratelimit-requests-reset")).toBe("2026-11-22T08:01:00Z");
  });
});

describe("the events of a stream", () => {
  const meaning = (name: string | null, json: unknown) =>
    eventMeaning({ name, data: typeof json === "string" ? json : JSON.stringify(json) });
  const chunk = (delta: object) => ({ object: "chat.completion.chunk", choices: [{ index: 0, delta }] });

  it.each([
    ["message_start", false, false],
    ["content_block_start", false, false],
    ["content_block_delta", true, false],
    ["content_block_stop", false, false],
    ["message_delta", false, false],
    ["message_stop", false, true],
  ])("Anthropic's %s", (type, isDelta, isLast) => {
    expect(meaning(type, { type })).toMatchObject({ provider: "anthropic", type, isDelta, isLast });
  });

  it.each([
    ["response.created", false, false],
    ["response.queued", false, false],
    ["response.in_progress", false, false],
    ["response.output_item.added", false, false],
    ["response.output_item.done", false, false],
    ["response.content_part.added", false, false],
    ["response.output_text.delta", true, false],
    ["response.output_text.done", false, false],
    ["response.refusal.delta", true, false],
    ["response.function_call_arguments.delta", true, false],
    ["response.reasoning_summary_text.delta", true, false],
    ["response.completed", false, true],
    ["response.failed", false, true],
    ["response.incomplete", false, true],
  ])("OpenAI's %s", (type, isDelta, isLast) => {
    expect(meaning(type, { type })).toMatchObject({ provider: "openai", type, isDelta, isLast });
  });

  it.each([
    ["text", { content: "a" }, true],
    ["a tool's call", { tool_calls: [{ index: 0, function: { arguments: "{" } }] }, true],
    ["a refusal", { refusal: "no" }, true],
    ["reasoning", { reasoning_content: "hm" }, true],
    ["reasoning, as OpenRouter has it", { content: "", reasoning: "hm" }, true],
    ["a role alone", { role: "assistant", content: "" }, false],
    ["nothing at all", {}, false],
  ])("OpenAI's chunk of a chat with %s", (_, delta, isDelta) => {
    expect(meaning(null, chunk(delta))).toMatchObject({
      provider: "openai",
      type: "message",
      isDelta,
      isLast: false,
    });
  });

  it("OpenAI's end of a chat, and its chunk with the usage alone", () => {
    expect(meaning(null, "[DONE]")).toMatchObject({
      provider: "openai",
      type: "done",
      isDelta: false,
      isLast: true,
    });
    expect(meaning(null, { choices: [], usage: { prompt_tokens: 1 } })).toMatchObject({
      provider: "openai",
      isDelta: false,
      isLast: false,
    });
  });

  it.each([
    ["text", { content: { parts: [{ text: "a" }] } }, true, false],
    ["text and the end", { content: { parts: [] }, finishReason: "STOP" }, true, true],
    ["the end alone", { finishReason: "MAX_TOKENS" }, false, true],
  ])("Gemini's chunk with %s", (_, candidate, isDelta, isLast) => {
    expect(meaning(null, { candidates: [candidate] })).toMatchObject({
      provider: "gemini",
      type: "message",
      isDelta,
      isLast,
    });
  });
});

describe("what an API says in the middle of a stream", () => {
  it.each([
    [
      "anthropic",
      'event: error\ndata: {"type":"error","error":{"type":"t","message":"m"},"request_id":"r"}\n\n',
    ],
    ["openai", 'data: {"error":{"message":"m","type":"t","param":null,"code":"t"}}\n\n'],
    ["gemini", 'data: {"error":{"code":503,"message":"m","status":"t"}}\n\n'],
  ] as const)("%s: that it failed", (provider, expected) => {
    expect(textOf(errorEvent(provider, "t", "m", "r"))).toBe(expected);
  });

  it.each([
    ["anthropic", 'event: ping\ndata: {"type": "ping"}\n\n'],
    ["openai", ": ping\n\n"],
    ["gemini", ": ping\n\n"],
  ] as const)("%s: that it is still there", (provider, expected) => {
    expect(textOf(pingEvent(provider))).toBe(expected);
  });
});

describe("what Anthropic's edge says when the API is out of reach", () => {
  it.each([502, 503, 520, 522, 524])("%i: a page", (status) => {
    const error = `cloudflare_${status}`;
    const response = providerError({
      provider: "anthropic",
      error,
      requestId: "req_01ABCDEFGHIJKLMNOPQRSTUV",
      nowMs,
      message: 'A & B\'s "C" > D',
      retryAfterSeconds: 1.5,
    });
    expect(response.status).toBe(status);
    expect(response.headers).toEqual([
      ["content-type", "text/html; charset=UTF-8"],
      ["content-length", String(response.body.length)],
      ["cache-control", "no-store"],
      ["server", "cloudflare"],
      ["cf-ray", "ghijklmnopqrstuv-FRA"],
      ["retry-after", "2"],
    ]);
    const title = "A &amp; B&#39;s &quot;C&quot; &gt; D";
    expect(textOf(response.body)).toContain(`<title>${status}: ${title}</title>`);
    expect(textOf(response.body)).toContain(`<h1>${title} <small>Error code ${status}</small></h1>`);
    expect(textOf(response.body)).toContain("<p>Ray ID: ghijklmnopqrstuv</p>");
  });
});

describe("where the tokens of an answer are told", () => {
  it.each([
    ["Anthropic's answer", { usage: { input_tokens: 3, output_tokens: 4 } }],
    ["Anthropic's message_start", { message: { usage: { input_tokens: 3, output_tokens: 4 } } }],
    ["OpenAI's chat", { usage: { prompt_tokens: 3, completion_tokens: 4 } }],
    ["OpenAI's response.completed", { response: { usage: { input_tokens: 3, output_tokens: 4 } } }],
    ["Gemini", { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } }],
  ])("%s", (_, json) => {
    expect(readUsage(json)).toEqual({ inputTokens: 3, outputTokens: 4 });
  });
});

describe("whose request it is", () => {
  it.each([
    ["anthropic", "/v1/messages"],
    ["anthropic", "/v1/messages/count_tokens"],
    ["anthropic", "/v1/complete"],
    ["openai", "/v1/chat/completions"],
    ["openai", "/v1/completions"],
    ["openai", "/v1/responses"],
    ["openai", "/v1/embeddings"],
    ["openai", "/v1/moderations"],
    ["openai", "/v1/audio/speech"],
    ["openai", "/v1/images/generations"],
    ["gemini", "/v1beta/models/gemini-3-pro:generateContent"],
    ["gemini", "/v1/models/gemini-3-pro:streamGenerateContent"],
    ["gemini", "/v1alpha/models/m:countTokens"],
  ])("%s: %s", (provider, path) => {
    expect(requestProvider({ target: path, headers: [] })).toBe(provider);
  });

  it("Anthropic's, by a header that no other API has", () => {
    expect(requestProvider({ target: "/llm", headers: [["anthropic-version", "2026-10-21"]] })).toBe(
      "anthropic",
    );
  });
});

describe("where SDKs go, and the keys that they send", () => {
  it.each([
    [
      "anthropic",
      "Anthropic",
      "https://api.anthropic.com",
      "ANTHROPIC_BASE_URL",
      ["x-api-key", "authorization"],
    ],
    ["openai", "OpenAI", "https://api.openai.com/v1", "OPENAI_BASE_URL", ["authorization"]],
    [
      "gemini",
      "Gemini",
      "https://generativelanguage.googleapis.com",
      "GOOGLE_GEMINI_BASE_URL",
      ["x-goog-api-key"],
    ],
  ] as const)("%s", (provider, title, standard, variable, keyHeaders) => {
    expect(PROVIDERS[provider]).toMatchObject({ title, baseUrl: { standard, variable }, keyHeaders });
  });
});

describe("an answer of the mock", () => {
  it.each([
    [
      "anthropic",
      {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "faultwire",
        content: [{ type: "text", text: "hi" }],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 8 },
      },
    ],
    [
      "openai",
      {
        id: "req_1",
        object: "chat.completion",
        created: 0,
        model: "faultwire",
        choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 1, completion_tokens: 8, total_tokens: 9 },
      },
    ],
    [
      "gemini",
      {
        candidates: [{ content: { role: "model", parts: [{ text: "hi" }] }, finishReason: "STOP", index: 0 }],
      },
    ],
  ] as const)("%s", (provider, expected) => {
    expect(PROVIDERS[provider].goodAnswer("req_1", "hi")).toEqual(expected);
  });
});
