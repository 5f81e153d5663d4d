import { describe, expect, it } from "vitest";
import { askingMock, jsonIn, textIn } from "../support/ask.ts";

const headers = { "x-goog-api-key": "any" };
const ask = askingMock();
const gemini = (method: string, body: object) =>
  ask(`/v1beta/models/gemini-2.5-flash:${method}`, body, headers).answer;
const user = (text: string) => [{ role: "user", parts: [{ text }] }];
const contents = user("hello");
// biome-ignore lint/suspicious/noExplicitAny: whatever the mock sends, tests look into it
const textOf = ({ candidates }: any): string =>
  candidates[0].content.parts.map((part: { text: string }) => part.text).join("");
const functionDeclarations = [
  {
    name: "weather",
    parameters: { type: "OBJECT", properties: { city: { type: "STRING" } }, required: ["city"] },
  },
];
const toolConfig = { functionCallingConfig: { mode: "ANY" } };

describe("Gemini", () => {
  it("says the same whole, as an array and as events", () => {
    const whole = jsonIn(gemini("generateContent", { contents }));
    const array = JSON.parse(textIn(gemini("streamGenerateContent", { contents })));
    const sse = textIn(gemini("streamGenerateContent?alt=sse", { contents }));
    const events = sse.split("\r\n\r\n").filter((event) => event !== "");
    expect(array.length).toBeGreaterThan(3);
    expect(array.map(textOf).join("")).toBe(textOf(whole));
    expect(events.map((event) => JSON.parse(event.slice("data: ".length)))).toEqual(array);
    expect(array.map((one: typeof whole) => one.candidates[0].finishReason)).toEqual([
      ...array.slice(1).map(() => undefined),
      "STOP",
    ]);
    const { promptTokenCount, candidatesTokenCount, totalTokenCount } = whole.usageMetadata;
    expect(promptTokenCount + candidatesTokenCount).toBe(totalTokenCount);
  });

  it("calls a function whose schema has its types in capitals", () => {
    const answer = jsonIn(
      gemini("generateContent", { contents: user("Bern"), tools: [{ functionDeclarations }], toolConfig }),
    );
    expect(answer.candidates[0].content.parts[0].functionCall).toMatchObject({
      name: "weather",
      args: { city: "Bern" },
    });
  });

  it("takes names with underscores", () => {
    const generation_config = { max_output_tokens: 2 };
    const answer = jsonIn(gemini("generateContent", { contents, generation_config }));
    expect(answer.candidates[0].finishReason).toBe("MAX_TOKENS");
  });

  it.each([
    [{ thinkingBudget: 512 }, true],
    [{ thinkingLevel: "high" }, true],
    [{ thinkingBudget: 0 }, false],
    [{}, false],
  ])("thinks with %j: %s", (thinkingConfig, thinks) => {
    const answer = jsonIn(gemini("generateContent", { contents, generationConfig: { thinkingConfig } }));
    expect((answer.usageMetadata.thoughtsTokenCount ?? 0) > 0).toBe(thinks);
  });

  it("shows thoughts where they are asked for", () => {
    const generationConfig = { thinkingConfig: { includeThoughts: true } };
    const { candidates, usageMetadata } = jsonIn(gemini("generateContent", { contents, generationConfig }));
    expect(candidates[0].content.parts.map(({ thought }: { thought?: boolean }) => thought)).toEqual([
      true,
      undefined,
    ]);
    expect(usageMetadata.thoughtsTokenCount).toBeGreaterThan(0);
  });

  const calling = { role: "model", parts: [{ functionCall: { name: "weather", args: {} } }] };
  const response = { functionResponse: { name: "weather", response: {} } };
  it.each([
    ["no contents", {}, "contents"],
    ["a role that is none", { contents: [{ role: "bot", parts: [{ text: "x" }] }] }, "contents[0].role"],
    ["no parts", { contents: [{ role: "user", parts: [] }] }, "contents[0].parts"],
    ["a part that is none", { contents: [{ parts: [{ foo: 1 }] }] }, "contents[0].parts[0]"],
    ["a setting that there is not", { contents, generationConfig: { foo: 1 } }, "generation_config"],
    [
      "a temperature too high",
      { contents, generationConfig: { temperature: 3 } },
      "generation_config.temperature",
    ],
    [
      "no token at all",
      { contents, generationConfig: { maxOutputTokens: 0 } },
      "generation_config.max_output_tokens",
    ],
    [
      "a function of no name",
      { contents, tools: [{ functionDeclarations: [{}] }] },
      "tools[0].function_declarations[0].name",
    ],
    [
      "more responses than calls",
      { contents: [...contents, calling, { role: "user", parts: [response, response] }] },
      "contents[2].parts",
    ],
  ])("refuses %s", (_, body, param) => {
    expect(gemini("generateContent", body)).toMatchObject({
      kind: "error",
      status: 400,
      type: "INVALID_ARGUMENT",
      param,
    });
  });

  it("refuses an unknown field by its name, in an array where one was asked for", () => {
    const answer = gemini("streamGenerateContent", { contents, foo: 1 });
    expect(answer).toMatchObject({ kind: "whole", status: 400 });
    expect(JSON.parse(textIn(answer))[0].error.message).toContain('Unknown name "foo"');
    expect(gemini("streamGenerateContent?alt=sse", { contents, foo: 1 })).toMatchObject({ kind: "error" });
  });

  it("counts, embeds, lists", () => {
    expect(jsonIn(gemini("countTokens", { contents })).totalTokens).toBe(2);
    const content = { parts: [{ text: "one" }] };
    expect(jsonIn(gemini("embedContent", { content })).embedding.values).toHaveLength(3072);
    expect(
      jsonIn(gemini("batchEmbedContents", { requests: [{ content }, { content }] })).embeddings,
    ).toHaveLength(2);
    expect(jsonIn(ask("/v1beta/models", undefined, headers, "GET").answer).models).toHaveLength(4);
    expect(ask("/v1beta/models/gpt:generateContent", { contents }, headers).answer).toMatchObject({
      status: 404,
    });
    expect(ask("/v1beta/models", undefined, {}, "GET").answer).toMatchObject({ status: 403 });
  });
});

