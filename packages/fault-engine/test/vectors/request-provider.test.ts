// Whose request it is, as programs send them: by paths, hosts and headers from the providers' documentation and the sources of their
// SDKs. Nothing here is made from the tables that it is held against.
import type { Header } from "@faultwire/http1";
import { describe, expect, it } from "vitest";
import { PROVIDERS, type Provider, summarizeRequest } from "../../src/index.ts";
import { requestProvider } from "../../src/internal.ts";

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
    ["cohere", "/v1/models", "localhost", [["User-Agent", "cohere-ai/8.1.0"]]],
    ["cohere", "/v1/models", "localhost", [["user-agent", "cohere/7.3.1"]]],
    ["openai", "/v1/chat/completions", "localhost", [["user-agent", "cohere-toolkit/1.0"]]],
    ["openai", "/compatibility/v1/chat/completions", "api.cohere.ai"],
    ["ollama", "/api/chat", "localhost"],
    ["ollama", "/api/embed", "localhost"],
    ["openrouter", "/api/v1/chat/completions", "localhost"],
    ["openrouter", "/api/v1/responses", "openrouter.ai"],
    ["anthropic", "/api/v1/messages", "openrouter.ai"],
    [
      "openrouter",
      "/models",
      "localhost",
      [["user-agent", "speakeasy-sdk/typescript 1.3.19 2.914.0 1.0.0 @openrouter/sdk"]],
    ],
    [
      "openrouter",
      "/models",
      "localhost",
      [["user-agent", "speakeasy-sdk/python 1.3.84 2.914.0 1.0.0 openrouter"]],
    ],
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
