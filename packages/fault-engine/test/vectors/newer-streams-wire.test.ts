// What the answers of Bedrock, Cohere, Ollama and Vertex AI look like, whole and in streams, as literal values: from the documentation of
// these APIs and the sources of @aws-sdk/client-bedrock-runtime 3.1164.0, cohere-ai 8.1.0 and ollama 0.6.4. Nothing here is made from
// the tables that it is held against.
import { describe, expect, it } from "vitest";
import {
  createMachine,
  encodeEvent,
  errorEvent,
  eventMeaning,
  type Fault,
  type MachineContext,
  PROVIDERS,
  type Provider,
  readUsage,
  streamFormatOf,
} from "../../src/index.ts";
import { context, drive, resultOf } from "../support/streams.ts";
import { textOf } from "../support/wire-answers.ts";

const meaning = (json: object, name: string | null = null, likely: Provider | null = null) =>
  eventMeaning({ name, data: JSON.stringify(json) }, likely);

describe("the events of a stream", () => {
  it.each([
    ["messageStart", { role: "assistant" }, false, false],
    ["contentBlockStart", { contentBlockIndex: 0, start: {} }, false, false],
    ["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "a" } }, true, false],
    ["contentBlockStop", { contentBlockIndex: 0 }, false, false],
    ["messageStop", { stopReason: "end_turn" }, false, false],
    ["metadata", { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } }, false, true],
    ["throttlingException", { message: "slow" }, false, false],
    ["modelStreamErrorException", { message: "broken" }, false, false],
  ])("Bedrock's %s", (type, json, isDelta, isLast) => {
    expect(meaning(json, type)).toEqual({ type, isDelta, isLast, isPing: false, provider: "bedrock" });
  });

  it.each([
    ["message-start", false, false],
    ["content-start", false, false],
    ["content-delta", true, false],
    ["content-end", false, false],
    ["tool-plan-delta", true, false],
    ["tool-call-start", false, false],
    ["tool-call-delta", true, false],
    ["tool-call-end", false, false],
    ["citation-start", false, false],
    ["citation-end", false, false],
    ["message-end", false, true],
  ])("Cohere's %s, of the second API", (type, isDelta, isLast) => {
    const expected = { type, isDelta, isLast, isPing: false, provider: "cohere" };
    expect(meaning({ type }, type)).toEqual(expected);
    // Without a name, as in lines of JSON.
    expect(meaning({ type })).toEqual(expected);
  });

  it.each([
    ["stream-start", false, false],
    ["search-queries-generation", false, false],
    ["search-results", false, false],
    ["text-generation", true, false],
    ["citation-generation", false, false],
    ["tool-calls-generation", false, false],
    ["tool-calls-chunk", true, false],
    ["stream-end", false, true],
  ])("Cohere's %s, of the first API", (event_type, isDelta, isLast) => {
    expect(meaning({ is_finished: isLast, event_type })).toEqual({
      ...{ type: event_type, isDelta, isLast },
      ...{ isPing: false, provider: "cohere" },
    });
  });

  it.each([
    ["a piece of a chat", { message: { role: "assistant", content: "a" }, done: false }, true, false],
    ["a thought", { message: { role: "assistant", content: "", thinking: "hm" }, done: false }, true, false],
    [
      "a tool's call",
      { message: { role: "assistant", content: "", tool_calls: [{ function: { name: "f" } }] }, done: false },
      true,
      false,
    ],
    ["a piece of a text", { response: "a", done: false }, true, false],
    ["nothing yet", { message: { role: "assistant", content: "" }, done: false }, false, false],
    [
      "the end",
      { message: { role: "assistant", content: "" }, done: true, done_reason: "stop" },
      false,
      true,
    ],
  ])("Ollama's line with %s", (_, json, isDelta, isLast) => {
    expect(meaning({ model: "m", ...json })).toEqual({
      ...{ type: "message", isDelta, isLast },
      ...{ isPing: false, provider: "ollama" },
    });
  });

  it("Vertex AI's are Gemini's or Anthropic's, and told as its own where the request is", () => {
    const gemini = { candidates: [{ content: { parts: [{ text: "a" }] } }] };
    expect(meaning(gemini, null, "vertex")).toMatchObject({
      provider: "vertex",
      isDelta: true,
      isLast: false,
    });
    const stop = { type: "message_stop" };
    expect(meaning(stop, "message_stop", "vertex")).toMatchObject({ provider: "vertex", isLast: true });
  });

  it.each(["azure", "mistral", "openrouter", "litellm"] as const)(
    "%s has OpenAI's chunks and its end, told as its own where the request is",
    (provider) => {
      const chunk = { object: "chat.completion.chunk", choices: [{ index: 0, delta: { content: "a" } }] };
      expect(meaning(chunk, null, provider)).toMatchObject({ provider, isDelta: true, isLast: false });
      expect(eventMeaning({ name: null, data: "[DONE]" }, provider)).toMatchObject({
        ...{ provider, type: "done", isLast: true },
      });
    },
  );
});

