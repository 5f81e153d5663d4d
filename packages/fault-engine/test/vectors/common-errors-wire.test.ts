// Which of its errors each API sends for an error that a rule names without an API, and where its SDKs go: as literal values. Nothing here is
// made from the tables that it is held against.
import { describe, expect, it } from "vitest";
import { PROVIDER_NAMES, PROVIDERS, type Provider, requestId } from "../../src/index.ts";
import { COMMON_ERRORS, commonPreset } from "../../src/providers/common-errors.ts";
import { INCIDENTS } from "../../src/providers/incidents-table.ts";
import { findErrorPreset } from "../../src/providers/provider-error.ts";

/** An error of an API: its status and its preset. */
type Error = readonly [status: number, preset: string];

const ERRORS: Readonly<Record<Provider, readonly [Error, Error, Error, Error, Error]>> = {
  anthropic: [
    [529, "anthropic/overloaded_error"],
    [429, "anthropic/rate_limit_error"],
    [500, "anthropic/api_error"],
    [520, "anthropic/cloudflare_520"],
    [429, "anthropic/tier_limit"],
  ],
  openai: [
    [503, "openai/server_is_overloaded"],
    [429, "openai/rate_limit_exceeded"],
    [500, "openai/server_error"],
    [500, "openai/server_error"],
    [429, "openai/insufficient_quota"],
  ],
  azure: [
    [429, "azure/NoCapacity"],
    [429, "azure/rate_limit"],
    [500, "azure/InternalServerError"],
    [503, "azure/ServiceUnavailable"],
    [429, "azure/rate_limit"],
  ],
  gemini: [
    [503, "gemini/UNAVAILABLE"],
    [429, "gemini/RESOURCE_EXHAUSTED"],
    [500, "gemini/INTERNAL"],
    [504, "gemini/DEADLINE_EXCEEDED"],
    [429, "gemini/RESOURCE_EXHAUSTED"],
  ],
  vertex: [
    [429, "vertex/RESOURCE_EXHAUSTED"],
    [429, "vertex/quota_exceeded"],
    [500, "vertex/INTERNAL"],
    [503, "vertex/UNAVAILABLE"],
    [429, "vertex/quota_exceeded"],
  ],
  bedrock: [
    [503, "bedrock/ServiceUnavailableException"],
    [429, "bedrock/ThrottlingException"],
    [500, "bedrock/InternalServerException"],
    [408, "bedrock/ModelTimeoutException"],
    [400, "bedrock/ServiceQuotaExceededException"],
  ],
  mistral: [
    [429, "mistral/service_tier_capacity_exceeded"],
    [429, "mistral/rate_limited"],
    [500, "mistral/internal_server_error"],
    [503, "mistral/unreachable_backend"],
    [402, "mistral/payment_required"],
  ],
  cohere: [
    [503, "cohere/service_unavailable"],
    [429, "cohere/too_many_requests"],
    [500, "cohere/internal_error"],
    [504, "cohere/gateway_timeout"],
    [429, "cohere/too_many_requests"],
  ],
  ollama: [
    [503, "ollama/server_busy"],
    [429, "ollama/too_many_requests"],
    [500, "ollama/internal_error"],
    [500, "ollama/internal_error"],
    [429, "ollama/too_many_requests"],
  ],
  openrouter: [
    [529, "openrouter/provider_overloaded"],
    [429, "openrouter/provider_rate_limited"],
    [500, "openrouter/server"],
    [502, "openrouter/provider_unavailable"],
    [402, "openrouter/payment_required"],
  ],
  litellm: [
    [503, "litellm/ServiceUnavailableError"],
    [429, "litellm/no_deployments"],
    [500, "litellm/InternalServerError"],
    [502, "litellm/BadGatewayError"],
    [429, "litellm/budget_exceeded"],
  ],
};

