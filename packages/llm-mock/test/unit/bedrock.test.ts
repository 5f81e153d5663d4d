import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { awsEvent } from "../../src/bedrock/event-stream.ts";
import { askingMock, jsonIn } from "../support/ask.ts";

const headers = { authorization: "AWS4-HMAC-SHA256 any" };
const model = "anthropic.claude-sonnet-4-5-20250929-v1%3A0";
const ask = askingMock();
const bedrock = (operation: string, body: object, id = model) =>
  ask(`/model/${id}/${operation}`, body, headers).answer;
const user = (...content: object[]) => ({ role: "user", content });
const messages = [user({ text: "hello" })];
const toolSpec = {
  name: "weather",
  inputSchema: { json: { type: "object", properties: { city: { type: "string" } } } },
};
const toolConfig = { tools: [{ toolSpec }], toolChoice: { any: {} } };
const claude = {
  anthropic_version: "bedrock-2023-05-31",
  max_tokens: 100,
  messages: [{ role: "user", content: "hello" }],
};

/** Reads a message as the documentation of the format has it; resting on nothing of ours. */
function read(bytes: Uint8Array): { headers: Record<string, string>; payload: Buffer } {
  const message = Buffer.from(bytes);
  const [total, headersLength] = [message.readUInt32BE(0), message.readUInt32BE(4)];
  expect(total).toBe(message.length);
  expect(message.readUInt32BE(8)).toBe(crc32(message.subarray(0, 8)));
  expect(message.readUInt32BE(total - 4)).toBe(crc32(message.subarray(0, total - 4)));
  const found: Record<string, string> = {};
  let at = 12;
  while (at < 12 + headersLength) {
    const nameEnd = at + 1 + message[at]!;
    expect(message[nameEnd]).toBe(7);
    const valueEnd = nameEnd + 3 + message.readUInt16BE(nameEnd + 1);
    found[message.toString("utf8", at + 1, nameEnd)] = message.toString("utf8", nameEnd + 3, valueEnd);
    at = valueEnd;
  }
  return { headers: found, payload: message.subarray(at, total - 4) };
}

/** The events of a stream, name and payload. */
function eventsOf(answer: ReturnType<typeof bedrock>) {
  if (answer.kind !== "stream") throw new Error("no stream");
  return answer.frames.map(({ bytes }) => {
    const { headers: own, payload } = read(bytes as Uint8Array);
    expect(own).toMatchObject({ ":message-type": "event", ":content-type": "application/json" });
    return { type: own[":event-type"], payload: JSON.parse(payload.toString()) };
  });
}

describe("the event stream", () => {
  it("has the bytes of the format", () => {
    // By hand: three headers, of 11 + 1 + 3 + 2, 13 + 1 + 3 + 16 and 13 + 1 + 3 + 5 bytes, and two of payload.
    const message = Buffer.from(awsEvent("ab", {}));
    expect(message.subarray(0, 8).toString("hex")).toBe("0000005a00000048");
    expect(message.subarray(12, 29).toString("latin1")).toBe("\u000b:event-type\u0007\u0000\u0002ab");
    expect(read(message)).toEqual({
      headers: { ":event-type": "ab", ":content-type": "application/json", ":message-type": "event" },
      payload: Buffer.from("{}"),
    });
  });
});

