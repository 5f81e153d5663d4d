// What the clouds' APIs send when they fail, as literal values: from the documentation of Azure OpenAI and Vertex AI, and bodies that
// their users have reported. Nothing here is made from the tables that it is held against.
import { headerValue } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { PROVIDER_ERRORS, providerError } from "../../src/index.ts";
import { answerOf, limitsOf, textOf } from "../support/wire-answers.ts";

const nowMs = Date.UTC(2026, 10, 29, 8, 0, 0);
const sent = answerOf({ nowMs, requestId: "id-1" });

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
        textOf(providerError({ provider: "azure", error, requestId: "id-1", nowMs, ...more }).body),
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
