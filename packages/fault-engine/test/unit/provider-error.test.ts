import { type HttpResponse, headerValue } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import {
  FaultEngineError,
  PROVIDER_ERRORS,
  type ProviderErrorOptions,
  providerError,
  requestId,
} from "../../src/index.ts";

const nowMs = Date.UTC(2026, 10, 22, 8, 0, 0, 1);
const anthropic = (error: string | number, more: Partial<ProviderErrorOptions> = {}): HttpResponse =>
  providerError({ provider: "anthropic", error, requestId: "req_01x", nowMs, ...more });
const json = (response: HttpResponse): unknown => JSON.parse(new TextDecoder().decode(response.body));

describe("errors of every provider", () => {
  const all = Object.entries(PROVIDER_ERRORS).flatMap(([provider, rows]) =>
    rows.map((row) => [provider as keyof typeof PROVIDER_ERRORS, row] as const),
  );

  it.each(all)("%s $name is consistent inside", (provider, row) => {
    const response = providerError({
      provider,
      error: row.name,
      requestId: "req_01x",
      nowMs,
      retryAfterSeconds: 1.2,
    });
    expect(response.status).toBe(row.status);
    expect(headerValue(response.headers, "content-length")).toBe(String(response.body.length));
    expect(headerValue(response.headers, "retry-after")).toBe("2");
    expect(new TextDecoder().decode(response.body)).toContain(row.message);
  });

  it.each(all)("%s $name is the same every time", (provider, row) => {
    const options = { provider, error: row.name, requestId: "req_01x", nowMs } as const;
    expect(providerError(options)).toEqual(providerError(options));
  });

  it("says which errors there are when it knows none of that name", () => {
    expect(() => anthropic("overloaded")).toThrow(/overloaded_error \(529\)/);
    expect(() => anthropic(418)).toThrow(expect.objectContaining({ code: "unknown-preset" }));
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s as retry-after", (retryAfterSeconds) => {
    expect(() => anthropic(429, { retryAfterSeconds })).toThrow(FaultEngineError);
  });
});

describe("Anthropic's errors", () => {
  it.each([
    [400, "invalid_request_error"],
    [401, "authentication_error"],
    [402, "billing_error"],
    [403, "permission_error"],
    [404, "not_found_error"],
    [409, "conflict_error"],
    [413, "request_too_large"],
    [429, "rate_limit_error"],
    [500, "api_error"],
    [504, "timeout_error"],
    [529, "overloaded_error"],
  ])("%i is %s, in the body that the API sends", (status, type) => {
    const response = anthropic(status, { message: "why" });
    expect(json(response)).toEqual({ type: "error", error: { type, message: "why" }, request_id: "req_01x" });
    expect(headerValue(response.headers, "request-id")).toBe("req_01x");
    expect(headerValue(response.headers, "content-type")).toBe("application/json");
    expect(anthropic(type, { message: "why" })).toEqual(response);
  });

  it("reset times agree with retry-after, and never come too early", () => {
    const { headers } = anthropic(429, { retryAfterSeconds: 7 });
    expect(headerValue(headers, "retry-after")).toBe("7");
    expect(headerValue(headers, "anthropic-ratelimit-requests-remaining")).toBe("0");
    expect(headerValue(headers, "anthropic-ratelimit-requests-reset")).toBe("2026-11-22T08:00:08Z");
  });

  it("token budgets add up", () => {
    const { headers } = anthropic(429);
    const number = (name: string): number => Number(headerValue(headers, `anthropic-ratelimit-${name}`));
    for (const what of ["limit", "remaining"])
      expect(number(`input-tokens-${what}`) + number(`output-tokens-${what}`)).toBe(number(`tokens-${what}`));
    for (const what of ["requests", "tokens", "input-tokens", "output-tokens"])
      expect(number(`${what}-remaining`)).toBeLessThanOrEqual(number(`${what}-limit`));
  });

  it.each([
    ["spend_limit", 400, "invalid_request_error", undefined],
    ["tier_limit", 429, "rate_limit_error", undefined],
    ["workspace_limit", 429, "rate_limit_error", "5"],
  ])("%s is a %i with the type %s; what ran out is no budget of the headers", (name, status, type, wait) => {
    const response = anthropic(name);
    expect(response.status).toBe(status);
    expect(json(response)).toMatchObject({ error: { type } });
    expect(headerValue(response.headers, "retry-after")).toBe(wait);
    expect(response.headers.filter(([header]) => header.includes("ratelimit"))).toEqual([]);
  });

  it.each([
    ["ramp_limit_exceeded", 429, "rate_limit_error"],
    ["enforced_spend_limit_reached", 429, "rate_limit_error"],
    ["contract_spend_limit_reached", 429, "rate_limit_error"],
    ["compaction_unavailable", 529, "overloaded_error"],
    ["cmek_key_unreachable", 503, "api_error"],
  ])("%s says its name in the details", (name, status, type) => {
    const response = anthropic(name);
    expect(response.status).toBe(status);
    expect(json(response)).toMatchObject({ error: { type, details: { error_code: name } } });
  });

  it("a status means the error that is met most", () => {
    const of = (status: number): unknown => headerValue(anthropic(status).headers, "content-type");
    expect(json(anthropic(529))).toEqual(json(anthropic("overloaded_error")));
    expect(json(anthropic(400))).toEqual(json(anthropic("invalid_request_error")));
    expect(of(503)).toMatch(/html/);
  });

  it("retry-after can be left out", () => {
    expect(headerValue(anthropic(429, { retryAfterSeconds: null }).headers, "retry-after")).toBeUndefined();
  });

  it("the edge speaks HTML", () => {
    const response = anthropic("cloudflare_520", { message: "<script>" });
    expect(response.status).toBe(520);
    expect(headerValue(response.headers, "content-type")).toBe("text/html; charset=UTF-8");
    expect(new TextDecoder().decode(response.body)).toContain("&lt;script&gt;");
    expect(new TextDecoder().decode(response.body)).not.toContain("<script>");
  });
});

describe("other providers' errors", () => {
  it("OpenAI", () => {
    const options = { provider: "openai", requestId: "req_a", nowMs } as const;
    const limited = providerError({ ...options, error: 429, retryAfterSeconds: 360 });
    expect(json(limited)).toMatchObject({ error: { code: "rate_limit_exceeded", param: null } });
    expect(headerValue(limited.headers, "x-request-id")).toBe("req_a");
    expect(headerValue(limited.headers, "x-ratelimit-reset-requests")).toBe("6m0s");
    const quota = providerError({ ...options, error: "insufficient_quota" });
    expect(quota.headers.filter(([name]) => /retry-after|ratelimit/.test(name))).toEqual([]);
  });

  it("Gemini", () => {
    const limited = providerError({ provider: "gemini", error: 429, requestId: "", nowMs });
    expect(json(limited)).toMatchObject({
      error: { code: 429, status: "RESOURCE_EXHAUSTED", details: [{ retryDelay: "5s" }] },
    });
  });
});

describe("requestId", () => {
  it("depends on seed and counter alone", () => {
    expect(requestId("anthropic", 42, 0)).toBe(requestId("anthropic", "42", 0));
    const ids = new Set(Array.from({ length: 1000 }, (_, at) => requestId("anthropic", 42, at)));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^req_01[1-9A-HJ-NP-Za-km-z]{22}$/);
  });

  it("has each provider's style", () => {
    expect(requestId("openai", 1, 0)).toMatch(/^req_[0-9a-f]{32}$/);
    expect(requestId("gemini", 1, 0)).toMatch(/^[\w-]{16}$/);
  });
});