describe("where the tokens of an answer are told", () => {
  it.each([
    ["Bedrock's converse", { usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } }],
    ["Bedrock's metadata", { usage: { inputTokens: 3, outputTokens: 4 }, metrics: { latencyMs: 9 } }],
    ["Cohere's chat", { usage: { billed_units: {}, tokens: { input_tokens: 3, output_tokens: 4 } } }],
    [
      "Cohere's message-end",
      { type: "message-end", delta: { usage: { tokens: { input_tokens: 3, output_tokens: 4 } } } },
    ],
    ["Cohere's first API", { text: "a", meta: { tokens: { input_tokens: 3, output_tokens: 4 } } }],
    [
      "Cohere's stream-end",
      { event_type: "stream-end", response: { meta: { tokens: { input_tokens: 3, output_tokens: 4 } } } },
    ],
    ["Ollama", { model: "m", done: true, prompt_eval_count: 3, eval_count: 4, eval_duration: 5 }],
  ])("%s", (_, json) => {
    expect(readUsage(json)).toEqual({ inputTokens: 3, outputTokens: 4 });
  });
});

describe("the streams of each API", () => {
  it.each([
    ["cohere", "application/stream+json", "/v1/chat", "ndjson"],
    ["cohere", "text/event-stream", "/v2/chat", "sse"],
    ["ollama", "application/x-ndjson", "/api/chat", "ndjson"],
    ["bedrock", "application/vnd.amazon.eventstream", "/model/m/converse-stream", "aws-event-stream"],
    [
      "vertex",
      "application/json",
      "/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent",
      "json-array",
    ],
  ] as const)("%s: %s at %s", (provider, type, target, format) => {
    expect(streamFormatOf([["content-type", type]], target)).toBe(format);
    expect(PROVIDERS[provider].formats).toContain(format);
  });

  it.each([
    ["azure", ["sse"]],
    ["mistral", ["sse"]],
    ["openrouter", ["sse"]],
    ["litellm", ["sse"]],
    ["cohere", ["sse", "ndjson"]],
    ["ollama", ["ndjson"]],
    ["bedrock", ["aws-event-stream"]],
    ["vertex", ["sse", "json-array"]],
  ] as const)("%s has no others than %j", (provider, formats) => {
    expect(PROVIDERS[provider].formats).toEqual(formats);
  });

  it.each([
    ["cohere", ["/v2/embed", "/v2/rerank", "/v1/classify", "/v1/tokenize", "/v1/detokenize"], "/v2/chat"],
    ["ollama", ["/api/embed", "/api/embeddings"], "/api/generate"],
    ["bedrock", ["/model/m/invoke", "/model/m/converse"], "/model/m/converse-stream"],
    ["mistral", ["/v1/embeddings", "/v1/moderations"], "/v1/chat/completions"],
    ["azure", ["/openai/deployments/d/embeddings"], "/openai/deployments/d/chat/completions"],
    [
      "vertex",
      ["/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict"],
      "/v1/projects/p/locations/l/publishers/anthropic/models/c:streamRawPredict",
    ],
  ] as const)("%s answers some paths in one piece", (provider, whole, streamed) => {
    for (const path of whole) expect(path).toMatch(PROVIDERS[provider].wholePaths);
    expect(streamed).not.toMatch(PROVIDERS[provider].wholePaths);
  });
});

