/** The mock: any text as a script, with a place for what is wrong; and any request to any of its APIs, with a script or without. */

import { STREAM_FORMATS } from "@faultwire/fault-engine";
import { LlmMockError, parseScript, type Script } from "@faultwire/llm-mock";
import { answerTo, answerToThrown, providerFor } from "../../packages/llm-mock/src/answer-request.ts";
import type { ApiRequest } from "../../packages/llm-mock/src/api.ts";
import { llmMockLimits } from "../../packages/llm-mock/src/limits.ts";
import { UnscriptedError } from "../../packages/llm-mock/src/model/speak.ts";
import { providersOf } from "../../packages/llm-mock/src/providers.ts";
import { edited, everyEdit } from "../contract/edits.ts";
import { caught, holds, same, seed, steered, type Target } from "../contract/target.ts";

const usual = {
  "x-api-key": "k",
  authorization: "Bearer k",
  "anthropic-version": "2023-06-01",
  "x-goog-api-key": "k",
  "api-key": "k",
};

/** A path of each API, and a request of each that is right. */
const calls: readonly (readonly [path: string, body: object, headers?: ApiRequest["headers"]])[] = [
  [
    "/v1/messages",
    {
      model: "claude-x",
      max_tokens: 9,
      stream: true,
      messages: [{ role: "user", content: "hi" }],
      tools: [{ name: "t", input_schema: { type: "object" } }],
    },
  ],
  [
    "/v1/messages/count_tokens",
    { model: "claude-x", messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }] },
  ],
  [
    "/v1/chat/completions",
    {
      model: "gpt-x",
      stream: true,
      messages: [{ role: "user", content: "hi" }],
      tools: [{ type: "function", function: { name: "t", parameters: {} } }],
    },
  ],
  ["/v1/responses", { model: "gpt-x", input: "hi", stream: true }],
  ["/v1/embeddings", { model: "text-embedding-3-small", input: ["a", "b"] }],
  [
    "/openai/deployments/d/chat/completions?api-version=2024-10-21",
    { messages: [{ role: "user", content: "hi" }] },
  ],
  [
    "/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
    { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
  ],
  [
    "/v1beta/models/gemini-x:generateContent",
    { contents: [{ parts: [{ text: "hi" }] }], tools: [{ functionDeclarations: [{ name: "t" }] }] },
  ],
  [
    "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x:streamRawPredict",
    { anthropic_version: "vertex-2023-10-16", max_tokens: 9, messages: [{ role: "user", content: "hi" }] },
  ],
  ["/model/m/converse-stream", { messages: [{ role: "user", content: [{ text: "hi" }] }] }],
  [
    "/model/anthropic.claude-x/invoke",
    { anthropic_version: "bedrock-2023-05-31", max_tokens: 9, messages: [{ role: "user", content: "hi" }] },
  ],
  ["/api/chat", { model: "llama", messages: [{ role: "user", content: "hi" }] }],
  ["/api/generate", { model: "llama", prompt: "hi", stream: false }],
  [
    "/v1/chat/completions",
    { model: "mistral-x", messages: [{ role: "user", content: "hi" }] },
    { host: "api.mistral.ai" },
  ],
  ["/v2/chat", { model: "command", stream: true, messages: [{ role: "user", content: "hi" }] }],
  ["/api/v1/chat/completions", { model: "a/b", stream: true, messages: [{ role: "user", content: "hi" }] }],
  ["/chat/completions", { model: "any", messages: [{ role: "user", content: "hi" }] }],
];

const scriptText = `turns:
  - when: { afterTool: t, turn: 2, model: "*" }
    say: done {{message}}
  - when: /(?i)hi/
    think: I need it.
    say: Let me look.
    call: { tool: t, arguments: { a: 1 } }
    tokens: { input: 12, output: 4 }
  - when: bye
    stop: refusal
otherwise: echo
`;
/** The same as JSON, which is YAML as well. */
const rightScript = {
  turns: [
    { when: { afterTool: "t", turn: 2, model: "*", message: "x" }, say: "done {{message}}" },
    {
      when: "hi",
      think: "I need it.",
      say: "Let me look.",
      call: [{ tool: "t", arguments: { a: 1 }, result: "r" }],
      tokens: { input: 12, output: 4 },
      pace: { firstTokenMs: 5, tokensPerSecond: 40 },
      stop: "length",
    },
  ],
  otherwise: "echo",
};
const scripts: readonly (Script | undefined)[] = [undefined, parseScript(scriptText, "script.yaml")];

function checkScript(text: string): void {
  const outcome = caught(LlmMockError, () => parseScript(text, "script.yaml"));
  if ("error" in outcome) {
    holds(outcome.error.code === "invalid-script", `a script is told as one: ${String(outcome.error.code)}`);
    const [, line = "0", column = "0"] = /^script\.yaml:(\d+):(\d+): ./s.exec(outcome.error.message) ?? [];
    const lines = text.split(/\r\n|\r|\n/).length;
    holds(+line >= 1 && +line <= lines + 1 && +column >= 1, `a place in the file: ${outcome.error.message}`);
    return;
  }
  for (const call of [0, 2, 6, 9]) checkCall(call, JSON.stringify(calls[call]![1]), outcome.value);
}

