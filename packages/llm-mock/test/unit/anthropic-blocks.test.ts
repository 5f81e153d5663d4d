/** Blocks of the Messages API beyond text: what is accepted, what comes back, what belongs together. */
import { describe, expect, it } from "vitest";
import { parseScript } from "../../src/script/parse-script.ts";
import { askingMock, jsonIn, textIn } from "../support/ask.ts";
import { eventsIn, userSays } from "./anthropic-client.ts";

const headers = { "x-api-key": "k", "anthropic-version": "2026-10-21" };
const ask = askingMock();
const messages = (body: object, more: object = {}) =>
  ask("/v1/messages", body, { ...headers, ...more }).answer;
const base = userSays("hello");
const withContent = (...content: object[]) => ({ ...base, messages: [{ role: "user", content }] });
const text = { type: "text", text: "hello" };
const source = { type: "text", media_type: "text/plain", data: "Grass is green. Sky is blue." };

describe("documents", () => {
  it("that may be cited are, with the place", () => {
    const body = withContent(
      { type: "document", source, title: "Facts", citations: { enabled: true } },
      text,
    );
    const { content } = jsonIn(messages(body));
    expect(content.at(-1)).toEqual({
      type: "text",
      text: " The document says: Grass is green.",
      citations: [
        {
          type: "char_location",
          cited_text: "Grass is green.",
          document_index: 0,
          document_title: "Facts",
          start_char_index: 0,
          end_char_index: 15,
          file_id: null,
        },
      ],
    });
    const deltas = eventsIn(textIn(messages({ ...body, stream: true }))).map(({ data }) => data.delta?.type);
    expect(deltas).toContain("citations_delta");
    expect(jsonIn(messages(withContent({ type: "document", source }, text))).content).toHaveLength(1);
  });

  const pixel = { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" };
  it.each([
    [{ type: "image", source: pixel }, undefined],
    [{ type: "image", source: { type: "url", url: "https://a.test/" } }, undefined],
    [{ type: "document", source: { type: "file", file_id: "file_1" } }, undefined],
    [{ type: "image" }, "messages.0.content.0.image.source: Field required"],
    [
      { type: "image", source: { ...pixel, media_type: "image/bmp" } },
      /media_type: Input should be 'image\/jpeg'/,
    ],
    [{ type: "image", source: { ...pixel, data: "?" } }, /valid base64/],
    [
      { type: "image", source: { type: "text", data: "x" } },
      /source\.type: Input should be 'base64', 'url', 'file'/,
    ],
    [{ type: "document", source: { type: "url" } }, /source\.url\.url: Field required/],
    [{ type: "hologram" }, /Input tag 'hologram' found/],
  ])("and images: %j", (block, refusal) => {
    const answer = messages(withContent(block, text));
    if (refusal === undefined) expect(answer.kind).toBe("whole");
    else
      expect(answer).toMatchObject({
        status: 400,
        message: typeof refusal === "string" ? refusal : expect.stringMatching(refusal),
      });
  });
});

describe("thinking", () => {
  const thinking = { type: "enabled", budget_tokens: 1024 };
  it("is shown with a signature, hidden where that is asked, and counted either way", () => {
    const shown = jsonIn(messages({ ...base, max_tokens: 2000, thinking }));
    const hidden = jsonIn(
      messages({ ...base, max_tokens: 2000, thinking: { ...thinking, display: "omitted" } }),
    );
    expect(shown.content[0]).toMatchObject({ type: "thinking", thinking: expect.stringContaining("hello") });
    expect(hidden.content[0]).toMatchObject({ type: "thinking", thinking: "" });
    for (const { content, usage } of [shown, hidden]) {
      expect(content[0].signature.length).toBeGreaterThan(20);
      expect(usage.output_tokens_details.thinking_tokens).toBeGreaterThan(0);
    }
  });

  it.each([
    [{ thinking: { type: "much" } }, /^thinking\.type: /],
    [{ thinking: { type: "enabled" } }, /budget_tokens: Field required/],
    [{ thinking: { ...thinking, budget_tokens: 9 } }, /greater than or equal to 1024/],
    [{ thinking }, /`max_tokens` must be greater/],
    [
      {
        max_tokens: 2000,
        thinking,
        tools: [{ name: "t", input_schema: { type: "object" } }],
        tool_choice: { type: "any" },
      },
      /tool_choice forces tool use/,
    ],
  ])("is refused: %j", (fields, message) => {
    expect(messages({ ...base, ...fields })).toMatchObject({
      status: 400,
      message: expect.stringMatching(message),
    });
  });
});

describe("what newer models don't take", () => {
  const older = { "anthropic-version": "2023-06-01" };
  it.each([
    ["claude-opus-4-6", { temperature: 0.2 }, undefined],
    ["claude-sonnet-4-5-20250929", { top_k: 5 }, undefined],
    ["claude-opus-4-7", { temperature: 1, top_p: 0.99 }, undefined],
    ["claude-opus-4-7", { temperature: 0.2 }, "`temperature` is not supported by this model"],
    ["claude-sonnet-5", { top_k: -1 }, "top_k: Input should be greater than or equal to 0"],
    ["claude-sonnet-5", { top_p: 0.5 }, "`top_p` is not supported by this model"],
    ["claude-mythos-preview", { top_k: 5 }, "`top_k` is not supported by this model"],
  ])("%s and %j", (model, fields, message) => {
    const answer = messages({ ...base, model, ...fields }, older);
    if (message === undefined) expect(answer.kind).toBe("whole");
    else expect(answer).toMatchObject({ status: 400, message });
  });

  it("is a beginning of their answer, too", () => {
    const prefilled = {
      ...base,
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", content: "I" },
      ],
    };
    expect(messages({ ...prefilled, model: "claude-opus-4-5" }).kind).toBe("whole");
    expect(messages(prefilled)).toMatchObject({ status: 400, message: expect.stringContaining("prefill") });
  });
});

