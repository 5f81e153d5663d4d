// What clouds and gateways send, as literal values: from the documentation of Azure OpenAI, Vertex AI, Mistral and OpenRouter,
// bodies that their users have reported, and the sources of @mistralai/mistralai 2.7.0, @openrouter/sdk 1.3.19, cohere-ai 8.1.0,
// openai 6.49.0 and litellm 1.110.2. Nothing here is made from the tables that it is held against.
import { type Header, headerValue } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import {
  createMachine,
  PROVIDER_ERRORS,
  PROVIDERS,
  type Provider,
  pingEvent,
  providerError,
  RateLimits,
  summarizeRequest,
} from "../../src/index.ts";
import { requestProvider } from "../../src/internal.ts";
import { context } from "../support/streams.ts";

const nowMs = Date.UTC(2026, 10, 29, 8, 0, 0);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const sent = (provider: Provider, error: string, more: { retryAfterSeconds?: number } = {}) => {
  const response = providerError({ provider, error, requestId: "id-1", nowMs, message: "why", ...more });
  return { ...response, json: JSON.parse(text(response.body)) as unknown };
};
const limitsOf = (headers: readonly Header[]) =>
  headers.filter(([name]) => /^(?:x-ratelimit|retry-after)/i.test(name));

describe("Azure OpenAI's errors", () => {
  const service = (code: string) => ({ error: { code, message: "why" } });
  const model = (type: string | null, param: string | null, code: string | null) => ({
    error: { message: "why", type, param, code },
  });

  it.each([
    ["invalid_request_error", 400, model("invalid_request_error", "messages", null)],
    ["context_length_exceeded", 400, model("invalid_request_error", "messages", "context_length_exceeded")],
    ["access_denied", 401, service("401")],
    ["PermissionDenied", 401, service("PermissionDenied")],
    ["apim_missing_key", 401, { statusCode: 401, message: "why" }],
    ["apim_forbidden", 403, { statusCode: 403, message: "why" }],
    ["network_rules", 403, service("403")],
    ["DeploymentNotFound", 404, service("DeploymentNotFound")],
    ["not_found", 404, service("404")],
    ["apim_not_found", 404, { statusCode: 404, message: "why" }],
    ["Timeout", 408, service("Timeout")],
    ["rate_limit", 429, service("429")],
    ["NoCapacity", 429, service("NoCapacity")],
    ["apim_rate_limit", 429, { statusCode: 429, message: "why" }],
    ["server_error", 500, model("server_error", null, null)],
    ["InternalServerError", 500, service("InternalServerError")],
    ["ServiceUnavailable", 503, service("ServiceUnavailable")],
  ])("%s is a %i", (name, status, body) => {
    const response = sent("azure", name);
    expect(response.status).toBe(status);
    expect(response.json).toEqual(body);
    const id = name.startsWith("apim_") ? undefined : "id-1";
    expect(headerValue(response.headers, "apim-request-id")).toBe(id);
    expect(PROVIDER_ERRORS.azure).toHaveLength(18);
  });

  it("the content filter says in innererror what it found", () => {
    expect(sent("azure", "content_filter")).toMatchObject({
      status: 400,
      json: {
        error: {
          message: "why",
          type: null,
          param: "prompt",
          code: "content_filter",
          status: 400,
          innererror: {
            code: "ResponsibleAIPolicyViolation",
            content_filter_result: {
              hate: { filtered: false, severity: "safe" },
              jailbreak: { filtered: false, detected: false },
              violence: { filtered: true, severity: "medium" },
            },
          },
        },
      },
    });
  });

  it("a wait is told in seconds and in milliseconds, and agrees with the reset", () => {
    expect(limitsOf(sent("azure", "rate_limit", { retryAfterSeconds: 1.5 }).headers)).toEqual([
      ["retry-after", "2"],
      ["retry-after-ms", "1500"],
      ["x-ratelimit-limit-requests", "180"],
      ["x-ratelimit-remaining-requests", "179"],
      ["x-ratelimit-reset-requests", "0"],
      ["x-ratelimit-limit-tokens", "30000"],
      ["x-ratelimit-remaining-tokens", "0"],
      ["x-ratelimit-reset-tokens", "2"],
    ]);
    expect(limitsOf(sent("azure", "NoCapacity").headers)).toEqual([]);
    // The gateway before the service knows no milliseconds.
    expect(limitsOf(sent("azure", "apim_rate_limit").headers)).toEqual([["retry-after", "10"]]);
  });

  it("what the gateway before the service says of a missing key, and of a wait, in its own words", () => {
    const said = (error: string, more: { retryAfterSeconds?: number } = {}) =>
      JSON.parse(
        text(providerError({ provider: "azure", error, requestId: "id-1", nowMs, ...more }).body),
      ) as unknown;
    expect(said("apim_missing_key")).toEqual({
      statusCode: 401,
      message:
        "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
    });
    expect(said("apim_rate_limit", { retryAfterSeconds: 5 })).toEqual({
      statusCode: 429,
      message: "Rate limit is exceeded. Try again in 5 seconds.",
    });
    expect(said("apim_not_found")).toEqual({ statusCode: 404, message: "Resource not found" });
  });
});