function checkCall(which: number, text: string, script: Script | undefined): void {
  const [path, , headers] = calls[which % calls.length]!;
  const limits = llmMockLimits;
  const providers = providersOf({ seed: 0, limits, batchMs: 1000, mind: { reply: undefined, script } });
  const request: ApiRequest = {
    method: "POST",
    path,
    headers: { ...usual, ...headers },
    body: Buffer.from(text),
  };
  const provider = providerFor(request, providers);
  const ask = () => {
    try {
      return answerTo(request, provider, { origin: "http://mock", requestId: "id", nowMs: 1_800_000_000_000 })
        .answer;
    } catch (error) {
      holds(error instanceof UnscriptedError || isTooDeep(error), `no error of ours: ${String(error)}`);
      return answerToThrown(error, provider);
    }
  };
  const answer = ask();
  if (answer.kind === "error") {
    holds(
      answer.status >= 400 && answer.status < 600 && answer.message !== "",
      "an error says what is wrong",
    );
    const { body } = provider.errorAnswer(answer, { requestId: "id" });
    JSON.parse(String(body));
    return;
  }
  const { usage } = answer;
  if (usage)
    holds(
      [usage.inputTokens, usage.outputTokens].every((count) => Number.isInteger(count) && count >= 0),
      `tokens are counted: ${JSON.stringify(usage)}`,
    );
  if (answer.kind === "whole") {
    if (typeof answer.body === "string") JSON.parse(answer.body);
    return;
  }
  const bytes = Buffer.concat(answer.frames.map((frame) => Buffer.from(frame.bytes)));
  const { contentType } = answer;
  const format =
    contentType.includes("event-stream; ") || contentType === "text/event-stream"
      ? "sse"
      : contentType.includes("amazon")
        ? "aws-event-stream"
        : undefined;
  if (!format) return;
  const reader = STREAM_FORMATS[format].reader();
  const items = [...reader.push(bytes), ...reader.finish()];
  const events = items.filter(({ kind }) => kind === "event").length;
  holds(events > 0, "a stream has events");
  same(
    Buffer.concat(items.map((item) => item.bytes)).toString("latin1"),
    bytes.toString("latin1"),
    "all of it is events",
  );
}

const isTooDeep = (error: unknown): boolean => error instanceof RangeError;

export const target: Target = {
  maxBytes: 1500,
  maxSteps: 4_000_000,
  words: [
    "\n  - ",
    "when: ",
    "say: ",
    "call: { tool: t }",
    "{{message}}",
    "stop: ",
    "/(?i)^a$/",
    "otherwise: refuse",
    '"role":"assistant"',
    '"role":"tool"',
    '"tool_calls":[{"id":"c","type":"function","function":{"name":"t","arguments":"{}"}}]',
    '{"type":"tool_use","id":"t1","name":"t","input":{}}',
    '{"type":"tool_result","tool_use_id":"t1","content":"x"}',
    '"stream":true',
    '"tool_choice":',
    '"thinking":{"type":"enabled","budget_tokens":1024}',
    "null",
    "-1",
    "1e400",
    "[]",
    "{}",
    '"\\ud800"',
    '"__proto__":',
  ],
  seeds: () => [
    seed(0, scriptText),
    seed(
      0,
      '{"turns":[{"say":"a","pace":{"firstTokenMs":1,"tokensPerSecond":5},"stop":"length"}],"otherwise":"refuse"}',
    ),
    seed(
      0,
      "turns:\n  - call:\n      - { tool: web_search, result: [1] }\n      - { tool: t, arguments: {} }\n",
    ),
    seed(0, "turns: &a\n  - say: x\n    when: /unfinished\n"),
    ...everyEdit(rightScript).map((edit) => seed(1, edit)),
    ...calls.flatMap(([, body], at) => [
      seed(4 * at + (at === 0 ? 68 : 0), JSON.stringify(body)),
      seed(4 * at + (at === 0 ? 69 : 1), JSON.stringify(body)),
      // Every tenth, from another one each time: of all together that is much.
      ...everyEdit(body).flatMap((edit, number) => (number % 10 === at % 10 ? [seed(4 * at + 2, edit)] : [])),
    ]),
  ],
  run(input) {
    const [how, bytes] = steered(input);
    const text = Buffer.from(bytes).toString();
    const call = (how >> 2) % calls.length;
    const script = scripts[how & 1];
    if (how === 0) checkScript(text);
    else if (how === 1) checkScript(edited(rightScript, bytes));
    else checkCall(call, (how & 2) === 0 ? text : edited(calls[call]![1], bytes), script);
  },
};
