// What Mistral, Cohere and the gateways send, as literal values: from the documentation of Mistral and OpenRouter, bodies that their
// users have reported, and the sources of @mistralai/mistralai 2.7.0, @openrouter/sdk 1.3.19, cohere-ai 8.1.0, openai 6.49.0 and
// litellm 1.110.2. Nothing here is made from the tables that it is held against.
import { headerValue } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { PROVIDER_ERRORS, type Provider, providerError, RateLimits } from "../../src/index.ts";
import { answerOf, limitsOf, textOf } from "../support/wire-answers.ts";

const nowMs = Date.UTC(2026, 10, 29, 8, 0, 0);
const sent = answerOf({ nowMs, requestId: "id-1" });

describe("Mistral's errors", () => {
  const body = (type: string, code: string | null, raw_status_code: number) => ({
    ...{ object: "error", message: "why", type, param: null, code, raw_status_code },
  });

  it.each([
    ["invalid_request_error", 400, body("invalid_request_error", null, 400)],
    ["invalid_request_message_order", 400, body("invalid_request_message_order", "3230", 400)],
    ["invalid_model", 400, body("invalid_model", "1500", 400)],
    ["unauthorized", 401, { detail: "why" }],
    ["payment_required", 402, body("invalid_request_error", null, 402)],
    ["forbidden", 403, body("tier_not_allowed", "1910", 403)],
    ["not_found", 404, { detail: "why" }],
    [
      "validation_error",
      422,
      { detail: [{ type: "missing", loc: ["body", "messages"], msg: "why", input: null }] },
    ],
    ["rate_limited", 429, body("rate_limited", "1300", 429)],
    ["service_tier_capacity_exceeded", 429, body("service_tier_capacity_exceeded", "3505", 429)],
    ["internal_server_error", 500, body("internal_server_error", "1000", 500)],
    ["bad_gateway", 502, body("internal_server_error", null, 502)],
    ["unreachable_backend", 503, body("unreachable_backend", "1100", 503)],
    ["gateway_timeout", 504, body("internal_server_error", null, 504)],
  ])("%s is a %i", (name, status, expected) => {
    const response = sent("mistral", name);
    expect(response.status).toBe(status);
    expect(response.json).toEqual(expected);
    expect(headerValue(response.headers, "mistral-correlation-id")).toBe("id-1");
    expect(PROVIDER_ERRORS.mistral).toHaveLength(14);
  });

  it.each([
    ["internal_server_error", "Service unavailable."],
    ["unreachable_backend", "Internal server error"],
  ])("what %s says is what the other one is called", (error, message) => {
    const { body } = providerError({ provider: "mistral", error, requestId: "id-1", nowMs });
    expect(JSON.parse(textOf(body))).toMatchObject({ object: "error", message, type: error, param: null });
  });

  it("budgets are a minute's, under names of its own, without a reset", () => {
    expect(limitsOf(sent("mistral", "rate_limited").headers)).toEqual([
      ["retry-after", "5"],
      ["x-ratelimit-limit-tokens-minute", "50000"],
      ["x-ratelimit-remaining-tokens-minute", "50000"],
      ["x-ratelimit-limit-req-minute", "60"],
      ["x-ratelimit-remaining-req-minute", "0"],
    ]);
  });
});