describe("what an API says in the middle of a stream", () => {
  const cohere = (path: string, first: object | null): string => {
    const fault: Fault = {
      kind: "stream.error-event",
      at: { kind: "events", events: first === null ? 0 : 1 },
      ...{ type: "internal_error", message: "m", event: null, data: null, errorCode: null, stop: "clean" },
    };
    const before = first === null ? "" : `${JSON.stringify(first)}\n`;
    const { text } = run(fault, [before], { provider: "cohere", path, format: "ndjson" });
    return text.slice(before.length);
  };

  it("Cohere: its last event, of the API that the stream or the path is of", () => {
    const ended = '{"type":"message-end","delta":{"error":"m","finish_reason":"ERROR"}}\n';
    const first = '{"is_finished":true,"event_type":"stream-end","finish_reason":"ERROR"}\n';
    expect(cohere("/v2/chat", { type: "message-start" })).toBe(ended);
    expect(cohere("/v2/chat", null)).toBe(ended);
    expect(cohere("/v1/chat", { event_type: "stream-start" })).toBe(first);
    expect(cohere("/v1/chat", null)).toBe(first);
    expect(cohere("/llm/chat", { event_type: "stream-start" })).toBe(first);
    expect(textOf(errorEvent("cohere", "t", "m", "r"))).toBe(
      'event: message-end\ndata: {"type":"message-end","delta":{"error":"m","finish_reason":"ERROR"}}\n\n',
    );
  });

  it("Ollama: a line with the error alone", () => {
    expect(textOf(errorEvent("ollama", "t", "m", "r"))).toBe('data: {"error":"m"}\n\n');
  });
});

/** What comes of a stream or of a body under a fault. */
function run(fault: Fault, chunks: readonly string[], more: Partial<MachineContext>) {
  const created = createMachine(fault, context(more));
  if (created.kind === "none") throw new Error(created.reason);
  const { machine } = created;
  return { ...resultOf(drive(machine, chunks)), outcome: machine.outcome.kind };
}

const stopReason: Fault = { kind: "model.stop-reason", reason: "MAX_TOKENS" };
const empty: Fault = { kind: "model.empty-content" };
const garble: Fault = { kind: "model.garble-tool-input" };

