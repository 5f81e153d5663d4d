/** What faults make of streams of each format, seen as a client of the format sees it. */
import { describe, expect, it } from "vitest";
import {
  createMachine,
  type Fault,
  FaultEngineError,
  type Provider,
  parseRuleFile,
  STREAM_FORMATS,
  streamFormatOf,
} from "../../src/index.ts";
import {
  converseStream,
  type FormatStream,
  geminiStream,
  invokeStream,
  ollamaStream,
  sseStream,
} from "../support/format-streams.ts";
import { context, drive, resultOf } from "../support/streams.ts";

function made(
  fault: Fault,
  { format, provider, path, bytes }: FormatStream,
  provided: Provider | null = provider,
) {
  const created = createMachine(fault, context({ format, provider: provided, path }));
  if (created.kind === "none") return { out: new Uint8Array(0), end: undefined, outcome: created.reason };
  const raw: Uint8Array[] = [];
  const { end } = resultOf(drive(created.machine, [bytes], { raw }));
  const { outcome } = created.machine;
  const told = outcome.kind === "undone" ? outcome.reason : outcome.kind;
  return { out: Uint8Array.from(Buffer.concat(raw)), end, outcome: told };
}
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

const faultOf = (fault: string, match = "{}"): Fault =>
  parseRuleFile(`version: 1\nrules: [{ name: a, match: ${match}, fault: ${fault} }]`, "a.yaml").ruleSet
    .rules[0]!.faults[0]!;

const elements = JSON.parse(text(geminiStream.bytes)) as unknown[];

describe("a JSON array stays one", () => {
  const parsed = (fault: string): unknown => {
    const { out, outcome, end } = made(faultOf(fault), geminiStream);
    expect([outcome, end]).toEqual(["done", "<end>"]);
    return JSON.parse(text(out));
  };
  const [a, b, c] = elements;
  const unavailable = { error: { code: 503, message: "The stream failed", status: "UNAVAILABLE" } };
  const error = (more: string): string => `{ stream: { errorEvent: { type: UNAVAILABLE, ${more} } } }`;

  it.each([
    ["{ stream: { drop: { events: 0 } } }", [b, c]],
    ["{ stream: { drop: { events: 2 } } }", [a, b]],
    ["{ stream: { drop: { every: 1 } } }", []],
    ["{ stream: { duplicate: { events: [0, 2] } } }", [a, a, b, c, c]],
    ["{ stream: { reorder: { events: 0 } } }", [b, a, c]],
    ["{ stream: { cut: { afterEvents: 0 } } }", []],
    ["{ stream: { cut: { afterEvents: 1 } } }", [a]],
    ["{ stream: { cut: { beforeEnd: 1 } } }", [a, b]],
    ["{ stream: { cut: { before: terminal } } }", [a, b]],
    [error("afterEvents: 0"), [unavailable]],
    [error("afterEvents: 0, stop: none"), [unavailable, a, b, c]],
    [error("afterEvents: 2"), [a, b, unavailable]],
    [error("afterBytes: 5, stop: none"), [a, unavailable, b, c]],
    [error("beforeEnd: 1, stop: none"), [a, b, unavailable, c]],
    [error("before: terminal"), [a, b, unavailable]],
  ])("%s", (fault, expected) => {
    expect(parsed(fault)).toEqual(expected);
  });

  it("but for what breaks off", () => {
    const { out, end } = made(
      faultOf("{ stream: { cut: { afterEvents: 2, stop: mid-event } } }"),
      geminiStream,
    );
    expect(end).toBe("<close>");
    expect(() => JSON.parse(text(out))).toThrow();
    expect(text(geminiStream.bytes).startsWith(text(out))).toBe(true);
  });

  it("and has blanks for pings", () => {
    const fault = faultOf("{ stream: { stall: { afterEvents: 1, for: 10s, pingEvery: 3s } } }");
    const { out, outcome } = made(fault, geminiStream);
    expect(outcome).toBe("done");
    expect(JSON.parse(text(out))).toEqual(elements);
    expect(out.length).toBe(geminiStream.bytes.length + 3);
  });

  it("where it is none, nothing is changed, and the reason is told", () => {
    const bytes = new TextEncoder().encode('{"error":{"code":429}}');
    const { out, outcome } = made(faultOf("{ stream: { drop: { events: 0 } } }"), { ...geminiStream, bytes });
    expect([text(out), outcome]).toEqual([text(bytes), "the body is no JSON array"]);
  });
});

