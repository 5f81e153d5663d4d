import { describe, expect, it } from "vitest";
import { createMachine, encodeEvent, type FaultMachine, type ModelFault } from "../../src/index.ts";
import { anthropicEvents, context, drive, resultOf } from "../support/streams.ts";

function machineFor(fault: ModelFault, isEventStream: boolean): FaultMachine {
  const created = createMachine(fault, context({ format: isEventStream ? "sse" : null }));
  if (created.kind === "none") throw new Error(created.reason);
  return created.machine;
}

const stopReason: ModelFault = { kind: "model.stop-reason", reason: "refusal" };
const empty: ModelFault = { kind: "model.empty-content" };
const garble: ModelFault = { kind: "model.garble-tool-input" };

const text = (name: string | null, value: object): string =>
  Buffer.from(encodeEvent(name, JSON.stringify(value))).toString();

/** A plain answer after the fault, in pieces of one byte. */
function plain(fault: ModelFault, answer: object): { json: unknown; outcome: unknown } {
  const machine = machineFor(fault, false);
  const bytes = new TextEncoder().encode(JSON.stringify(answer));
  const { text: changed, end } = resultOf(
    drive(
      machine,
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
    ),
  );
  expect(end).toBe("<end>");
  return { json: JSON.parse(changed), outcome: machine.outcome };
}

/** The data of a stream's events after the fault. */
function streamed(fault: ModelFault, events: readonly string[]): unknown[] {
  const whole = resultOf(drive(machineFor(fault, true), events)).text;
  const byByte = resultOf(
    drive(
      machineFor(fault, true),
      Array.from(Buffer.from(events.join("")), (byte) => Uint8Array.of(byte)),
    ),
  );
  expect(byByte.text).toBe(whole);
  return [...whole.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as unknown);
}

describe("model faults on Anthropic's answers", () => {
  const message = {
    type: "message",
    content: [
      { type: "text", text: "a" },
      { type: "tool_use", id: "t", name: "n", input: { city: "Rome" } },
    ],
    stop_reason: "tool_use",
  };

  it("plain", () => {
    expect(plain(stopReason, message).json).toMatchObject({ ...message, stop_reason: "refusal" });
    expect(plain(empty, message).json).toEqual({ ...message, content: [] });
    expect(plain(garble, message).json).toEqual({
      ...message,
      content: [message.content[0], { ...message.content[1], input: { garbled: true } }],
    });
  });

  it("streamed", () => {
    const types = (list: readonly unknown[]): unknown[] => list.map((one) => (one as { type: unknown }).type);
    const stopped = streamed(stopReason, anthropicEvents);
    expect(stopped).toHaveLength(8);
    expect(stopped[6]).toMatchObject({ delta: { stop_reason: "refusal" }, usage: { output_tokens: 7 } });
    expect(types(streamed(empty, anthropicEvents))).toEqual([
      "message_start",
      "ping",
      "message_delta",
      "message_stop",
    ]);
  });

  it("tool input that comes in pieces is replaced as a whole", () => {
    const piece = (index: number, partial_json: string): string =>
      text("content_block_delta", {
        type: "content_block_delta",
        index,
        delta: { type: "input_json_delta", partial_json },
      });
    const events = streamed(garble, [
      piece(1, ""),
      piece(1, '{"city":'),
      piece(2, '{"a":1}'),
      piece(1, '"Rome"}'),
    ]) as {
      index: number;
      delta: { partial_json: string };
    }[];
    for (const index of [1, 2]) {
      const input = events.filter((event) => event.index === index).map((event) => event.delta.partial_json);
      expect(JSON.parse(input.join(""))).toEqual({ garbled: true });
    }
  });
});

describe("model faults on others' answers", () => {
  const call = { index: 0, id: "c", function: { name: "n", arguments: '{"city":"Rome"}' } };
  const openai = {
    choices: [
      { index: 0, message: { role: "assistant", content: "a", tool_calls: [call] }, finish_reason: "stop" },
    ],
  };
  const gemini = {
    candidates: [
      {
        content: { role: "model", parts: [{ text: "a" }, { functionCall: { name: "n", args: { a: 1 } } }] },
        finishReason: "STOP",
      },
    ],
  };

  it("OpenAI", () => {
    expect(plain(stopReason, openai).json).toMatchObject({ choices: [{ finish_reason: "refusal" }] });
    expect(plain(empty, openai).json).toEqual({
      choices: [{ index: 0, message: { role: "assistant", content: "" }, finish_reason: "stop" }],
    });
    expect(plain(garble, openai).json).toMatchObject({
      choices: [
        {
          message: { content: "a", tool_calls: [{ function: { name: "n", arguments: '{"garbled":true}' } }] },
        },
      ],
    });
    const chunk = (delta: object, finish_reason: string | null): string =>
      text(null, { choices: [{ index: 0, delta, finish_reason }] });
    expect(streamed(stopReason, [chunk({ content: "a" }, null), chunk({}, "stop")])).toMatchObject([
      { choices: [{ finish_reason: null }] },
      { choices: [{ finish_reason: "refusal" }] },
    ]);
  });

  it("Gemini", () => {
    expect(plain(stopReason, gemini).json).toMatchObject({ candidates: [{ finishReason: "refusal" }] });
    expect(plain(empty, gemini).json).toMatchObject({
      candidates: [{ content: { role: "model", parts: [] } }],
    });
    expect(plain(garble, gemini).json).toMatchObject({
      candidates: [{ content: { parts: [{ text: "a" }, { functionCall: { args: { garbled: true } } }] } }],
    });
  });
});