describe("Cohere's answers, changed", () => {
  const call = { id: "c", type: "function", function: { name: "f", arguments: '{"a":1}' } };
  const second = {
    id: "1",
    finish_reason: "TOOL_CALL",
    message: {
      role: "assistant",
      tool_plan: "I look",
      tool_calls: [call],
      content: [{ type: "text", text: "a" }],
    },
  };
  const first = {
    text: "a",
    generation_id: "g",
    finish_reason: "COMPLETE",
    tool_calls: [{ name: "f", parameters: { a: 1 } }],
  };
  const whole = (fault: Fault, answer: object): unknown => {
    const { text, outcome } = run(fault, [JSON.stringify(answer)], { format: null });
    expect(outcome).toBe("done");
    return JSON.parse(text);
  };

  it("of the second API, in one piece", () => {
    expect(whole(stopReason, second)).toEqual({ ...second, finish_reason: "MAX_TOKENS" });
    expect(whole(empty, second)).toEqual({ ...second, message: { role: "assistant", content: [] } });
    expect(whole(garble, second)).toEqual({
      ...second,
      message: {
        ...second.message,
        tool_calls: [{ ...call, function: { name: "f", arguments: '{"garbled":true}' } }],
      },
    });
  });

  it("of the first API, in one piece", () => {
    const { tool_calls: _calls, ...rest } = first;
    expect(whole(stopReason, first)).toEqual({ ...first, finish_reason: "MAX_TOKENS" });
    expect(whole(empty, first)).toEqual({ ...rest, text: "" });
    expect(whole(garble, first)).toEqual({
      ...first,
      tool_calls: [{ name: "f", parameters: { garbled: true } }],
    });
    expect(run(garble, [JSON.stringify(rest)], { format: null }).outcome).toBe("undone");
  });

  /** Events of a stream of lines under a fault. */
  const lines = (fault: Fault, events: readonly object[]): unknown[] => {
    const { text, outcome } = run(
      fault,
      events.map((event) => `${JSON.stringify(event)}\n`),
      { format: "ndjson", provider: "cohere" },
    );
    expect(outcome).toBe("done");
    return text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
  };

  const oldStream = [
    { event_type: "stream-start", generation_id: "g" },
    { event_type: "text-generation", text: "a" },
    { event_type: "tool-calls-chunk", tool_call_delta: { index: 0, name: "f" } },
    { event_type: "tool-calls-chunk", tool_call_delta: { index: 0, parameters: '{"a"' } },
    { event_type: "tool-calls-chunk", tool_call_delta: { index: 0, parameters: ":1}" } },
    { event_type: "tool-calls-generation", tool_calls: first.tool_calls },
    { event_type: "stream-end", is_finished: true, finish_reason: "COMPLETE", response: first },
  ] as const;

  it("of the first API, in a stream, whose end repeats them", () => {
    const [start, text, named, , , made, end] = oldStream;
    const garbled = [{ name: "f", parameters: { garbled: true } }];
    const { tool_calls: _calls, ...rest } = first;
    expect(lines(stopReason, oldStream)).toEqual([
      ...oldStream.slice(0, -1),
      { ...end, finish_reason: "MAX_TOKENS", response: { ...first, finish_reason: "MAX_TOKENS" } },
    ]);
    expect(lines(empty, oldStream)).toEqual([start, { ...end, response: { ...rest, text: "" } }]);
    expect(lines(garble, oldStream)).toEqual([
      ...[start, text, named],
      { event_type: "tool-calls-chunk", tool_call_delta: { index: 0, parameters: '{"garbled":true}' } },
      { event_type: "tool-calls-chunk", tool_call_delta: { index: 0, parameters: "" } },
      { ...made, tool_calls: garbled },
      { ...end, response: { ...first, tool_calls: garbled } },
    ]);
  });

  it("of the second API, in a stream", () => {
    const piece = (text: string) => ({
      type: "tool-call-delta",
      index: 1,
      delta: { message: { tool_calls: { function: { arguments: text } } } },
    });
    const stream = [
      { type: "message-start", id: "1", delta: { message: { role: "assistant", content: [] } } },
      { type: "content-delta", index: 0, delta: { message: { content: { text: "a" } } } },
      ...[piece('{"a"'), piece(":1}")],
      { type: "message-end", delta: { finish_reason: "TOOL_CALL", usage: { tokens: { output_tokens: 2 } } } },
    ];
    expect(lines(stopReason, stream).at(-1)).toEqual({
      type: "message-end",
      delta: { finish_reason: "MAX_TOKENS", usage: { tokens: { output_tokens: 2 } } },
    });
    expect(lines(empty, stream)).toEqual([stream[0], stream.at(-1)]);
    expect(lines(garble, stream)).toEqual([
      ...stream.slice(0, 2),
      ...[piece('{"garbled":true}'), piece("")],
      stream.at(-1),
    ]);
  });

  it("lose the second half of a tool's input", () => {
    const halved = (event: object): string =>
      run(
        {
          kind: "stream.damage",
          events: { indices: [0], types: null, every: null, probability: null },
          how: "truncated-tool-input",
        },
        [`${JSON.stringify(event)}\n`],
        { format: "ndjson", provider: "cohere" },
      ).text;
    expect(halved(oldStream[3])).toBe(
      '{"event_type":"tool-calls-chunk","tool_call_delta":{"index":0,"parameters":"{\\""}}\n',
    );
    const piece = { message: { tool_calls: { function: { arguments: '{"a"' } } } };
    expect(halved({ type: "tool-call-delta", delta: piece })).toBe(
      '{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"{\\""}}}}}\n',
    );
  });
});