describe("an error in the form of each API", () => {
  const error = (more = ""): Fault =>
    faultOf(`{ stream: { errorEvent: { type: overloaded_error, message: busy, afterEvents: 1${more} } } }`);
  const last = (stream: FormatStream, fault: Fault) => {
    const reader = STREAM_FORMATS[stream.format].reader();
    const { out, end } = made(fault, stream);
    expect(end).toBe("<end>");
    return reader.push(out).findLast((item) => item.kind === "event")?.event;
  };
  const events = (texts: readonly object[]): Uint8Array =>
    new TextEncoder().encode(texts.map((one) => `data: ${JSON.stringify(one)}\n\n`).join(""));

  it("Anthropic, with a code", () => {
    expect(last(sseStream, error(", errorCode: compaction_unavailable"))).toEqual({
      name: "error",
      data: '{"type":"error","error":{"type":"overloaded_error","message":"busy","details":{"error_code":"compaction_unavailable"}},"request_id":"req_1"}',
    });
  });

  it("OpenAI's Responses: an event whose number goes on, or a failed response", () => {
    const first = {
      type: "response.created",
      sequence_number: 4,
      response: { id: "resp_1", status: "in_progress" },
    };
    const stream: FormatStream = {
      ...sseStream,
      provider: "openai",
      path: "/v1/responses",
      bytes: events([first, { type: "response.in_progress", sequence_number: 5 }]),
    };
    expect(last(stream, error())).toEqual({
      name: "error",
      data: '{"type":"error","code":"overloaded_error","message":"busy","param":null,"sequence_number":5}',
    });
    expect(
      JSON.parse(last(stream, error(", event: response.failed, errorCode: server_error"))?.data ?? ""),
    ).toEqual({
      type: "response.failed",
      sequence_number: 5,
      response: { id: "resp_1", status: "failed", error: { code: "server_error", message: "busy" } },
    });
    // Before anything has come, the path tells.
    const early = faultOf("{ stream: { errorEvent: { type: server_error, message: m, afterEvents: 0 } } }");
    expect(JSON.parse(last(stream, early)?.data ?? "")).toMatchObject({ type: "error", sequence_number: 0 });
  });

  it("OpenAI's chats", () => {
    const bytes = events([{ choices: [{ delta: { content: "a" } }] }, { choices: [] }]);
    expect(last({ ...sseStream, provider: "openai", path: "/v1/chat/completions", bytes }, error())).toEqual({
      name: null,
      data: '{"error":{"message":"busy","type":"overloaded_error","param":null,"code":"overloaded_error"}}',
    });
  });

  it("Bedrock: an exception", () => {
    for (const stream of [converseStream, invokeStream]) {
      expect(last(stream, error())).toEqual({
        name: "serviceUnavailableException",
        data: '{"message":"busy"}',
      });
      expect(last(stream, error(", event: modelStreamErrorException"))).toMatchObject({
        name: "modelStreamErrorException",
      });
    }
  });

  it("Ollama: a line", () => {
    expect(last(ollamaStream, error())).toEqual({ name: null, data: '{"error":"busy"}' });
  });

  it("data of the user's own keeps to the format", () => {
    expect(last(ollamaStream, error(', data: "{\\n  \\"a\\": 1\\n}"'))).toEqual({
      name: null,
      data: '{   "a": 1 }',
    });
    expect(last(invokeStream, error(", data: { type: mine }"))).toMatchObject({
      name: "serviceUnavailableException",
      data: '{"type":"mine"}',
    });
    expect(last(invokeStream, error(', event: "", data: { type: mine }'))).toEqual({
      name: null,
      data: '{"type":"mine"}',
    });
  });
});