describe("Converse", () => {
  it("streams what it says in one piece", () => {
    const whole = jsonIn(bedrock("converse", { messages }));
    const events = eventsOf(bedrock("converse-stream", { messages }));
    expect(events[0]).toMatchObject({ type: "messageStart", payload: { role: "assistant" } });
    const text = events.map(({ payload }) => payload.delta?.text ?? "").join("");
    expect(text).toBe(whole.output.message.content[0].text);
    expect(events.slice(-3).map(({ type }) => type)).toEqual(["contentBlockStop", "messageStop", "metadata"]);
    expect(events.at(-1)?.payload.usage).toEqual(whole.usage);
  });

  it("calls tools, and streams their input", () => {
    const whole = jsonIn(bedrock("converse", { messages, toolConfig }));
    expect(whole).toMatchObject({
      stopReason: "tool_use",
      output: { message: { content: [{ toolUse: { input: { city: "hello" } } }] } },
    });
    const events = eventsOf(bedrock("converse-stream", { messages, toolConfig }));
    expect(JSON.parse(events.map(({ payload }) => payload.delta?.toolUse?.input ?? "").join(""))).toEqual({
      city: "hello",
    });
  });

  it("counts the tokens of a Converse request as its answer does, and of nothing else", () => {
    const { usage } = jsonIn(bedrock("converse", { messages }));
    expect(jsonIn(bedrock("count-tokens", { input: { converse: { messages } } }))).toEqual({
      inputTokens: usage.inputTokens,
    });
    for (const input of [undefined, {}, { converse: 1 }, { invokeModel: { body: "" } }])
      expect(bedrock("count-tokens", { input })).toMatchObject({
        kind: "error",
        status: 400,
        type: "ValidationException",
        message: "The mock counts the tokens of input.converse alone.",
      });
  });

  it("thinks where the model's own field asks for it", () => {
    const additionalModelRequestFields = { thinking: { type: "enabled", budget_tokens: 1024 } };
    const { output } = jsonIn(bedrock("converse", { messages, additionalModelRequestFields }));
    expect(output.message.content[0].reasoningContent.reasoningText.signature).toMatch(/.{20}/);
  });

  const use = { role: "assistant", content: [{ toolUse: { toolUseId: "a", name: "weather", input: {} } }] };
  const result = { toolResult: { toolUseId: "a", content: [] } };
  it.each([
    ["no messages", {}, /'messages'.*must not be null/],
    [
      "a role that is none",
      { messages: [{ role: "bot", content: [{ text: "x" }] }] },
      /enum value set: \[user, assistant\]/,
    ],
    [
      "an assistant first",
      { messages: [{ role: "assistant", content: [{ text: "x" }] }] },
      /start with a user message/,
    ],
    ["no content", { messages: [user()] }, /content field .* is empty/],
    ["a blank text", { messages: [user({ text: " " })] }, /is blank/],
    ["a block that is none", { messages: [user({ foo: 1 })] }, /must set one of/],
    ["no token at all", { messages, inferenceConfig: { maxTokens: 0 } }, /inferenceConfig.maxTokens/],
    [
      "a temperature too high",
      { messages, inferenceConfig: { temperature: 2 } },
      /inferenceConfig.temperature/,
    ],
    [
      "results without tools",
      { messages: [...messages, use, user(result)] },
      /toolConfig field must be defined/,
    ],
    [
      "a call without its result",
      { messages: [...messages, use, ...messages], toolConfig },
      /Expected toolResult blocks at messages.2.content.*a/,
    ],
    [
      "a result without its call",
      { messages: [user(result)], toolConfig },
      /exceeds the number of toolUse blocks/,
    ],
  ])("refuses %s", (_, body, message) => {
    expect(bedrock("converse", body)).toMatchObject({
      kind: "error",
      status: 400,
      type: "ValidationException",
      message: expect.stringMatching(message),
    });
  });
});

describe("InvokeModel", () => {
  it("has Claude's message, and its events in chunks of base64", () => {
    const whole = jsonIn(bedrock("invoke", claude));
    expect(whole).toMatchObject({ type: "message", model: "anthropic.claude-sonnet-4-5-20250929-v1:0" });
    const events = eventsOf(bedrock("invoke-with-response-stream", claude)).map(({ type, payload }) => {
      expect(type).toBe("chunk");
      return JSON.parse(Buffer.from(payload.bytes, "base64").toString());
    });
    expect(events.map(({ delta }) => delta?.text ?? "").join("")).toBe(whole.content[0].text);
    expect(events.at(-1)["amazon-bedrock-invocationMetrics"].outputTokenCount).toBe(
      whole.usage.output_tokens,
    );
  });

  it("refuses Claude's mistakes as AWS does, and bodies that it does not know", () => {
    expect(bedrock("invoke", { ...claude, max_tokens: 0 })).toMatchObject({
      type: "ValidationException",
      message: expect.stringContaining("max_tokens"),
    });
    expect(bedrock("invoke", { messages: [], max_tokens: 1 })).toMatchObject({
      message: "anthropic_version: Field required",
    });
    expect(bedrock("invoke", {}, "meta.llama3")).toMatchObject({ status: 400 });
    expect(ask(`/model/${model}/converse`, { messages }, {}).answer).toMatchObject({ status: 403 });
  });
});
