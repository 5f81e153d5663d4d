import { expect, it } from "vitest";
import { parseScript } from "../../src/script/parse-script.ts";
import { askingMock, jsonIn, textIn } from "../support/ask.ts";

const ask = askingMock();
const ollama = (path: string, body: object | undefined, method = "POST") =>
  ask(path, body, {}, method).answer;
const chat = { model: "llama3.2", messages: [{ role: "user", content: "hello" }] };
const linesIn = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

it("streams by itself, line by line, what it says in one piece", () => {
  const whole = jsonIn(ollama("/api/chat", { ...chat, stream: false }));
  const answer = ollama("/api/chat", chat);
  expect(answer).toMatchObject({ kind: "stream", contentType: "application/x-ndjson" });
  const lines = linesIn(textIn(answer));
  expect(lines.map(({ message }) => message.content).join("")).toBe(whole.message.content);
  expect(lines.map(({ done }) => done)).toEqual([...lines.slice(1).map(() => false), true]);
  expect(lines.at(-1)).toMatchObject({ done_reason: "stop", eval_count: whole.eval_count });
  const generated = linesIn(textIn(ollama("/api/generate", { model: "llama3.2", prompt: "hello" })));
  expect(generated.map(({ response }) => response).join("")).toBe(whole.message.content);
});

it("knows whose result it is given: by name, by id, by place", () => {
  const script = parseScript("turns: [{ when: { afterTool: second }, say: yes }]\notherwise: refuse", "s");
  const by = askingMock({ script });
  const calls = ["first", "second"].map((name) => ({ id: `id-${name}`, function: { name, arguments: {} } }));
  const answerTo = (...results: object[]) => {
    const messages = [...chat.messages, { role: "assistant", content: "", tool_calls: calls }, ...results];
    return by("/api/chat", { ...chat, messages, stream: false }, {}).answer;
  };
  const result = { role: "tool", content: "x" };
  expect(answerTo({ ...result, tool_name: "second" }).kind).toBe("whole");
  expect(answerTo({ ...result, tool_call_id: "id-second" }).kind).toBe("whole");
  expect(answerTo(result, result).kind).toBe("whole");
  expect(answerTo(result)).toMatchObject({ kind: "error", status: 404 });
});

it("cuts at num_predict and stop, loads without a question, embeds and lists", () => {
  const with_ = (options: object) => jsonIn(ollama("/api/chat", { ...chat, stream: false, options }));
  expect(with_({ num_predict: 2 })).toMatchObject({ done_reason: "length", eval_count: 2 });
  expect(with_({ stop: ["said"] }).message.content).toBe("You ");
  expect(jsonIn(ollama("/api/generate", { model: "x" }))).toMatchObject({ done: true, done_reason: "load" });
  expect(jsonIn(ollama("/api/embed", { model: "x", input: ["a", "b"] })).embeddings).toHaveLength(2);
  expect(jsonIn(ollama("/api/embeddings", { model: "x", prompt: "a" })).embedding).toHaveLength(768);
  expect(jsonIn(ollama("/api/tags", undefined, "GET")).models).toHaveLength(2);
});

it.each([
  ["no model", { messages: [] }],
  ["a role that is none", { ...chat, messages: [{ role: "bot", content: "x" }] }],
  ["messages that are none", { ...chat, messages: "x" }],
])("refuses %s with a text", (_, body) => {
  expect(ollama("/api/chat", body)).toMatchObject({
    kind: "error",
    status: 400,
    message: expect.any(String),
  });
});

it("says its version", () => {
  expect(jsonIn(ollama("/api/version", undefined, "GET"))).toEqual({ version: "0.12.0" });
});