describe("model faults", () => {
  const units = (stream: FormatStream, fault: string) => {
    const { out, outcome } = made(faultOf(fault), stream);
    expect(outcome).toBe("done");
    const reader = STREAM_FORMATS[stream.format].reader();
    return reader.push(out).flatMap((item) => (item.kind === "event" ? [item.event] : []));
  };
  const parsed = (stream: FormatStream, fault: string): unknown[] =>
    units(stream, fault).map(({ data }) => JSON.parse(data ?? "null") as unknown);

  it("change frames, whose lengths and checksums fit", () => {
    expect(parsed(converseStream, "{ model: { stopReason: max_tokens } }")).toContainEqual({
      stopReason: "max_tokens",
    });
    expect(units(converseStream, "{ model: { emptyContent: true } }").map(({ name }) => name)).toEqual([
      "messageStart",
      "messageStop",
      "metadata",
    ]);
    const inputs = parsed(converseStream, "{ model: { garbleToolInput: true } }").flatMap((json) => {
      const { delta } = json as { delta?: { toolUse?: { input: string } } };
      return delta?.toolUse ? [delta.toolUse.input] : [];
    });
    expect(inputs).toEqual(['{"garbled":true}', ""]);
  });

  it("change what is inside chunks", () => {
    expect(parsed(invokeStream, "{ model: { stopReason: pause_turn } }")).toContainEqual(
      expect.objectContaining({ delta: { stop_reason: "pause_turn", stop_sequence: null } }),
    );
  });

  it("change lines, and elements", () => {
    expect(parsed(ollamaStream, "{ model: { stopReason: length } }").at(-1)).toMatchObject({
      done_reason: "length",
    });
    expect(parsed(geminiStream, "{ model: { stopReason: SAFETY } }").at(-1)).toMatchObject({
      candidates: [{ finishReason: "SAFETY" }],
    });
    expect(JSON.stringify(parsed(geminiStream, "{ model: { garbleToolInput: true } }"))).toContain(
      '"garbled":true',
    );
  });

  it("refusal has details", () => {
    const fault = "{ model: { stopReason: { reason: refusal, category: cyber, explanation: no } } }";
    expect(parsed(sseStream, fault)).toContainEqual(
      expect.objectContaining({
        delta: {
          stop_reason: "refusal",
          stop_sequence: null,
          stop_details: { type: "refusal", category: "cyber", explanation: "no" },
        },
      }),
    );
  });

  it("fallback puts a block before the first, and numbers all others anew", () => {
    const fault = "{ model: { fallback: { from: big, to: small, category: bio } } }";
    const all = parsed(sseStream, fault) as {
      type: string;
      index?: number;
      content_block?: object;
      usage?: object;
    }[];
    expect(all.map(({ type, index }) => [type, index])).toEqual([
      ["message_start", undefined],
      ["content_block_start", 0],
      ["content_block_stop", 0],
      ["content_block_start", 1],
      ["ping", undefined],
      ["content_block_delta", 1],
      ["content_block_delta", 1],
      ["content_block_stop", 1],
      ["message_delta", undefined],
      ["message_stop", undefined],
    ]);
    expect(all[1]?.content_block).toEqual({
      type: "fallback",
      from: { model: "big" },
      to: { model: "small" },
      trigger: { type: "refusal", category: "bio" },
    });
    expect(all.at(-2)?.usage).toMatchObject({ iterations: [{ type: "fallback_message", model: "small" }] });
  });

  it("OpenAI's Responses", () => {
    const call = { type: "function_call", call_id: "c", arguments: '{"a":1}' };
    const list = [
      { type: "response.created", response: { object: "response", status: "in_progress", output: [] } },
      { type: "response.function_call_arguments.delta", item_id: "i", delta: '{"a"' },
      { type: "response.function_call_arguments.delta", item_id: "i", delta: ":1}" },
      { type: "response.function_call_arguments.done", item_id: "i", arguments: '{"a":1}' },
      { type: "response.completed", response: { object: "response", status: "completed", output: [call] } },
    ];
    const bytes = new TextEncoder().encode(
      list.map((one) => `event: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`).join(""),
    );
    const stream: FormatStream = { ...sseStream, provider: "openai", path: "/v1/responses", bytes };
    expect(units(stream, "{ model: { stopReason: max_output_tokens } }").at(-1)).toEqual({
      name: "response.incomplete",
      data: JSON.stringify({
        type: "response.incomplete",
        response: {
          object: "response",
          status: "incomplete",
          output: [call],
          incomplete_details: { reason: "max_output_tokens" },
        },
      }),
    });
    expect(parsed(stream, "{ model: { garbleToolInput: true } }").slice(1)).toMatchObject([
      { delta: '{"garbled":true}' },
      { delta: "" },
      { arguments: '{"garbled":true}' },
      { response: { output: [{ arguments: '{"garbled":true}' }] } },
    ]);
    expect(units(stream, "{ model: { emptyContent: true } }").map(({ name }) => name)).toEqual([
      "response.created",
      "response.completed",
    ]);
  });
});