describe("whole answers of Bedrock and Ollama, changed", () => {
  const changed = (fault: Fault, answer: object): unknown =>
    JSON.parse(run(fault, [JSON.stringify(answer)], { format: null }).text);
  const converse = {
    output: {
      message: {
        role: "assistant",
        content: [{ text: "a" }, { toolUse: { toolUseId: "t", name: "f", input: { a: 1 } } }],
      },
    },
    stopReason: "tool_use",
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  };
  const chat = {
    model: "m",
    message: {
      role: "assistant",
      content: "a",
      thinking: "hm",
      tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }],
    },
    done: true,
    done_reason: "stop",
  };

  it("Bedrock", () => {
    expect(changed(stopReason, converse)).toEqual({ ...converse, stopReason: "MAX_TOKENS" });
    expect(changed(empty, converse)).toEqual({
      ...converse,
      output: { message: { role: "assistant", content: [] } },
    });
    const content = [{ text: "a" }, { toolUse: { toolUseId: "t", name: "f", input: { garbled: true } } }];
    expect(changed(garble, converse)).toEqual({
      ...converse,
      output: { message: { role: "assistant", content } },
    });
  });

  it("Ollama", () => {
    expect(changed(stopReason, chat)).toEqual({ ...chat, done_reason: "MAX_TOKENS" });
    expect(changed(empty, chat)).toEqual({ ...chat, message: { role: "assistant", content: "" } });
    expect(changed(empty, { model: "m", response: "a", done: true })).toEqual({
      ...{ model: "m", response: "", done: true },
    });
    expect(changed(garble, chat)).toEqual({
      ...chat,
      message: { ...chat.message, tool_calls: [{ function: { name: "f", arguments: { garbled: true } } }] },
    });
  });
});

describe("an answer of the mock", () => {
  it.each([
    [
      "bedrock",
      {
        output: { message: { role: "assistant", content: [{ text: "hi" }] } },
        stopReason: "end_turn",
        usage: { inputTokens: 1, outputTokens: 8, totalTokens: 9 },
      },
    ],
    [
      "cohere",
      {
        id: "req_1",
        finish_reason: "COMPLETE",
        message: { role: "assistant", content: [{ type: "text", text: "hi" }] },
        usage: { tokens: { input_tokens: 1, output_tokens: 8 } },
      },
    ],
    [
      "ollama",
      {
        model: "faultwire",
        created_at: "2026-01-01T00:00:00Z",
        message: { role: "assistant", content: "hi" },
        ...{ done: true, done_reason: "stop" },
        ...{ prompt_eval_count: 1, eval_count: 8 },
      },
    ],
  ] as const)("%s", (provider, expected) => {
    expect(PROVIDERS[provider].goodAnswer("req_1", "hi")).toEqual(expected);
  });
});

describe("Cohere's server-sent events", () => {
  it("keep their names where they are changed", () => {
    const data = { type: "message-end", delta: { finish_reason: "COMPLETE" } };
    const event = textOf(encodeEvent("message-end", JSON.stringify(data)));
    expect(run(stopReason, [event], { provider: "cohere" }).text).toBe(
      'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"MAX_TOKENS"}}\n\n',
    );
  });
});