describe("Vertex AI's errors", () => {
  it.each([
    ["INVALID_ARGUMENT", 400, "INVALID_ARGUMENT"],
    ["FAILED_PRECONDITION", 400, "FAILED_PRECONDITION"],
    ["UNAUTHENTICATED", 401, "UNAUTHENTICATED"],
    ["PERMISSION_DENIED", 403, "PERMISSION_DENIED"],
    ["NOT_FOUND", 404, "NOT_FOUND"],
    ["RESOURCE_EXHAUSTED", 429, "RESOURCE_EXHAUSTED"],
    ["quota_exceeded", 429, "RESOURCE_EXHAUSTED"],
    ["CANCELLED", 499, "CANCELLED"],
    ["INTERNAL", 500, "INTERNAL"],
    ["UNAVAILABLE", 503, "UNAVAILABLE"],
    ["DEADLINE_EXCEEDED", 504, "DEADLINE_EXCEEDED"],
  ])("%s is a %i, in Google's form, and says of no wait", (name, code, status) => {
    const response = sent("vertex", name);
    expect(response.status).toBe(code);
    expect(response.json).toEqual({ error: { code, message: "why", status } });
    expect(headerValue(response.headers, "content-type")).toBe("application/json; charset=UTF-8");
    expect(headerValue(response.headers, "retry-after")).toBeUndefined();
    expect(PROVIDER_ERRORS.vertex).toHaveLength(12);
  });

  it("Claude's overload is Anthropic's", () => {
    expect(sent("vertex", "overloaded_error")).toMatchObject({
      status: 529,
      json: { type: "error", error: { type: "overloaded_error", message: "why" }, request_id: "id-1" },
    });
  });
});

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
    expect(JSON.parse(text(body))).toMatchObject({ object: "error", message, type: error, param: null });
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
    ["openrouter", []],
    ["vertex", []],
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
    const { error } = JSON.parse(text(refused.response.body)) as {
      error: { metadata: { headers: Record<string, string> } };
    };
    const headers = limitsOf(refused.response.headers);
    expect(headers).toEqual([...Object.entries(error.metadata.headers), ["retry-after", "60"]]);
    expect(headers).toContainEqual(["X-RateLimit-Reset", String(nowMs + 60_000)]);
  });
});

describe("whose request it is", () => {
  it.each<[Provider | undefined, string, string | undefined, (readonly Header[])?]>([
    ["azure", "/openai/deployments/gpt/chat/completions?api-version=2026-10-21", undefined],
    ["azure", "/openai/v1/responses", "me.openai.azure.com"],
    ["azure", "/openai/v1/chat/completions", "me.services.ai.azure.com"],
    ["azure", "/openai/v1/chat/completions", "127.0.0.1", [["api-key", "k"]]],
    ["anthropic", "/anthropic/v1/messages", "me.services.ai.azure.com"],
    ["openai", "/openai/v1/chat/completions", "api.groq.com"],
    [
      "vertex",
      "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-5:rawPredict",
      undefined,
      [["anthropic-version", "vertex-2023-10-16"]],
    ],
    [
      "vertex",
      "/v1beta1/projects/p/locations/global/publishers/google/models/gemini-3-pro:generateContent",
      undefined,
    ],
    [
      "vertex",
      "/v1/publishers/google/models/gemini-3-pro:streamGenerateContent",
      "aiplatform.googleapis.com",
    ],
    [
      "vertex",
      "/v1/projects/p/locations/eu/endpoints/openapi/chat/completions",
      "aiplatform.eu.rep.googleapis.com",
    ],
    ["gemini", "/v1beta/models/gemini-3-pro:generateContent", "generativelanguage.googleapis.com"],
    ["openai", "/v1beta/openai/chat/completions", "generativelanguage.googleapis.com"],
    ["bedrock", "/model/anthropic.claude/converse", "bedrock-runtime.us-east-1.amazonaws.com"],
    ["mistral", "/v1/chat/completions", "api.mistral.ai"],
    ["mistral", "/v1/embeddings", "api.eu.mistral.ai"],
    ["mistral", "/v1/fim/completions", "localhost"],
    [
      "mistral",
      "/v1/chat/completions",
      "localhost",
      [["user-agent", "speakeasy-sdk/typescript 2.7.0 2.884.13 1.0.0 @mistralai/mistralai"]],
    ],
    ["mistral", "/v1/chat/completions", "localhost", [["user-agent", "mistral-client-python/2.4.1"]]],
    ["cohere", "/v2/chat", "api.cohere.com"],
    ["cohere", "/v1/classify", "api.cohere.com"],
    ["openai", "/compatibility/v1/chat/completions", "api.cohere.ai"],
    ["ollama", "/api/chat", "localhost"],
    ["ollama", "/api/embed", "localhost"],
    ["openrouter", "/api/v1/chat/completions", "localhost"],
    ["openrouter", "/api/v1/responses", "openrouter.ai"],
    ["anthropic", "/api/v1/messages", "openrouter.ai"],
    ["litellm", "/v1/chat/completions", "litellm.internal.test"],
    ["litellm", "/chat/completions", "my-litellm"],
    ["litellm", "/v1/chat/completions", "localhost", [["x-litellm-tags", "a"]]],
    ["anthropic", "/v1/messages", "litellm"],
    ["openai", "/v1/chat/completions", "gateway.test"],
    ["openai", "/v1/acc/gw/openai/chat/completions", "gateway.ai.cloudflare.com"],
    ["openai", "/v1/realtime/client_secrets", undefined],
    ["openai", "/v1/realtime/calls/rtc_1/accept", undefined],
    ["openai", "/v1/realtime/sessions", undefined],
    ["openai", "/v1/models", "api.openai.com"],
    ["openai", "/v1/batches", "eu.api.openai.com"],
    ["anthropic", "/v1/models", "api.anthropic.com"],
    ["openai", "/v1/chat/completions", "api.anthropic.com"],
    [undefined, "/v1/models", undefined],
  ])("%s: %s at %s", (provider, target, host, headers = []) => {
    expect(requestProvider({ target, headers, ...(host !== undefined && { host }) })).toBe(provider);
    // The Host header says the same, where nobody else knows the host.
    const named: readonly Header[] = host === undefined ? headers : [["host", `${host}:443`], ...headers];
    expect(requestProvider({ target, headers: named })).toBe(provider);
  });

  it("the path of a deployment has the model, and the body says whether it is a stream", () => {
    const facts = {
      connection: "1",
      method: "POST",
      headers: [],
      body: new TextEncoder().encode('{"stream":true}'),
    };
    const target = "/openai/deployments/gpt-6/chat/completions";
    expect(summarizeRequest({ ...facts, target })).toMatchObject({ model: "gpt-6", stream: true });
    const claude = "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-5:streamRawPredict";
    expect(summarizeRequest({ ...facts, target: claude, body: null })).toMatchObject({
      model: "claude-sonnet-5",
      stream: true,
    });
  });
});

