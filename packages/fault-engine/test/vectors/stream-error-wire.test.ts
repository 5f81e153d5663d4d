// What an API says in mid-stream, where the stream itself looks like another API's: from the documentation of Azure OpenAI, Vertex AI,
// Mistral and OpenRouter, and the source of litellm 1.110.2. Nothing here is made from the tables that it is held against.
import { describe, expect, it } from "vitest";
import { createMachine, type Provider, pingEvent } from "../../src/index.ts";
import { context } from "../support/streams.ts";
import { textOf } from "../support/wire-answers.ts";

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
    const out = actions.flatMap((action) => (action.kind === "bytes" ? textOf(action.bytes) : [])).join("");
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
    expect(textOf(pingEvent("openrouter"))).toBe(": OPENROUTER PROCESSING\n\n");
    expect(textOf(pingEvent("mistral"))).toBe(": ping\n\n");
  });
});
