/** APIs that are asked by OpenAI's chat and answer in their own way: OpenRouter, LiteLLM and gateways like it. */
import { describe, expect, it } from "vitest";
import { llmMockLimits } from "../../src/limits.ts";
import { providersOf } from "../../src/providers.ts";
import { askingMock, dataIn, jsonIn, textIn } from "../support/ask.ts";

const ask = askingMock();
const messages = [{ role: "user", content: "hello" }];
const bearer = { authorization: "Bearer any" };
const bodyOf = (name: string, answer: Parameters<typeof textIn>[0]) => {
  if (answer.kind !== "error") throw new Error("no error");
  const world = { seed: 0, limits: llmMockLimits, batchMs: 1, mind: { reply: undefined, script: undefined } };
  const provider = providersOf(world).find((one) => one.name === name);
  return JSON.parse(String(provider?.errorAnswer(answer, { requestId: "id" }).body));
};

describe("OpenRouter", () => {
  const model = "anthropic/claude-sonnet-4.5";
  const chat = (body: object) => ask("/api/v1/chat/completions", { model, messages, ...body }, bearer);

  it("tells the provider behind it and what that called the end", () => {
    const { provider, answer } = chat({ transforms: [] });
    expect(provider).toBe("openrouter");
    expect(jsonIn(answer)).toMatchObject({
      id: expect.stringMatching(/^gen-/),
      provider: "Mock",
      choices: [{ finish_reason: "stop", native_finish_reason: "stop" }],
    });
  });

  it("streams behind a comment, ends with the usage without being asked, and shows thoughts where they are wanted", () => {
    const stream = textIn(chat({ stream: true, reasoning: { effort: "high" } }).answer);
    expect(stream.startsWith(": OPENROUTER PROCESSING\n\n")).toBe(true);
    const chunks = dataIn(stream);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
    expect(chunks.slice(0, -1).some((chunk) => "usage" in chunk)).toBe(false);
    const said = (field: string) => chunks.map(({ choices }) => choices[0]?.delta[field] ?? "").join("");
    const { message } = jsonIn(chat({ reasoning: { effort: "high" } }).answer).choices[0];
    expect([said("reasoning"), said("content")]).toEqual([message.reasoning, message.content]);
    expect(message.reasoning).not.toBe("");
    expect(jsonIn(chat({}).answer).choices[0].message).not.toHaveProperty("reasoning");
  });

  it("refuses in its own form, and lists models for everybody", () => {
    expect(bodyOf("openrouter", chat({ model: "gpt-4" }).answer)).toEqual({
      error: { message: "gpt-4 is not a valid model ID", code: 400 },
    });
    expect(ask("/api/v1/chat/completions", { model, messages }, {}).answer).toMatchObject({ status: 401 });
    expect(jsonIn(ask("/api/v1/models", undefined, {}, "GET").answer).data[0].id).toContain("/");
  });
});

describe("gateways", () => {
  const chat = (path: string, body: object, headers: object = {}) =>
    ask(path, { model: "any-name", messages, ...body }, { ...bearer, ...headers });

  it("answer at paths without a version as OpenAI does, for any model, with fields that they hand on", () => {
    const { provider, answer } = chat("/chat/completions", { top_k: 3 });
    expect(provider).toBe("litellm");
    expect(jsonIn(answer)).toMatchObject({ object: "chat.completion", model: "any-name" });
    const embedded = ask("/embeddings", { model: "mine", input: "a" }, bearer).answer;
    expect(jsonIn(embedded).data).toHaveLength(1);
    const host = { host: "litellm.test" };
    expect(chat("/v1/chat/completions", {}, host).provider).toBe("litellm");
    expect(chat("/v1/chat/completions", {}).provider).toBe("openai");
    expect(chat("/chat/completions", {}, { host: "api.openai.com" }).provider).toBe("openai");
  });

  it("show thoughts beside the text", () => {
    const { message } = jsonIn(chat("/chat/completions", { reasoning_effort: "low" }).answer).choices[0];
    expect(message).toMatchObject({ content: expect.any(String), reasoning_content: expect.any(String) });
    const stream = textIn(chat("/chat/completions", { reasoning_effort: "low", stream: true }).answer);
    const thoughts = dataIn(stream).map(({ choices }) => choices[0]?.delta.reasoning_content ?? "");
    expect(thoughts.join("")).toBe(message.reasoning_content);
  });

  it("refuse with the status as the code", () => {
    expect(bodyOf("litellm", chat("/chat/completions", { temperature: 3 }).answer).error).toMatchObject({
      message: expect.stringMatching(/^litellm\.BadRequestError: /),
      type: "invalid_request_error",
      param: "temperature",
      code: "400",
    });
    // The framework below the gateway knows its paths.
    const host = { ...bearer, host: "litellm.test" };
    const nowhere = ask("/v1/nothing", undefined, host, "GET").answer;
    const wrongMethod = ask("/chat/completions", undefined, host, "GET").answer;
    expect([nowhere, wrongMethod].map((one) => bodyOf("litellm", one))).toEqual([
      { detail: "Not Found" },
      { detail: "Method Not Allowed" },
    ]);
    const { answer } = ask("/chat/completions", { model: "m", messages }, {});
    expect(bodyOf("litellm", answer).error).toMatchObject({ type: "auth_error", code: "401" });
  });
});