describe("OpenRouter's errors", () => {
  it.each([
    ["invalid_request", 400, "invalid_request"],
    ["context_length_exceeded", 400, "context_length_exceeded"],
    ["authentication", 401, "authentication"],
    ["not_found", 404, "not_found"],
    ["timeout", 408, "timeout"],
    ["payload_too_large", 413, "payload_too_large"],
    ["unprocessable", 422, "unprocessable"],
    ["server", 500, "server"],
    ["no_provider", 503, "provider_unavailable"],
    ["edge_timeout", 524, "timeout"],
  ])("%s is a %i", (name, code, error_type) => {
    const response = sent("openrouter", name);
    expect(response.status).toBe(code);
    expect(response.json).toEqual({ error: { message: "why", code, metadata: { error_type } } });
    expect(headerValue(response.headers, "x-generation-id")).toBe("id-1");
    expect(PROVIDER_ERRORS.openrouter).toHaveLength(16);
  });

  it.each([
    ["provider_rate_limited", 429, "rate_limit_exceeded"],
    ["provider_unavailable", 502, "provider_unavailable"],
    ["provider_overloaded", 529, "provider_overloaded"],
  ])("%s is a %i with the words of the provider behind it", (name, code, error_type) => {
    expect(sent("openrouter", name).json).toEqual({
      error: {
        message: "why",
        code,
        metadata: { error_type, raw: expect.any(String), provider_name: expect.any(String) },
      },
    });
  });

  it("used-up credits are told by the source of the limit alone", () => {
    const response = sent("openrouter", "payment_required");
    expect(response.status).toBe(402);
    expect(response.json).toEqual({
      error: { message: "why", code: 402, metadata: { limit_source: "openrouter_credits" } },
    });
  });

  it("its own rate limit is told in the body as in the headers, the reset as a moment", () => {
    const { json, headers } = sent("openrouter", "rate_limit_exceeded", { retryAfterSeconds: 3 });
    expect(json).toMatchObject({
      error: {
        code: 429,
        metadata: {
          headers: {
            "X-RateLimit-Limit": "20",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": "1795939203000",
          },
          limit_source: "openrouter_free_tier_per_minute",
        },
      },
    });
    expect(limitsOf(headers)).toEqual([
      ["X-RateLimit-Limit", "20"],
      ["X-RateLimit-Remaining", "0"],
      ["X-RateLimit-Reset", "1795939203000"],
      ["retry-after", "3"],
    ]);
  });

  it("a flagged input is told with its reasons", () => {
    expect(sent("openrouter", "content_policy_violation")).toMatchObject({
      status: 403,
      json: { error: { metadata: { reasons: ["violence"], flagged_input: "…", model_slug: "faultwire" } } },
    });
  });
});

describe("LiteLLM's errors", () => {
  it.each([
    ["BadRequestError", 400, "invalid_request_error"],
    ["ContextWindowExceededError", 400, "invalid_request_error"],
    ["ContentPolicyViolationError", 400, "invalid_request_error"],
    ["AuthenticationError", 401, "authentication_error"],
    ["auth_error", 401, "auth_error"],
    ["expired_key", 401, "expired_key"],
    ["PermissionDeniedError", 403, "permission_error"],
    ["key_model_access_denied", 403, "key_model_access_denied"],
    ["NotFoundError", 404, "invalid_request_error"],
    ["Timeout", 408, "invalid_request_error"],
    ["UnprocessableEntityError", 422, "invalid_request_error"],
    ["RateLimitError", 429, "throttling_error"],
    ["no_deployments", 429, "rate_limit_error"],
    ["budget_exceeded", 429, "budget_exceeded"],
    ["InternalServerError", 500, "internal_server_error"],
    ["APIConnectionError", 500, "internal_server_error"],
    ["BadGatewayError", 502, "internal_server_error"],
    ["ServiceUnavailableError", 503, "internal_server_error"],
    ["no_db_connection", 503, "no_db_connection"],
  ])("%s is a %i, and its code is that status as a text", (name, status, type) => {
    const response = sent("litellm", name);
    expect(response.status).toBe(status);
    expect(response.json).toEqual({ error: { message: "why", type, param: null, code: String(status) } });
    expect(headerValue(response.headers, "x-litellm-call-id")).toBe("id-1");
    expect(PROVIDER_ERRORS.litellm).toHaveLength(19);
  });
});

describe("Cohere's errors", () => {
  it.each([
    ["invalid_request", 400],
    ["invalid_token", 401],
    ["forbidden", 403],
    ["not_found", 404],
    ["unprocessable_entity", 422],
    ["too_many_requests", 429],
    ["blocked_token", 498],
    ["client_closed_request", 499],
    ["internal_error", 500],
    ["not_implemented", 501],
    ["service_unavailable", 503],
    ["gateway_timeout", 504],
  ])("%s is a %i", (name, status) => {
    expect(sent("cohere", name)).toMatchObject({ status, json: { id: "id-1", message: "why" } });
    expect(PROVIDER_ERRORS.cohere).toHaveLength(12);
  });
});