describe("overloaded, rate-limited, failed, gateway and spend-limit", () => {
  it("are all that there are", () => {
    expect(COMMON_ERRORS).toEqual(["overloaded", "rate-limited", "failed", "gateway", "spend-limit"]);
    expect(Object.keys(ERRORS)).toEqual([...PROVIDER_NAMES]);
  });

  it.each(Object.entries(ERRORS) as [Provider, readonly Error[]][])("at %s", (provider, expected) => {
    const sent = COMMON_ERRORS.map((error) => {
      const preset = commonPreset(error, provider);
      return [findErrorPreset(provider, preset.slice(provider.length + 1))?.status, preset];
    });
    expect(sent).toEqual(expected);
  });
});

it.each([
  ["anthropic", "overloaded_error"],
  ["openai", "server_error"],
  ["azure", "server_error"],
  ["gemini", "UNAVAILABLE"],
  ["vertex", "UNAVAILABLE"],
  ["bedrock", "serviceUnavailableException"],
  ["mistral", "unreachable_backend"],
  ["cohere", "internal_error"],
  ["ollama", "error"],
  ["openrouter", "provider_unavailable"],
  ["litellm", "InternalServerError"],
] as const)("an error in a stream without a type has a type of %s: %s", (provider, type) => {
  expect(INCIDENTS[provider].inStream).toBe(type);
});

describe("hosts, names and keys", () => {
  const azure = ["*.openai.azure.com", "*.cognitiveservices.azure.com", "*.services.ai.azure.com"];
  const vertex = [
    "aiplatform.googleapis.com",
    "*-aiplatform.googleapis.com",
    "aiplatform.*.rep.googleapis.com",
  ];

  it.each<[Provider, string, readonly string[], readonly string[]]>([
    ["anthropic", "Anthropic", ["api.anthropic.com"], ["x-api-key", "authorization"]],
    ["openai", "OpenAI", ["api.openai.com", "*.api.openai.com"], ["authorization"]],
    ["azure", "Azure OpenAI", azure, ["api-key", "authorization"]],
    ["gemini", "Gemini", ["generativelanguage.googleapis.com"], ["x-goog-api-key"]],
    ["vertex", "Vertex AI", vertex, ["authorization", "x-goog-api-key"]],
    [
      "bedrock",
      "Bedrock",
      ["bedrock-runtime.*.amazonaws.com", "bedrock-runtime-fips.*.amazonaws.com"],
      ["authorization"],
    ],
    ["mistral", "Mistral", ["api.mistral.ai", "api.*.mistral.ai", "codestral.mistral.ai"], ["authorization"]],
    ["cohere", "Cohere", ["api.cohere.com", "api.cohere.ai"], ["authorization"]],
    ["ollama", "Ollama", [], ["authorization"]],
    ["openrouter", "OpenRouter", ["openrouter.ai", "*.openrouter.ai"], ["authorization"]],
    ["litellm", "LiteLLM", [], ["x-litellm-api-key", "authorization"]],
  ])("%s", (provider, title, hosts, keyHeaders) => {
    expect(PROVIDERS[provider]).toMatchObject({ title, hosts, keyHeaders });
  });

  it("an address that its SDKs take from the environment, where one can stand in for it", () => {
    const addresses = PROVIDER_NAMES.flatMap((name) => {
      const { baseUrl } = PROVIDERS[name];
      return baseUrl === null ? [] : [[name, baseUrl.standard, baseUrl.variable]];
    });
    expect(addresses).toEqual([
      ["anthropic", "https://api.anthropic.com", "ANTHROPIC_BASE_URL"],
      ["openai", "https://api.openai.com/v1", "OPENAI_BASE_URL"],
      ["gemini", "https://generativelanguage.googleapis.com", "GOOGLE_GEMINI_BASE_URL"],
      ["openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_BASE_URL"],
    ]);
  });
});

describe("the id of a request", () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

  it.each<[Provider, RegExp]>([
    ["azure", uuid],
    ["bedrock", uuid],
    ["mistral", uuid],
    ["cohere", uuid],
    ["litellm", uuid],
    ["vertex", /^[\w-]{16}$/],
    ["ollama", /^[0-9a-f]{16}$/],
    ["openrouter", /^gen-[1-9]{10}-[A-HJ-NP-Za-z0-9]{20}$/],
  ])("%s", (provider, form) => {
    expect(requestId(provider, 1, 0)).toMatch(form);
  });
});