describe("answers without anything to change", () => {
  const textOnly = { content: [{ type: "text", text: "a" }] };
  it.each([
    [garble, { type: "error" }],
    [garble, ["a"]],
    [garble, { type: "message", content: [], stop_reason: null }],
    [garble, { type: "message", ...textOnly }],
    [empty, { type: "error", ...textOnly }],
    [stopReason, { type: "message_start", message: { stop_reason: null } }],
    [garble, { type: "message_delta", delta: { partial_json: "{" } }],
    [stopReason, { type: "message_delta", delta: null }],
    [garble, { type: "content_block_delta", index: 0, delta: { type: "text_delta", partial_json: "a" } }],
    [garble, { type: "content_block_delta", index: 0, delta: null }],
    [garble, { choices: [] }],
    [garble, { choices: {} }],
    [garble, { choices: [{ message: { role: "assistant", content: "a" } }] }],
    [garble, { choices: [{ message: { tool_calls: [{ index: 0 }, { function: { arguments: {} } }] } }] }],
    [garble, { choices: [{ delta: null }] }],
    [empty, { choices: [{ message: null }] }],
    [stopReason, { choices: [{ finish_reason: null }, { index: 1 }] }],
    [garble, { candidates: [] }],
    [garble, { candidates: {} }],
    [garble, { candidates: [{ content: { parts: [{ text: "a" }] } }] }],
    [garble, { candidates: [{ content: null }] }],
    [empty, { candidates: [{ finishReason: "STOP" }] }],
    [stopReason, { candidates: [{ content: { parts: [] } }] }],
  ])("%j on %j", (fault, answer) => {
    const { json, outcome } = plain(fault, answer);
    expect(json).toEqual(answer);
    expect(outcome).toMatchObject({ kind: "undone" });
  });

  it("hold only what has something: the others beside it stay as they are", () => {
    const tool = { type: "tool_use", input: {} };
    expect(
      plain(garble, { type: "message", content: [tool, { type: "text", input: 1 }, "odd"] }).json,
    ).toEqual({
      type: "message",
      content: [
        { ...tool, input: { garbled: true } },
        { type: "text", input: 1 },
      ],
    });
    const call = (index: number | undefined) => ({ index, function: { name: "n", arguments: "{}" } });
    const done = (index: number) => ({ index, function: { name: "n", arguments: '{"garbled":true}' } });
    expect(
      plain(garble, {
        choices: [
          { index: 0, message: { content: "a" } },
          { index: 1, message: { tool_calls: [call(0), call(1)] } },
        ],
      }).json,
    ).toEqual({
      choices: [
        { index: 0, message: { content: "a" } },
        { index: 1, message: { tool_calls: [done(0), done(1)] } },
      ],
    });
    expect(
      plain(stopReason, { candidates: [{ index: 0 }, { index: 1, finishReason: "STOP" }] }).json,
    ).toEqual({ candidates: [{ index: 0 }, { index: 1, finishReason: "refusal" }] });
    expect(
      plain(empty, { choices: [{ message: { role: "assistant", tool_calls: [call(0)] } }] }).json,
    ).toEqual({
      choices: [{ message: { role: "assistant" } }],
    });
  });

  it("pass byte for byte: bodies that are no JSON, and streams", () => {
    const machine = machineFor(garble, false);
    expect(resultOf(drive(machine, ["<html>"])).text).toBe("<html>");
    const stream = machineFor(garble, true);
    expect(resultOf(drive(stream, anthropicEvents)).text).toBe(anthropicEvents.join(""));
    expect(stream.outcome).toMatchObject({ kind: "undone" });
  });

  it("pass where they are larger than may be held", () => {
    const machine = machineFor(empty, false);
    const large = "x".repeat(2_500_000);
    const { text: out } = resultOf(drive(machine, [large, large]));
    expect(out === large + large).toBe(true);
    expect(machine.outcome).toMatchObject({ reason: expect.stringContaining("larger") });
  });
});