describe("the budgets of http.rate-limit, as each API tells them", () => {
  const told = (provider: Provider) => {
    const budget = { requestsPerMinute: 60, inputTokensPerMinute: 1000, outputTokensPerMinute: 1000 };
    const admission = new RateLimits(budget, provider).admit("", { inputTokens: 10, nowMs, requestId: "i" });
    return admission.kind === "admitted" ? admission.headers : [];
  };

  it.each([
    [
      "openai",
      [
        ["x-ratelimit-limit-requests", "60"],
        ["x-ratelimit-limit-tokens", "2000"],
        ["x-ratelimit-remaining-requests", "59"],
        ["x-ratelimit-remaining-tokens", "1990"],
        ["x-ratelimit-reset-requests", "1s"],
        ["x-ratelimit-reset-tokens", "600ms"],
      ],
    ],
    [
      "azure",
      [
        ["x-ratelimit-limit-requests", "60"],
        ["x-ratelimit-remaining-requests", "59"],
        ["x-ratelimit-reset-requests", "1"],
        ["x-ratelimit-limit-tokens", "2000"],
        ["x-ratelimit-remaining-tokens", "1990"],
        ["x-ratelimit-reset-tokens", "1"],
      ],
    ],
    [
      "mistral",
      [
        ["x-ratelimit-limit-tokens-minute", "2000"],
        ["x-ratelimit-remaining-tokens-minute", "1990"],
        ["x-ratelimit-limit-req-minute", "60"],
        ["x-ratelimit-remaining-req-minute", "59"],
      ],
    ],
    [
      "litellm",
      [
        ["x-ratelimit-limit-requests", "60"],
        ["x-ratelimit-limit-tokens", "2000"],
        ["x-ratelimit-remaining-requests", "59"],
        ["x-ratelimit-remaining-tokens", "1990"],
        ["x-ratelimit-reset-requests", "1s"],
        ["x-ratelimit-reset-tokens", "600ms"],
      ],
    ],
    [
      "anthropic",
      [
        ["anthropic-ratelimit-requests-limit", "60"],
        ["anthropic-ratelimit-requests-remaining", "59"],
        ["anthropic-ratelimit-requests-reset", "2026-11-29T08:00:01Z"],
        ["anthropic-ratelimit-tokens-limit", "2000"],
        ["anthropic-ratelimit-tokens-remaining", "2000"],
        ["anthropic-ratelimit-tokens-reset", "2026-11-29T08:00:01Z"],
        ["anthropic-ratelimit-input-tokens-limit", "1000"],
        ["anthropic-ratelimit-input-tokens-remaining", "1000"],
        ["anthropic-ratelimit-input-tokens-reset", "2026-11-29T08:00:01Z"],
        ["anthropic-ratelimit-output-tokens-limit", "1000"],
        ["anthropic-ratelimit-output-tokens-remaining", "1000"],
        ["anthropic-ratelimit-output-tokens-reset", "2026-11-29T08:00:00Z"],
      ],
    ],
    ["openrouter", []],
    ["vertex", []],
    ["gemini", []],
    ["bedrock", []],
    ["cohere", []],
    ["ollama", []],
  ] as const)("%s", (provider, headers) => {
    expect(told(provider)).toEqual(headers);
  });

  it("OpenRouter tells them on a refusal alone, in the body as in the headers", () => {
    const budget = { requestsPerMinute: 1, inputTokensPerMinute: null, outputTokensPerMinute: null };
    const limits = new RateLimits(budget, "openrouter");
    const asked = { inputTokens: 10, nowMs, requestId: "i" };
    expect(limits.admit("", asked)).toEqual({ kind: "admitted", headers: [] });
    const refused = limits.admit("", asked);
    if (refused.kind !== "refused") throw new Error("it was admitted");
    const { error } = JSON.parse(textOf(refused.response.body)) as {
      error: { metadata: { headers: Record<string, string> } };
    };
    const headers = limitsOf(refused.response.headers);
    expect(headers).toEqual([...Object.entries(error.metadata.headers), ["retry-after", "60"]]);
    expect(headers).toContainEqual(["X-RateLimit-Limit", "1"]);
    expect(headers).toContainEqual(["X-RateLimit-Remaining", "0"]);
    expect(headers).toContainEqual(["X-RateLimit-Reset", String(nowMs + 60_000)]);
  });

  it("OpenRouter tells no limit of requests where the tokens of a budget are used up", () => {
    const budget = { requestsPerMinute: null, inputTokensPerMinute: 10, outputTokensPerMinute: null };
    const limits = new RateLimits(budget, "openrouter");
    const asked = { inputTokens: 10, nowMs, requestId: "i" };
    limits.admit("", asked);
    const refused = limits.admit("", asked);
    if (refused.kind !== "refused") throw new Error("it was admitted");
    expect(limitsOf(refused.response.headers)).toEqual([["retry-after", "60"]]);
    expect(textOf(refused.response.body)).not.toContain("X-RateLimit");
  });
});
