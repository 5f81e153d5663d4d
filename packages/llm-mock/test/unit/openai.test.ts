import { describe, expect, it } from "vitest";
import { parseScript } from "../../src/script/parse-script.ts";
import { type Ask, askingMock, dataIn, jsonIn, textIn } from "../support/ask.ts";

const headers = { authorization: "Bearer any" };
const weather = {
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const tools = [{ type: "function", function: weather }];
const user = (content: unknown) => [{ role: "user", content }];
const ask = askingMock();
const chat = (body: object, by: Ask = ask) =>
  by("/v1/chat/completions", { model: "gpt-4.1", ...body }, headers).answer;
const respond = (body: object, by: Ask = ask) =>
  by("/v1/responses", { model: "gpt-4.1", ...body }, headers).answer;

describe("chat", () => {
  it("streams what it says in one piece, ends with [DONE], and gives usage where it was asked for", () => {
    const messages = user("hello");
    const whole = jsonIn(chat({ messages }));
    const stream = textIn(chat({ messages, stream: true, stream_options: { include_usage: true } }));
    expect(stream.endsWith("data: [DONE]\n\n")).toBe(true);
    const chunks = dataIn(stream);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(whole.choices[0].message.content);
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(dataIn(textIn(chat({ messages, stream: true }))).some((chunk) => "usage" in chunk)).toBe(false);
  });

  it("gives as many answers as were asked for, and counts all", () => {
    const one = jsonIn(chat({ messages: user("hello") }));
    const two = jsonIn(chat({ messages: user("hello"), n: 2 }));
    expect(two.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1]);
    expect(two.usage.completion_tokens).toBe(2 * one.usage.completion_tokens);
  });

  it.each(["required", { type: "function", function: { name: "weather" } }])(
    "calls a tool for %j",
    (tool_choice) => {
      const { choices } = jsonIn(chat({ messages: user("Bern"), tools, tool_choice }));
      expect(choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
      expect(choices[0].message.tool_calls[0]).toMatchObject({
        type: "function",
        function: { name: "weather", arguments: '{"city":"Bern"}' },
      });
    },
  );

  it("thinks where the model does, and counts that", () => {
    const { usage } = jsonIn(chat({ model: "gpt-5", messages: user("hello") }));
    expect(usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(0);
  });

  const messages = user("hello");
  const calling = {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "a", type: "function", function: weather }],
  };
  it.each([
    ["no model", { model: undefined, messages }, "model", "missing_required_parameter"],
    ["no messages", {}, "messages", "missing_required_parameter"],
    ["an empty list", { messages: [] }, "messages", "empty_array"],
    [
      "a role that is none",
      { messages: [{ role: "bot", content: "x" }] },
      "messages[0].role",
      "invalid_value",
    ],
    ["a field that there is not", { messages, foo: 1 }, null, null],
    ["a temperature too high", { messages, temperature: 3 }, "temperature", "decimal_above_max_value"],
    ["no token at all", { messages, max_tokens: 0 }, "max_tokens", "integer_below_min_value"],
    [
      "max_tokens of a newer model",
      { model: "gpt-5", messages, max_tokens: 9 },
      "max_tokens",
      "unsupported_parameter",
    ],
    [
      "sampling of a newer model",
      { model: "o4-mini", messages, temperature: 0 },
      "temperature",
      "unsupported_value",
    ],
    ["stream options without a stream", { messages, stream_options: {} }, "stream_options", null],
    [
      "a tool of no name",
      { messages, tools: [{ type: "function", function: {} }] },
      "tools[0].function.name",
      "missing_required_parameter",
    ],
    [
      "a schema of no object",
      { messages, tools: [{ type: "function", function: { name: "x", parameters: { type: "string" } } }] },
      "tools[0].function.parameters",
      "invalid_function_parameters",
    ],
    ["a choice without tools", { messages, tool_choice: "required" }, "tool_choice", null],
    [
      "a call without its result",
      { messages: [...messages, calling, ...messages] },
      "messages.[2].role",
      null,
    ],
    [
      "a result without its call",
      { messages: [{ role: "tool", tool_call_id: "b", content: "x" }] },
      "messages.[0].role",
      null,
    ],
    [
      "a part of no type",
      { messages: user([{ type: "pdf" }]) },
      "messages[0].content[0].type",
      "invalid_value",
    ],
  ])("refuses %s", (_, body, param, code) => {
    expect(chat(body)).toMatchObject({
      kind: "error",
      status: 400,
      type: "invalid_request_error",
      param,
      code,
    });
  });
});

