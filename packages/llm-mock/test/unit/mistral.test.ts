import { describe, expect, it } from "vitest";
import { llmMockLimits } from "../../src/limits.ts";
import { providersOf } from "../../src/providers.ts";
import { parseScript } from "../../src/script/parse-script.ts";
import { type Ask, askingMock, dataIn, jsonIn, textIn } from "../support/ask.ts";

const headers = { host: "api.mistral.ai", authorization: "Bearer any" };
const ask = askingMock();
const model = "mistral-small-latest";
const messages = [{ role: "user", content: "Bern" }];
const weather = {
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const tools = [{ type: "function", function: weather }];
const chat = (body: object, by: Ask = ask) =>
  by("/v1/chat/completions", { model, messages, ...body }, headers).answer;
const call = { id: "abcDEF123", type: "function", function: { name: "weather", arguments: "{}" } };

describe("Mistral", () => {
  it("is told by its host, by its SDKs, and by a path of its own; another host's chat is OpenAI's", () => {
    const at = (path: string, more: object) => ask(path, { model, messages }, { ...more }).provider;
    expect(at("/v1/chat/completions", { host: "api.mistral.ai" })).toBe("mistral");
    expect(at("/v1/chat/completions", { "user-agent": "mistral-client-python/1.9" })).toBe("mistral");
    expect(at("/v1/fim/completions", {})).toBe("mistral");
    expect(at("/v1/chat/completions", {})).toBe("openai");
  });

  it("streams what it says in one piece, and ends with reason and usage in one chunk", () => {
    const whole = jsonIn(chat({}));
    const stream = textIn(chat({ stream: true }));
    expect(stream.endsWith("data: [DONE]\n\n")).toBe(true);
    const chunks = dataIn(stream);
    const said = chunks.map(({ choices }) => choices[0].delta.content).join("");
    expect(said).toBe(whole.choices[0].message.content);
    expect(chunks.at(-1)).toMatchObject({ choices: [{ finish_reason: "stop" }], usage: whole.usage });
    expect(chunks.slice(0, -1).some((chunk) => "usage" in chunk)).toBe(false);
    expect(whole.id).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(["any", "required", { type: "function", function: { name: "weather" } }])(
    "calls a tool for %j, by an id of nine letters and digits, whole in a stream",
    (tool_choice) => {
      const { choices } = jsonIn(chat({ tools, tool_choice }));
      expect(choices[0]).toMatchObject({
        finish_reason: "tool_calls",
        message: { tool_calls: [{ function: { name: "weather", arguments: '{"city":"Bern"}' } }] },
      });
      expect(choices[0].message.tool_calls[0].id).toMatch(/^[a-zA-Z0-9]{9}$/);
      const last = dataIn(textIn(chat({ tools, tool_choice, stream: true }))).at(-1);
      expect(last.choices[0].delta.tool_calls[0].function.arguments).toBe('{"city":"Bern"}');
    },
  );

  it("thinks in parts of its content, and has a name for a full context", () => {
    const { content } = jsonIn(chat({ model: "magistral-medium-latest" })).choices[0].message;
    expect(content).toMatchObject([{ type: "thinking", thinking: [{ type: "text" }] }, { type: "text" }]);
    const by = askingMock({ script: parseScript("turns: [{ say: Hm., stop: context }]", "s") });
    expect(jsonIn(chat({}, by)).choices[0].finish_reason).toBe("model_length");
  });

  it("fills gaps, embeds and lists", () => {
    const fim = ask("/v1/fim/completions", { model: "codestral-latest", prompt: "a", suffix: "b" }, headers);
    expect(jsonIn(fim.answer)).toMatchObject({ object: "chat.completion", model: "codestral-latest" });
    const body = { model: "mistral-embed", input: ["a", "b"], output_dimension: 8 };
    const { id, data } = jsonIn(ask("/v1/embeddings", body, headers).answer);
    expect([typeof id, data.length, data[0].embedding.length]).toEqual(["string", 2, 8]);
    expect(jsonIn(ask("/v1/models", undefined, headers, "GET").answer).data.length).toBeGreaterThan(2);
  });

  it("tells of one model, by a name that is there", () => {
    const one = (id: string) => ask(`/v1/models/${id}`, undefined, headers, "GET").answer;
    expect(jsonIn(one("mistral-small-latest"))).toMatchObject({
      id: "mistral-small-latest",
      object: "model",
    });
    expect(one("gpt-4.1")).toMatchObject({ kind: "error", status: 404, message: "Model not found: gpt-4.1" });
  });

  const calling = { role: "assistant", content: "", tool_calls: [call] };
  const result = { role: "tool", tool_call_id: call.id, content: "x" };
  it.each(["min_tokens", "repetition_penalty", "top_k", "top_logprobs", "top_prompt_logprobs"])(
    "takes %s, which its SDK for Python has",
    (field) => {
      expect(chat({ [field]: 1, logprobs: true })).toMatchObject({ kind: "whole" });
    },
  );

  it("takes a result behind its call", () => {
    expect(chat({ messages: [...messages, calling, result], tools })).toMatchObject({ kind: "whole" });
  });

  it.each([
    ["a field of OpenAI's", { stream: true, stream_options: {} }, 422, "extra_forbidden"],
    ["no messages", { messages: undefined }, 422, "missing"],
    ["a temperature too high", { temperature: 1.6 }, 422, "less_than_equal"],
    ["a role that is none", { messages: [{ role: "developer", content: "x" }] }, 422, "literal_error"],
    ["a model that there is not", { model: "gpt-4.1" }, 400, "invalid_model"],
    [
      "an id of OpenAI's form",
      {
        messages: [
          ...messages,
          { ...calling, tool_calls: [{ ...call, id: "call_1" }] },
          { ...result, tool_call_id: "call_1" },
        ],
      },
      400,
      "invalid_function_call",
    ],
    [
      "last words of its own",
      { messages: [...messages, { role: "assistant", content: "x" }] },
      400,
      "invalid_request_message_order",
    ],
    [
      "a call without its result",
      { messages: [...messages, calling, ...messages] },
      400,
      "invalid_request_message_order",
    ],
  ])("refuses %s", (_, body, status, type) => {
    expect(chat(body)).toMatchObject({ kind: "error", status, type });
  });

  it("has three forms of errors", () => {
    const world = {
      seed: 0,
      limits: llmMockLimits,
      batchMs: 1,
      mind: { reply: undefined, script: undefined },
    };
    const provider = providersOf(world).find(({ name }) => name === "mistral");
    const bodyOf = (answer: ReturnType<typeof chat>) =>
      answer.kind === "error" && JSON.parse(String(provider?.errorAnswer(answer, { requestId: "i" }).body));
    expect(bodyOf(ask("/v1/models", undefined, { host: "api.mistral.ai" }, "GET").answer)).toEqual({
      detail: "Unauthorized",
    });
    expect(bodyOf(chat({ messages: [{ role: "bot", content: "x" }] }))).toMatchObject({
      detail: [{ type: "literal_error", loc: ["body", "messages", 0, "role"] }],
    });
    expect(bodyOf(chat({ model: "gpt" }))).toEqual({
      object: "error",
      message: "Invalid model: gpt",
      type: "invalid_model",
      param: null,
      code: "1500",
      raw_status_code: 400,
    });
  });
});
