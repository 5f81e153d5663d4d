import { describe, expect, it } from "vitest";
import { LlmMockError, parseScript, scriptLimits, startLlmMock } from "../../src/index.ts";
import { askingMock, jsonIn } from "../support/ask.ts";
import { eventsIn, post, userSays } from "./anthropic-client.ts";

const headers = { "x-api-key": "k", "anthropic-version": "2026-10-21" };
const tools = [{ name: "weather", input_schema: { type: "object" } }];
/** What a script makes of a message to Claude. */
const answers = (yaml: string) => {
  const ask = askingMock({ script: parseScript(yaml, "script.yaml") });
  return (text: string, more: object = {}) =>
    ask("/v1/messages", { ...userSays(text), ...more }, headers).answer;
};

describe("a script", () => {
  it("is answered from by the first turn that fits", () => {
    const answer = answers(`
turns:
  - when: /(?i)^good (morning|night)$/
    say: And to you.
  - when: { message: WEATHER, model: "claude-haiku-*" }
    say: Too small to know.
  - when: weather
    think: I should look.
    say: Let me look at "{{message}}".
    call: { tool: weather, arguments: { city: Bern } }
    tokens: { input: 1000, output: 7 }
  - when: enough
    say: No more.
    stop: refusal
`);
    expect(jsonIn(answer("Good Night")).content).toEqual([{ type: "text", text: "And to you." }]);
    expect(jsonIn(answer("Good Nights")).content[0].text).toMatch(/^You said/);
    expect(jsonIn(answer("the weather?", { model: "claude-haiku-5-5" })).content[0].text).toBe(
      "Too small to know.",
    );
    const message = jsonIn(answer("the weather?", { tools, thinking: { type: "adaptive" } }));
    expect(message).toMatchObject({
      content: [
        { type: "thinking", thinking: "I should look." },
        { type: "text", text: 'Let me look at "the weather?".' },
        { type: "tool_use", name: "weather", input: { city: "Bern" } },
      ],
      stop_reason: "tool_use",
      usage: { input_tokens: 1000, output_tokens: 7 },
    });
    expect(jsonIn(answer("Enough!"))).toMatchObject({
      stop_reason: "refusal",
      stop_details: { type: "refusal" },
    });
  });

  it("shows no thinking to a client that did not ask for it, and makes no call where none is allowed", () => {
    const answer = answers("turns: [{ think: hm, say: x, call: { tool: weather } }]");
    expect(jsonIn(answer("hi", { tools })).content.map(({ type }: { type: string }) => type)).toEqual([
      "text",
      "tool_use",
    ]);
    const none = jsonIn(answer("hi", { tools, tool_choice: { type: "none" } }));
    expect(none.content[0].text).toMatch(/^You said/);
  });

  it("knows a turn by its number and by the tool whose result came last", () => {
    const answer = answers(`
turns:
  - when: { afterTool: weather, turn: 2 }
    say: "{{message}}, then."
  - when: { turn: 1 }
    call: { tool: weather }
otherwise: refuse
`);
    const first = jsonIn(answer("hi", { tools }));
    const result = { type: "tool_result", tool_use_id: first.content[0].id, content: "12 degrees" };
    const messages = [
      { role: "user", content: "hi" },
      { role: "assistant", content: first.content },
      { role: "user", content: [result] },
    ];
    expect(jsonIn(answer("", { tools, messages })).content[0].text).toBe("12 degrees, then.");
    const later = [...messages, { role: "assistant", content: "x" }, { role: "user", content: "hi" }];
    expect(answer("", { tools, messages: later })).toMatchObject({
      status: 404,
      type: "not_found_error",
      message: expect.stringContaining('message "hi", turn 3'),
    });
  });

  it("knows a model whose name is a path", () => {
    const script = parseScript("turns: [{ when: { model: /models/llama }, say: hum }]", "script.yaml");
    const said = { model: "/models/llama", messages: [{ role: "user", content: "hi" }] };
    const gateway = { authorization: "Bearer k", host: "litellm.test" };
    const { answer } = askingMock({ script })("/v1/chat/completions", said, gateway);
    expect(jsonIn(answer).choices[0].message.content).toBe("hum");
  });

  it("makes calls of the provider's tools with results", () => {
    const search = [{ type: "web_search_20250305", name: "web_search" }];
    const answer = answers(
      "turns: [{ call: { tool: web_search, result: [{ url: https://a.test/, title: A, text: a }] }, say: found }]",
    );
    const { content, stop_reason, usage } = jsonIn(answer("hi", { tools: search }));
    expect(content).toMatchObject([
      { type: "server_tool_use", name: "web_search" },
      {
        type: "web_search_tool_result",
        tool_use_id: content[0].id,
        content: [{ url: "https://a.test/", title: "A" }],
      },
      { type: "text", text: "found" },
    ]);
    expect([stop_reason, usage.server_tool_use.web_search_requests]).toEqual(["end_turn", 1]);
  });

  it.each([
    ["x: 1", "s.yaml:1:1: ", 'there is no "x"; expected turns, otherwise'],
    ["turns: []", "s.yaml:1:8: turns: ", "expected a list of turns, found a list of 0"],
    ["turns:\n  - wen: x", "s.yaml:2:5: turns[0]: ", 'there is no "wen"'],
    ["turns:\n  - say: x\n    wen: y", "s.yaml:3:5: turns[0]: ", 'there is no "wen"'],
    ["turns:\n  - when: x", "s.yaml:2:5: turns[0]: ", "does nothing"],
    ["turns:\n  - say: 1", "s.yaml:2:10: turns[0].say: ", "expected a text, found 1"],
    ["turns:\n  - call: {}", "s.yaml:2:11: turns[0].call: ", "a call needs `tool`"],
    ["turns:\n  - say: x\n    stop: soon", "s.yaml:3:11: turns[0].stop: ", 'found "soon"'],
    [
      "turns:\n  - say: x\n    when: /abc",
      "s.yaml:3:11: turns[0].when: ",
      '"/abc" begins as a regular expression',
    ],
    ["turns:\n  - say: x\n    when: { message: /a b/i }", "s.yaml:3:", "has no slash at its end"],
    ["turns:\n  - say: x\n    when: ''", "s.yaml:3:11: turns[0].when: ", "is in every message; leave it out"],
    ["turns:\n  - say: x\n    when: //", "s.yaml:3:11: turns[0].when: ", "is in every message; leave it out"],
    [
      "turns:\n  - say: x\n    when: { message: '' }",
      "s.yaml:3:22: turns[0].when.message: ",
      "is in every message",
    ],
    [
      "turns:\n  - say: x\n    when: { model: '' }",
      "s.yaml:3:20: turns[0].when.model: ",
      "expected a model: a glob",
    ],
    [
      "turns:\n  - say: x\n    when: { model: /claude/ }",
      "s.yaml:3:20: turns[0].when.model: ",
      'a glob such as claude-*, found "/claude/", which is no regular expression here',
    ],
    [
      "turns:\n  - say: x\n    when: { afterTool: '' }",
      "s.yaml:3:24: turns[0].when.afterTool: ",
      "a tool by its name",
    ],
    [
      "turns:\n  - say: x\n    when: { afterTool: /w/ }",
      "s.yaml:3:24: turns[0].when.afterTool: ",
      "no regular expression",
    ],
    ["turns:\n  - call: { tool: '' }", "s.yaml:2:19: turns[0].call.tool: ", "expected a tool by its name"],
    ["turns:\n  - say: x\n    when: /(/", "s.yaml:3:11: turns[0].when: ", ""],
    [
      "turns:\n  - say: x\n    pace: { tokensPerSecond: 0 }",
      "s.yaml:3:30: turns[0].pace.tokensPerSecond: ",
      "found 0",
    ],
    ["turns: [", "s.yaml:", "not YAML or JSON"],
    ["turns: &a [*a, *a]", "s.yaml:", ""],
  ])("that is wrong is refused: %s", (yaml, where, why) => {
    let caught: unknown;
    try {
      parseScript(yaml, "s.yaml");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(LlmMockError);
    expect(caught).toMatchObject({ code: "invalid-script" });
    expect((caught as Error).message.startsWith(where), (caught as Error).message).toBe(true);
    expect((caught as Error).message).toContain(why);
  });

  it("over its limits is refused", () => {
    const long = `turns: [{ say: ${"x".repeat(scriptLimits.maxBytes)} }]`;
    expect(() => parseScript(long, "s")).toThrow(/at most 1048576 bytes/);
    const many = `turns:\n${"- say: x\n".repeat(scriptLimits.maxTurns + 1)}`;
    expect(() => parseScript(many, "s")).toThrow(/at most 10000 turns/);
  });
});

describe("pace", () => {
  it("is that of the script: a stream and an answer in one piece take as long as their tokens", async () => {
    const script = parseScript(
      "turns: [{ say: one two three four, pace: { tokensPerSecond: 50, firstTokenMs: 40 } }]",
      "s",
    );
    const mock = await startLlmMock({ script });
    try {
      for (const stream of [true, false]) {
        const start = performance.now();
        const text = await (await post(`${mock.url}/v1/messages`, { ...userSays("hi"), stream })).text();
        const tokens = stream
          ? eventsIn(text).filter(({ event }) => event === "content_block_delta").length
          : JSON.parse(text).usage.output_tokens;
        expect(tokens).toBe(5);
        // A timer may come a millisecond early.
        expect(performance.now() - start).toBeGreaterThan(40 + tokens * 20 - 5);
      }
    } finally {
      await mock.close();
    }
  });
});

describe("rate limits", () => {
  it("of OpenAI count requests and tokens, by the clock", async () => {
    let time = 1_800_000_000_000;
    const mock = await startLlmMock({ now: () => time });
    try {
      const url = `${mock.url}/v1/chat/completions`;
      const body = { model: "gpt-4.1", messages: [{ role: "user", content: "hi" }] };
      const first = await post(url, body, { authorization: "Bearer k" });
      expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("3999");
      expect(first.headers.get("x-ratelimit-reset-requests")).toBe("1m0s");
      time += 59_500;
      const { usage } = (await first.json()) as { usage: { total_tokens: number } };
      const second = await post(url, body, { authorization: "Bearer k" });
      expect(second.headers.get("x-ratelimit-remaining-requests")).toBe("3998");
      expect(second.headers.get("x-ratelimit-remaining-tokens")).toBe(
        String(480_000 - 2 * usage.total_tokens),
      );
      expect(second.headers.get("x-ratelimit-reset-tokens")).toBe("500ms");
    } finally {
      await mock.close();
    }
  });
});