describe("what an API says in the middle of a stream that looks like another's", () => {
  const CHUNK =
    'data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';
  const CLAUDE =
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n';

  const broken = (provider: Provider, type: string, path: string, whole: string): string => {
    const created = createMachine(
      {
        kind: "stream.error-event",
        at: { kind: "events", events: 1 },
        type,
        message: "m",
        ...{ event: null, data: null, errorCode: null },
        stop: "clean",
      },
      context({ provider, path, requestId: "r", format: "sse" }),
    );
    if (created.kind === "none") throw new Error(created.reason);
    const actions = created.machine.push(new TextEncoder().encode(whole + whole), 0);
    const out = actions.flatMap((action) => (action.kind === "bytes" ? text(action.bytes) : [])).join("");
    expect(out.startsWith(whole)).toBe(true);
    return out.slice(whole.length);
  };

  it.each<[Provider, string, string, string, string]>([
    [
      "openrouter",
      "provider_overloaded",
      "/api/v1/chat/completions",
      CHUNK,
      'data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","error":{"code":529,"message":"m","metadata":{"error_type":"provider_overloaded"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}\n\n',
    ],
    [
      "mistral",
      "rate_limited",
      "/v1/chat/completions",
      CHUNK,
      'data: {"object":"error","message":"m","type":"rate_limited","param":null,"code":"1300"}\n\n',
    ],
    [
      "azure",
      "429",
      "/openai/deployments/d/chat/completions",
      CHUNK,
      'data: {"error":{"code":"429","message":"m"}}\n\n',
    ],
    [
      "litellm",
      "RateLimitError",
      "/v1/chat/completions",
      CHUNK,
      'data: {"error":{"message":"m","type":"throttling_error","param":null,"code":"429"}}\n\n',
    ],
    [
      "vertex",
      "overloaded_error",
      "/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict",
      CLAUDE,
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"m"},"request_id":"r"}\n\n',
    ],
    [
      "vertex",
      "RESOURCE_EXHAUSTED",
      "/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent",
      'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\n\n',
      'data: {"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}\n\n',
    ],
  ])("%s: %s", (provider, type, path, whole, expected) => {
    expect(broken(provider, type, path, whole)).toBe(expected);
  });

  it("OpenRouter keeps a stream awake with a comment of its own", () => {
    expect(text(pingEvent("openrouter"))).toBe(": OPENROUTER PROCESSING\n\n");
    expect(text(pingEvent("mistral"))).toBe(": ping\n\n");
  });
});

describe("names and keys", () => {
  it.each([
    ["azure", "Azure OpenAI", ["api-key", "authorization"]],
    ["vertex", "Vertex AI", ["authorization", "x-goog-api-key"]],
    ["mistral", "Mistral", ["authorization"]],
    ["openrouter", "OpenRouter", ["authorization"]],
    ["litellm", "LiteLLM", ["x-litellm-api-key", "authorization"]],
  ] as const)("%s", (provider, title, keyHeaders) => {
    expect(PROVIDERS[provider]).toMatchObject({ title, keyHeaders });
  });
});