describe("Vertex AI", () => {
  const bearer = { authorization: "Bearer any" };
  const base = "/v1/projects/p/locations/l/publishers";
  const claude = {
    anthropic_version: "vertex-2023-10-16",
    max_tokens: 100,
    messages: [{ role: "user", content: "hello" }],
  };

  it("has Gemini, and Claude with the model in the path", () => {
    expect(
      textOf(
        jsonIn(ask(`${base}/google/models/gemini-2.5-flash:generateContent`, { contents }, bearer).answer),
      ),
    ).toContain("hello");
    const message = jsonIn(
      ask(`${base}/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`, claude, bearer).answer,
    );
    expect(message).toMatchObject({ type: "message", model: "claude-sonnet-4-5@20250929" });
    const stream = ask(
      `${base}/anthropic/models/claude-sonnet-4-5:streamRawPredict`,
      { ...claude, stream: true },
      bearer,
    );
    expect(textIn(stream.answer)).toContain("event: message_stop");
    const { max_tokens: _, ...count } = claude;
    const counted = ask(
      `${base}/anthropic/models/count-tokens:rawPredict`,
      { ...count, model: "claude-x" },
      bearer,
    );
    expect(jsonIn(counted.answer).input_tokens).toBe(message.usage.input_tokens);
  });

  it("refuses in Google's form what it does not have, and in Anthropic's what Claude refuses", () => {
    const path = `${base}/anthropic/models/claude-sonnet-4-5:rawPredict`;
    expect(jsonIn(ask(path, { ...claude, max_tokens: 0 }, bearer).answer)).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error" },
    });
    expect(ask(`${base}/mistral/models/x:rawPredict`, {}, bearer).answer).toMatchObject({
      status: 404,
      type: "NOT_FOUND",
    });
    expect(ask(path, claude, {}).answer).toMatchObject({ status: 401, type: "UNAUTHENTICATED" });
  });
});
