// What Bedrock's runtime and Ollama send when they fail, as literal values: from the documentation of both APIs and the source of
// @aws-sdk/client-bedrock-runtime 3.1164.0. Nothing here is made from the tables that it is held against.
import { headerValue } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { PROVIDER_ERRORS } from "../../src/index.ts";
import { answerOf } from "../support/wire-answers.ts";

const sent = answerOf({ nowMs: Date.UTC(2026, 10, 30, 8, 0, 0), requestId: "id-1" });

describe("Bedrock's errors", () => {
  it.each([
    ["ValidationException", 400],
    ["ServiceQuotaExceededException", 400],
    ["AccessDeniedException", 403],
    ["ResourceNotFoundException", 404],
    ["ModelTimeoutException", 408],
    ["ModelErrorException", 424],
    ["ThrottlingException", 429],
    ["ModelNotReadyException", 429],
    ["InternalServerException", 500],
    ["ServiceUnavailableException", 503],
  ])("%s is a %i, and its name stands in a header alone", (name, status) => {
    const response = sent("bedrock", name);
    expect(response.status).toBe(status);
    expect(response.json).toEqual({ message: "why" });
    expect(response.headers).toEqual([
      ["content-type", "application/json"],
      ["content-length", "17"],
      ["x-amzn-requestid", "id-1"],
      ["x-amzn-errortype", name],
    ]);
    expect(PROVIDER_ERRORS.bedrock).toHaveLength(10);
  });
});

describe("Ollama's errors", () => {
  it.each([
    ["bad_request", 400],
    ["model_not_found", 404],
    ["too_many_requests", 429],
    ["internal_error", 500],
    ["server_busy", 503],
  ])("%s is a %i, and says nothing but its message", (name, status) => {
    const response = sent("ollama", name);
    expect(response.status).toBe(status);
    expect(response.json).toEqual({ error: "why" });
    expect(response.headers).toEqual([
      ["content-type", "application/json; charset=utf-8"],
      ["content-length", "15"],
    ]);
    expect(PROVIDER_ERRORS.ollama).toHaveLength(5);
  });
});

describe("a wait that a rule asks for", () => {
  it.each(["bedrock", "ollama"] as const)(
    "is whole seconds, and none where it asks for none: %s",
    (provider) => {
      const error = provider === "bedrock" ? "ThrottlingException" : "too_many_requests";
      expect(headerValue(sent(provider, error).headers, "retry-after")).toBeUndefined();
      const { headers } = sent(provider, error, { retryAfterSeconds: 1.2 });
      expect(headerValue(headers, "retry-after")).toBe("2");
    },
  );
});
