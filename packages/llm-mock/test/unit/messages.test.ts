import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LlmMock, startLlmMock } from "../../src/index.ts";
import { eventsIn, jsonOf, post, userSays } from "./anthropic-client.ts";

let mock: LlmMock;
beforeAll(async () => {
  mock = await startLlmMock({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5) });
});
afterAll(() => mock.close());

const ask = (body: object | string) => post(`${mock.url}/v1/messages`, body);

describe("POST /v1/messages", () => {
  it("answers with a whole message that says the last user message back", async () => {
    const response = await ask({
      ...userSays("first"),
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "first" },
        { role: "assistant", content: "yes?" },
        { role: "user", content: [{ type: "text", text: "  how are\n you?" }] },
      ],
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    const message = await jsonOf(response);
    expect(message).toEqual({
      id: expect.stringMatching(/^msg_01[1-9A-HJ-NP-Za-km-z]{22}$/),
      type: "message",
      role: "assistant",
      model: "claude-sonnet-5-5",
      content: [{ type: "text", text: expect.stringContaining('"how are you?"') }],
      stop_reason: "end_turn",
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: expect.any(Number),
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: expect.any(Number),
        cache_creation: null,
        output_tokens_details: null,
        server_tool_use: null,
        service_tier: "standard",
        inference_geo: null,
        speed: null,
      },
    });
    expect(message.usage.output_tokens).toBeGreaterThan(5);
  });

  it("streams the same message event by event", async () => {
    const plain = await jsonOf(await ask(userSays("stream ⚡ this")));
    const response = await ask({ ...userSays("stream ⚡ this"), stream: true });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const events = eventsIn(await response.text());
    expect(events.every(({ event, data }) => data.type === event)).toBe(true);
    const deltas = events.filter(({ event }) => event === "content_block_delta");
    expect(deltas.length).toBeGreaterThan(5);
    expect(events.map(({ event }) => event)).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      ...deltas.map(() => "content_block_delta"),
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    // Without citations: a client that reads strictly refuses a null there.
    expect(events[1]?.data.content_block).toEqual({ type: "text", text: "" });
    expect(events[0]?.data.message).toMatchObject({
      role: "assistant",
      content: [],
      stop_reason: null,
      usage: { input_tokens: plain.usage.input_tokens, output_tokens: 1 },
    });
    expect(events[1]?.data).toMatchObject({ index: 0, content_block: { type: "text", text: "" } });
    expect(deltas.map(({ data }) => data.delta.text).join("")).toBe(plain.content[0].text);
    expect(events.at(-2)?.data).toMatchObject({
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: plain.usage.output_tokens, input_tokens: plain.usage.input_tokens },
    });
  });

  it("gives the same bytes for the same request, whatever came between, and others for another seed", async () => {
    const other = await startLlmMock({ seed: 7 });
    try {
      for (const stream of [false, true]) {
        const body = { ...userSays("again"), stream };
        const first = await (await ask(body)).text();
        await (await ask(userSays("something else"))).text();
        expect(await (await ask(body)).text()).toBe(first);
        expect(await (await post(`${other.url}/v1/messages`, body)).text()).not.toBe(first);
      }
    } finally {
      await other.close();
    }
  });

  it("stops at max_tokens", async () => {
    const message = await jsonOf(await ask({ ...userSays("hello"), max_tokens: 3 }));
    expect(message).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 3 } });
    expect(message.content[0].text.length).toBeLessThan(16);
  });

  it("is empty where a stop sequence is the first that it would say", async () => {
    const message = await jsonOf(await ask({ ...userSays("hi"), stop_sequences: ["You"] }));
    expect(message).toMatchObject({ content: [], stop_reason: "stop_sequence", stop_sequence: "You" });
  });

  it("stops before the first stop sequence that it would say", async () => {
    const body = { ...userSays("one END two STOP"), stop_sequences: ["STOP", "END", "never"] };
    const message = await jsonOf(await ask(body));
    expect(message).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "END" });
    expect(message.content[0].text).toMatch(/one $/);
  });

  it("cuts a long echo between characters", async () => {
    const message = await jsonOf(await ask(userSays("😀".repeat(500))));
    expect(message.content[0].text).toContain(`"${"😀".repeat(120)}…"`);
  });

  it("says what `reply` says", async () => {
    const own = await startLlmMock({ reply: ({ lastUserText, model }) => `${model}: ${lastUserText}!` });
    try {
      const message = await jsonOf(await post(`${own.url}/v1/messages`, userSays("hi")));
      expect(message.content).toEqual([{ type: "text", text: "claude-sonnet-5-5: hi!" }]);
    } finally {
      await own.close();
    }
  });

  it("answers 500 in the provider's shape when `reply` throws, and goes on", async () => {
    const own = await startLlmMock({
      reply: ({ lastUserText }) => {
        if (lastUserText === "boom") throw new Error("sk-secret");
        return "fine";
      },
    });
    try {
      const response = await post(`${own.url}/v1/messages`, userSays("boom"));
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ type: "error", error: { type: "api_error" } });
      expect(text).not.toContain("sk-secret");
      expect((await post(`${own.url}/v1/messages`, userSays("hi"))).status).toBe(200);
    } finally {
      await own.close();
    }
  });
});

