import { describe, expect, it } from "vitest";
import { parseScript } from "../../src/script/parse-script.ts";
import { type Ask, askingMock, dataIn, jsonIn, textIn } from "../support/ask.ts";

const headers = { authorization: "Bearer any" };
const ask = askingMock();
const model = "command-a-03-2025";
const messages = [{ role: "user", content: "Bern" }];
const weather = {
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const tools = [{ type: "function", function: weather }];
const chat = (body: object, by: Ask = ask) => by("/v2/chat", { model, messages, ...body }, headers).answer;

describe("Cohere", () => {
  it("streams blocks that make up what it says in one piece", () => {
    const thinking = { type: "enabled" };
    const whole = jsonIn(chat({ thinking }));
    const stream = textIn(chat({ thinking, stream: true }));
    expect(stream).toMatch(/^event: message-start\n/);
    const events = dataIn(stream);
    const said = (index: number, field: string) =>
      events
        .filter((event) => event.type === "content-delta" && event.index === index)
        .map(({ delta }) => delta.message.content[field])
        .join("");
    expect([
      { type: "thinking", thinking: said(0, "thinking") },
      { type: "text", text: said(1, "text") },
    ]).toEqual(whole.message.content);
    expect(events.at(-1)).toMatchObject({
      type: "message-end",
      delta: { finish_reason: "COMPLETE", usage: whole.usage },
    });
  });

  it("streams lines to a client that takes JSON alone, and events to every other", () => {
    const streamed = (accept?: string) =>
      ask("/v2/chat", { model, messages, stream: true }, { ...headers, ...(accept && { accept }) }).answer;
    const events = streamed();
    const lines = streamed("application/json");
    expect([events, lines]).toMatchObject([
      { contentType: "text/event-stream; charset=utf-8" },
      { contentType: "application/stream+json" },
    ]);
    const parsed = textIn(lines)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(parsed).toEqual(dataIn(textIn(events)));
    expect(textIn(events).endsWith("data: [DONE]\n\n")).toBe(true);
    for (const accept of ["*/*", "text/event-stream", "application/json, text/event-stream"])
      expect(textIn(streamed(accept))).toBe(textIn(events));
  });

  it("is told by its SDKs where the path is another's, too", () => {
    const models = (userAgent: string) =>
      ask("/v1/models", undefined, { ...headers, "user-agent": userAgent }, "GET").provider;
    expect([models("cohere-ai/8.1.0"), models("cohere/7.3.1")]).toEqual(["cohere", "cohere"]);
    expect(models("curl/8.5.0")).not.toBe("cohere");
  });

  it("calls tools, and takes what it says beside them for a plan", () => {
    const script = parseScript(
      "turns: [{ say: I look., call: { tool: weather, arguments: { a: 1 } } }]",
      "s",
    );
    const by = askingMock({ script });
    const { finish_reason, message } = jsonIn(chat({ tools }, by));
    expect([finish_reason, message.tool_plan, message.content]).toEqual(["TOOL_CALL", "I look.", undefined]);
    const events = dataIn(textIn(chat({ tools, stream: true }, by)));
    const of = (type: string) => events.filter((event) => event.type === type);
    const plan = of("tool-plan-delta").map(({ delta }) => delta.message.tool_plan);
    const input = of("tool-call-delta").map(({ delta }) => delta.message.tool_calls.function.arguments);
    expect([plan.join(""), input.join("")]).toEqual(["I look.", '{"a":1}']);
    expect(of("content-start")).toEqual([]);
  });

  it("has to call where it is told to, and may not where it is forbidden", () => {
    const { message } = jsonIn(chat({ tools, tool_choice: "REQUIRED" }));
    expect(message.tool_calls[0].function).toEqual({ name: "weather", arguments: '{"city":"Bern"}' });
    const next = [
      ...messages,
      message,
      {
        role: "tool",
        tool_call_id: message.tool_calls[0].id,
        content: [{ type: "document", document: { data: "12 degrees" } }],
      },
    ];
    expect(jsonIn(chat({ tools, messages: next })).message.content[0].text).toContain("12 degrees");
    expect(jsonIn(chat({ tools, tool_choice: "NONE" })).finish_reason).toBe("COMPLETE");
  });

  it("ends at a limit and at a stop sequence", () => {
    expect(jsonIn(chat({ max_tokens: 2 })).finish_reason).toBe("MAX_TOKENS");
    expect(jsonIn(chat({ stop_sequences: ["said"] }))).toMatchObject({
      finish_reason: "STOP_SEQUENCE",
      message: { content: [{ text: "You " }] },
    });
  });

  const calling = { role: "assistant", tool_calls: [{ id: "a", type: "function", function: weather }] };
  it.each([
    ["no model", { model: undefined }, 400],
    ["a model of another", { model: "gpt-4.1" }, 404],
    ["no message", { messages: [] }, 400],
    ["a role that is none", { messages: [{ role: "bot", content: "x" }] }, 400],
    ["an empty message", { messages: [{ role: "user", content: "" }] }, 400],
    ["a field that there is not", { top_p: 1 }, 422],
    ["a number out of its range", { p: 1 }, 400],
    ["a choice without tools", { tool_choice: "REQUIRED" }, 400],
    ["a call without its result", { messages: [...messages, calling, ...messages] }, 400],
    ["a result without its call", { messages: [{ role: "tool", tool_call_id: "b", content: "x" }] }, 400],
  ])("refuses %s", (_, body, status) => {
    expect(chat(body)).toMatchObject({ kind: "error", status, message: expect.any(String) });
  });

  it("wants a key", () => {
    expect(ask("/v2/chat", { model, messages }, {}).answer).toMatchObject({ status: 401 });
  });
});