describe("tools", () => {
  const input_schema = { type: "object" };
  it.each([
    [{ name: "a b", input_schema }, /^tools\.0\.custom\.name: String should match/],
    [{ name: "a" }, "tools.0.custom.input_schema: Field required"],
    [{ name: "a", input_schema: {} }, "tools.0.custom.input_schema.type: Field required"],
    [
      { name: "a", input_schema: { type: "string" } },
      "tools.0.custom.input_schema.type: Input should be 'object'",
    ],
    [
      { name: "a", input_schema: { type: "object", required: "x" } },
      /required: Input should be a valid list/,
    ],
  ])("are refused: %j", (tool, message) => {
    const expected = typeof message === "string" ? message : expect.stringMatching(message);
    expect(messages({ ...base, tools: [tool] })).toMatchObject({ status: 400, message: expected });
  });

  it("have names of their own", () => {
    const tool = { name: "a", input_schema };
    expect(messages({ ...base, tools: [tool, tool] })).toMatchObject({
      message: "tools: Tool names must be unique.",
    });
  });

  const use = { role: "assistant", content: [{ type: "tool_use", id: "a", name: "t", input: {} }] };
  const result = (id: string) => ({
    role: "user",
    content: [{ type: "tool_result", tool_use_id: id, content: "x" }],
  });
  const hi = { role: "user", content: "hi" };
  it.each([
    [[hi, use, result("a")], undefined],
    [[hi, use, hi], /^messages\.1: `tool_use` ids without/],
    [[hi, result("a")], /^messages\.1\.content\.0: unexpected `tool_use_id`/],
    [[hi, use, result("b")], /^messages\.1: `tool_use` ids without.*a$/],
  ])("and their results belong together: %j", (turns, message) => {
    const answer = messages({ ...base, messages: turns });
    if (message === undefined) expect(answer.kind).toBe("whole");
    else expect(answer).toMatchObject({ status: 400, message: expect.stringMatching(message) });
  });
});

it.each([
  ["pause", "pause_turn"],
  ["context", "model_context_window_exceeded"],
  ["refusal", "refusal"],
  ["length", "max_tokens"],
])("a script's stop %s is %s", (stop, reason) => {
  const own = askingMock({ script: parseScript(`turns: [{ say: x, stop: ${stop} }]`, "s") });
  expect(jsonIn(own("/v1/messages", base, headers).answer).stop_reason).toBe(reason);
});

it("JSON by a schema is made where it is asked for, references followed", () => {
  const schema = {
    type: "object",
    properties: { place: { $ref: "#/$defs/place" } },
    required: ["place"],
    $defs: { place: { type: "string" } },
  };
  const body = { ...base, output_config: { format: { type: "json_schema", schema } } };
  expect(JSON.parse(jsonIn(messages(body)).content[0].text)).toEqual({ place: "hello" });
});