describe("tools", () => {
  const weather = {
    name: "weather",
    input_schema: {
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer", minimum: 2 },
        unit: { enum: ["celsius", "kelvin"] },
        places: { type: "array", items: { type: "object", properties: { name: { type: "string" } } } },
        optional: { type: "boolean" },
      },
      required: ["city", "days", "unit", "places"],
    },
  };
  const sample = { city: "Bern", days: 2, unit: "celsius", places: [{ name: "Bern" }] };

  it.each([{ type: "any" }, { type: "tool", name: "weather" }])(
    "are called when %j asks for one",
    async (tool_choice) => {
      const message = await jsonOf(await ask({ ...userSays("Bern"), tools: [weather], tool_choice }));
      expect(message.stop_reason).toBe("tool_use");
      expect(message.content).toEqual([
        {
          type: "tool_use",
          id: expect.stringMatching(/^toolu_01/),
          name: "weather",
          input: sample,
          caller: { type: "direct" },
        },
      ]);
    },
  );

  it("stream their input as pieces of JSON, the first one empty", async () => {
    const body = { ...userSays("Bern"), tools: [weather], tool_choice: { type: "any" }, stream: true };
    const events = eventsIn(await (await ask(body)).text());
    const start = events.find(({ event }) => event === "content_block_start")?.data;
    expect(start.content_block).toMatchObject({ type: "tool_use", name: "weather", input: {} });
    const pieces = events
      .filter(({ event }) => event === "content_block_delta")
      .map(({ data }) => data.delta.partial_json);
    expect(pieces[0]).toBe("");
    expect(pieces.length).toBeGreaterThan(5);
    expect(JSON.parse(pieces.join(""))).toEqual(sample);
    expect(events.at(-2)?.data.delta.stop_reason).toBe("tool_use");
  });

  it("are left alone when the choice is the model's; their results are text to it", async () => {
    const message = await jsonOf(
      await ask({
        ...userSays("x"),
        tools: [weather],
        tool_choice: { type: "auto" },
        messages: [
          { role: "user", content: "Bern?" },
          { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "weather", input: {} }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "12 degrees" }] },
        ],
      }),
    );
    expect(message.content[0].text).toContain("12 degrees");
  });

  it("with a schema that has no end get an input that has one", async () => {
    let input_schema: object = { type: "string" };
    for (let depth = 0; depth < 100; depth++)
      input_schema = { type: "object", properties: { next: input_schema }, required: ["next"] };
    const tools = [{ name: "deep", input_schema }];
    const response = await ask({ ...userSays("x"), tools, tool_choice: { type: "any" } });
    expect(response.status).toBe(200);
  });
});

describe("other calls", () => {
  it("POST /v1/messages/count_tokens counts what a message would cost", async () => {
    const { max_tokens: _, ...body } = userSays("count me") as { max_tokens: number };
    const response = await post(`${mock.url}/v1/messages/count_tokens`, body);
    const message = await jsonOf(await ask(userSays("count me")));
    expect(await jsonOf(response)).toEqual({ input_tokens: message.usage.input_tokens });
  });

  it("GET /v1/models lists models, and each can be asked for", async () => {
    const headers = { "x-api-key": "k", "anthropic-version": "2026-10-21" };
    const page = await jsonOf(await fetch(`${mock.url}/v1/models?limit=20`, { headers }));
    expect(page).toMatchObject({ has_more: false, first_id: page.data[0].id, last_id: page.data.at(-1).id });
    for (const model of page.data) {
      expect(model).toMatchObject({ type: "model", display_name: expect.any(String) });
      expect(await jsonOf(await fetch(`${mock.url}/v1/models/${model.id}`, { headers }))).toEqual(model);
    }
    const unknown = await fetch(`${mock.url}/v1/models/nobody`, { headers });
    expect(unknown.status).toBe(404);
  });

  it("GET / and HEAD / answer without a key", async () => {
    expect(await jsonOf(await fetch(mock.url))).toMatchObject({ status: "ok" });
    const head = await fetch(mock.url, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
  });
});