describe("Responses", () => {
  it("streams items and deltas that make up the response, with sequence numbers that go on", () => {
    const whole = jsonIn(respond({ input: "hello" }));
    const events = dataIn(textIn(respond({ input: "hello", stream: true })));
    expect(events.map(({ sequence_number: at }) => at)).toEqual(events.map((_, index) => index));
    expect(events.at(0).type).toBe("response.created");
    expect(events.at(-1).type).toBe("response.completed");
    expect(events.at(-1).response.output[0].content).toEqual(whole.output[0].content);
    const text = events
      .flatMap(({ type, delta }) => (type === "response.output_text.delta" ? delta : []))
      .join("");
    expect(text).toBe(whole.output[0].content[0].text);
  });

  it("is incomplete where the tokens run out, plain and streamed", () => {
    const body = { input: "hello", max_output_tokens: 16 };
    expect(jsonIn(respond({ ...body, input: "hello ".repeat(20) }))).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { output_tokens: 16 },
    });
    const events = dataIn(textIn(respond({ ...body, stream: true })));
    expect(events.at(-1).type).toBe("response.incomplete");
  });

  it("refuses, with the events of a refusal", () => {
    const script = parseScript("turns: [{ say: No., stop: refusal }]", "s");
    const by = askingMock({ script });
    const events = dataIn(textIn(respond({ input: "x", stream: true }, by)));
    expect(events.map(({ type }) => type)).toContain("response.refusal.delta");
    expect(events.at(-1).response.output[0].content).toEqual([{ type: "refusal", refusal: "No." }]);
  });

  it("goes on from a stored response, and from none that was not stored", () => {
    const first = jsonIn(respond({ input: "hello" }));
    expect(jsonIn(respond({ input: "x", previous_response_id: first.id })).previous_response_id).toBe(
      first.id,
    );
    const { id } = jsonIn(respond({ input: "hello", store: false, user: "me" }));
    expect(respond({ input: "x", previous_response_id: id })).toMatchObject({
      code: "previous_response_not_found",
    });
    expect(ask(`/v1/responses/${first.id}`, undefined, headers, "DELETE").answer).toMatchObject({
      kind: "whole",
    });
    expect(ask(`/v1/responses/${first.id}`, undefined, headers, "GET").answer).toMatchObject({ status: 404 });
  });

  it.each([
    ["a field that there is not", { input: "x", foo: 1 }, "foo", "unknown_parameter"],
    ["no input", {}, "input", "missing_required_parameter"],
    ["too few tokens", { input: "x", max_output_tokens: 1 }, "max_output_tokens", "integer_below_min_value"],
    [
      "an item without its fields",
      { input: [{ type: "function_call" }] },
      "input[0].call_id",
      "missing_required_parameter",
    ],
    [
      "an output of no call",
      { input: [{ type: "function_call_output", call_id: "a", output: "x" }] },
      "input",
      null,
    ],
    ["a role that is none", { input: [{ role: "bot", content: "x" }] }, "input[0].role", "invalid_value"],
  ])("refuses %s", (_, body, param, code) => {
    expect(respond(body)).toMatchObject({ kind: "error", status: 400, param, code });
  });
});

describe("the rest", () => {
  it("has vectors of length 1 that follow from the text, as numbers and in base64", () => {
    const embed = (body: object) =>
      jsonIn(ask("/v1/embeddings", { model: "text-embedding-3-small", ...body }, headers).answer).data[0]
        .embedding;
    const numbers: number[] = embed({ input: "one", dimensions: 8 });
    expect(Math.hypot(...numbers)).toBeCloseTo(1);
    const bytes = Buffer.from(embed({ input: "one", dimensions: 8, encoding_format: "base64" }), "base64");
    expect(numbers.map((_, index) => bytes.readFloatLE(4 * index))).toEqual(
      numbers.map((one) => Math.fround(one)),
    );
    expect(embed({ input: "two", dimensions: 8 })).not.toEqual(numbers);
  });

  it("wants a key, and knows its models", () => {
    expect(ask("/v1/models", undefined, {}, "GET").answer).toMatchObject({ status: 401 });
    expect(chat({ model: "claude", messages: user("x") })).toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  it("at Azure takes any deployment, wants a version, and adds the content filters' results", () => {
    const azure = (path: string, body: object) => ask(path, body, { "api-key": "any" }).answer;
    const body = { messages: user("hello") };
    const path = "/openai/deployments/mine/chat/completions";
    const whole = jsonIn(azure(`${path}?api-version=2024-10-21`, body));
    expect(whole).toMatchObject({ model: "mine", prompt_filter_results: [{ prompt_index: 0 }] });
    const [first] = dataIn(textIn(azure(`${path}?api-version=2024-10-21`, { ...body, stream: true })));
    expect(first).toMatchObject({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
    expect(azure(path, body)).toMatchObject({ status: 404, code: "404" });
    expect(azure("/openai/v1/chat/completions", { ...body, model: "mine" })).toMatchObject({ kind: "whole" });
  });
});

it("tools of the provider that the mock does not run are passed over", () => {
  const provided = [
    { type: "file_search", vector_store_ids: ["vs_1"] },
    { type: "custom", name: "c" },
  ];
  expect(respond({ input: "hello", tools: provided })).toMatchObject({ kind: "whole" });
  const { output } = jsonIn(
    respond({
      input: "Bern",
      tools: [...provided, { type: "function", ...weather }],
      tool_choice: "required",
    }),
  );
  expect(output.find(({ type }: { type: string }) => type === "function_call")?.name).toBe("weather");
});