describe("the format of a response", () => {
  const gemini = "/v1beta/models/m:streamGenerateContent";
  it.each([
    ["text/event-stream", "/", "sse"],
    ["Text/Event-Stream; charset=utf-8", "/", "sse"],
    ["text/event-streaming", "/", null],
    ["application/x-ndjson", "/", "ndjson"],
    ["application/stream+json", "/v1/chat", "ndjson"],
    ["application/vnd.amazon.eventstream", "/", "aws-event-stream"],
    ["application/json", "/v1/messages", null],
    ["application/json; charset=UTF-8", gemini, "json-array"],
    ["application/json", `${gemini}?key=1`, "json-array"],
    ["application/json", `${gemini}?key=1&alt=sse`, null],
    ["text/event-stream", `${gemini}?alt=sse`, "sse"],
  ])("%s to %s: %s", (type, target, expected) => {
    expect(streamFormatOf([["Content-Type", type]], target)).toBe(expected);
  });
});

describe("what has no meaning", () => {
  const refusal = (fault: string, match: string): string => {
    try {
      faultOf(fault, match);
    } catch (error) {
      if (error instanceof FaultEngineError) return error.message;
    }
    return "accepted";
  };

  it.each([
    [
      "{ stream: { damage: { events: 1, how: missing-event-line } } }",
      "{ provider: ollama }",
      /lines of JSON.*has no name/,
    ],
    ["{ stream: { damage: { events: 1, how: bad-message-crc } } }", "{ path: /v1/messages }", /no frame/],
    [
      "{ stream: { stall: { afterEvents: 1, pingEvery: 1s } } }",
      "{ path: /api/chat }",
      /nothing can stand between/,
    ],
    ["{ stream: { split: { every: 1, where: line } } }", "{ provider: bedrock }", /no lines/],
    [
      "{ stream: { errorEvent: { afterEvents: 1, type: a, event: b } } }",
      "{ provider: ollama }",
      /has no name/,
    ],
    ["{ model: { fallback: { from: a, to: b } } }", "{ provider: openai }", /no fallback block/],
    [
      "{ model: { fallback: { from: a, to: b } } }",
      "{ host: api.mistral.ai }",
      /Mistral has no fallback block/,
    ],
    ["{ model: { fallback: { from: a, to: b } } }", "{ provider: vertex }", /^accepted$/],
    [
      "{ stream: { damage: { events: 1, how: bad-message-crc } } }",
      "{ host: openrouter.ai, path: [/api/v1/chat/completions, /api/v1/messages] }",
      /streams of OpenRouter are server-sent events/,
    ],
    [
      "{ stream: { cut: { afterEvents: 1 } } }",
      "{ path: /v1/embeddings }",
      /OpenAI answers \/v1\/embeddings in one piece: there is no stream/,
    ],
    ["{ stream: { cut: { afterEvents: 1 } } }", "{ path: [/v1/embeddings, /v1/responses] }", /^accepted$/],
    ["{ stream: { cut: { afterEvents: 1 } } }", "{ path: /v1/embeddings, host: '*.test' }", /^accepted$/],
    [
      "{ stream: { cut: { afterEvents: 1 } } }",
      "{ provider: bedrock, path: /model/m/converse }",
      /Bedrock answers .* in one piece/,
    ],
    [
      "{ stream: { cut: { afterEvents: 1 } } }",
      "{ path: '/v1beta/models/gemini-3-pro:generateContent' }",
      /Gemini answers .* in one piece/,
    ],
    [
      "{ stream: { cut: { afterEvents: 1 } } }",
      "{ path: '/v1beta/models/gemini-3-pro:streamGenerateContent' }",
      /^accepted$/,
    ],
    [
      "{ stream: { damage: { events: 1, how: bad-message-crc } } }",
      "{ provider: [anthropic, bedrock] }",
      /^accepted$/,
    ],
    ["{ stream: { damage: { events: 1, how: bad-message-crc } } }", "{ host: a.test }", /^accepted$/],
    ["{ stream: { damage: { events: 1, how: missing-event-line } } }", "{ provider: gemini }", /^accepted$/],
  ])("%s for %s", (fault, match, expected) => {
    expect(refusal(fault, match)).toMatch(expected);
  });

  it("is told where only the stream shows it", () => {
    const fault = faultOf("{ stream: { damage: { events: 1, how: bad-message-crc } } }");
    expect(made(fault, sseStream).outcome).toBe(
      "a server-sent event has no frame with lengths and checksums",
    );
  });
});
