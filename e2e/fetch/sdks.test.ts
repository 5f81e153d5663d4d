/** The SDKs that take a fetch, with one that fails: what they retry, what they throw, what their streams become. */
import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import { type EngineEvent, judge, parseRuleFile } from "@faultwire/fault-engine";
import { faultyFetch } from "@faultwire/fetch-faults";
import { type LlmMock, startLlmMock } from "@faultwire/llm-mock";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Rules in short, and what was told. */
function failing(...rules: readonly string[]) {
  const events: EngineEvent[] = [];
  const list = rules.map((rule, at) => `{ name: r${at}, ${rule} }`).join(", ");
  const text = `{ version: 1, rules: [${list}], expect: [{ rule: r0, retries: 1, endsWith: success }] }`;
  const wrapped = faultyFetch(fetch, { rules: text, seed: 1, onEvent: (event) => events.push(event) });
  const statuses = (): number[] =>
    events.flatMap((event) => (event.type === "response" ? [event.status] : []));
  return { wrapped, events, statuses, text };
}

const once = "when: { nth: 1 }";
const soon = "retryAfter: 0s";

it("the README's lines make clients", () => {
  const readme = readFileSync(new URL("../../packages/fetch-faults/README.md", import.meta.url), "utf8");
  const rules = "{ version: 1, rules: [] }";
  const Sdks = { Anthropic, OpenAI };
  for (const [name, Sdk] of Object.entries(Sdks)) {
    expect(readme).toContain(`new ${name}({ fetch: faultyFetch(fetch, { rules }) });`);
    expect(new Sdk({ fetch: faultyFetch(fetch, { rules }), apiKey: "any" })).toBeInstanceOf(Sdk);
  }
});

describe("@anthropic-ai/sdk", () => {
  let mock: LlmMock;
  beforeAll(async () => {
    mock = await startLlmMock();
  });
  afterAll(() => mock.close());

  const clientOf = (wrapped: typeof fetch): Anthropic =>
    new Anthropic({ baseURL: mock.url, apiKey: "any", fetch: wrapped, maxRetries: 2 });
  const question = {
    model: "claude-sonnet-5-5",
    max_tokens: 100,
    messages: [{ role: "user" as const, content: "Good morning!" }],
  };

  it("retries an overload, and is judged by the same events as everywhere", async () => {
    const { wrapped, events, statuses, text } = failing(
      `${once}, fault: { http: { preset: anthropic/overloaded_error, ${soon} } }`,
    );
    const answer = await clientOf(wrapped).messages.create(question);
    expect(answer.content[0]).toMatchObject({ type: "text" });
    expect(statuses()).toEqual([529, 200]);
    const { verdicts } = judge(parseRuleFile(text, "rules").ruleSet.expect, events);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(["pass", "pass"]);
  });

  it("retries a reset connection", async () => {
    const { wrapped, statuses } = failing(`${once}, fault: { connection: { reset: { at: request } } }`);
    await clientOf(wrapped).messages.create(question);
    expect(statuses()).toEqual([200]);
  });

  it("throws its own error where every call fails", async () => {
    const { wrapped } = failing(`fault: { http: { preset: anthropic/rate_limit_error, ${soon} } }`);
    await expect(clientOf(wrapped).messages.create(question)).rejects.toBeInstanceOf(
      Anthropic.RateLimitError,
    );
    const broken = failing("fault: { connection: { close: { at: request } } }");
    const client = clientOf(broken.wrapped).withOptions({ maxRetries: 0 });
    await expect(client.messages.create(question)).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
  });

  it("streams, and tells of a stream that breaks off or holds an error", async () => {
    const read = async (rule: string): Promise<{ seen: number; error: unknown }> => {
      let seen = 0;
      try {
        const stream = await clientOf(failing(rule).wrapped).messages.create({ ...question, stream: true });
        for await (const event of stream) if (event) seen++;
        return { seen, error: undefined };
      } catch (error) {
        return { seen, error };
      }
    };
    const whole = await read("match: { path: /none }, fault: { http: { status: 500 } }");
    expect(whole.error).toBeUndefined();
    const cut = await read("fault: { stream: { cut: { afterEvents: 3, stop: reset } } }");
    expect(cut.seen).toBe(3);
    expect(String(cut.error)).toContain("terminated");
    const told = await read("fault: { stream: { errorEvent: { afterEvents: 3, type: overloaded_error } } }");
    expect(told.error).toBeInstanceOf(Anthropic.APIError);
    const paced = await read("fault: { stream: { pace: { firstEvent: 20ms, event: 1ms } } }");
    expect(paced).toEqual(whole);
  });

  it("gives up a call that hangs, by its own timeout", async () => {
    const { wrapped, events } = failing("fault: { connection: { stall: { at: response-head } } }");
    const client = new Anthropic({
      baseURL: mock.url,
      apiKey: "any",
      fetch: wrapped,
      maxRetries: 0,
      timeout: 300,
    });
    await expect(client.messages.create(question)).rejects.toBeInstanceOf(
      Anthropic.APIConnectionTimeoutError,
    );
    expect(events.at(-1)).toMatchObject({ type: "end", how: "abandoned" });
  });

  it("sends a file's form, unread", async () => {
    const { wrapped, events } = failing("match: { model: m }, fault: { http: { status: 503 } }");
    const file = new File(["some text"], "a.txt", { type: "text/plain" });
    // The mock has no files; that it says so shows that the form came.
    await expect(clientOf(wrapped).beta.files.upload({ file })).rejects.toBeInstanceOf(
      Anthropic.NotFoundError,
    );
    expect(events.filter(({ type }) => type === "unread")).toMatchObject([{ reason: "body-not-replayable" }]);
  });
});

describe("openai", () => {
  let server: Server;
  let baseURL: string;
  const chunks = ["Zü", "rich", null].map((content, index) => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 0,
    model: "m",
    choices: [
      { index: 0, delta: content === null ? {} : { content }, finish_reason: index === 2 ? "stop" : null },
    ],
  }));
  beforeAll(async () => {
    const answer = (body: string, response: ServerResponse): void => {
      if (JSON.parse(body).stream) {
        response.setHeader("content-type", "text/event-stream");
        for (const chunk of chunks) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
        response.end("data: [DONE]\n\n");
        return;
      }
      response.setHeader("content-type", "application/json");
      const message = { role: "assistant", content: "Zürich" };
      response.end(
        JSON.stringify({
          ...chunks[0],
          object: "chat.completion",
          choices: [{ index: 0, message, finish_reason: "stop" }],
          usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
        }),
      );
    };
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => {
        body += part.toString();
      });
      request.on("end", () => answer(body, response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const clientOf = (wrapped: typeof fetch): OpenAI =>
    new OpenAI({ baseURL, apiKey: "any", fetch: wrapped, maxRetries: 2 });
  const question = { model: "m", messages: [{ role: "user" as const, content: "Where?" }] };

  it("retries a rate limit and a reset connection", async () => {
    const { wrapped, statuses } = failing(
      `${once}, fault: { http: { preset: openai/rate_limit_exceeded, ${soon} } }`,
      `${once}, fault: { connection: { reset: { at: request } } }`,
    );
    const { choices } = await clientOf(wrapped).chat.completions.create(question);
    expect(choices[0]?.message.content).toBe("Zürich");
    expect(statuses().at(-1)).toBe(200);
  });

  it("throws its own error where every call fails", async () => {
    const { wrapped } = failing("fault: { http: { empty: true } }");
    const client = clientOf(wrapped).withOptions({ maxRetries: 0 });
    await expect(client.chat.completions.create(question)).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
  });

  it("streams, whole, with events left out, and cut", async () => {
    const read = async (rule: string): Promise<string> => {
      let text = "";
      try {
        const client = clientOf(failing(rule).wrapped);
        for await (const chunk of await client.chat.completions.create({ ...question, stream: true }))
          text += chunk.choices[0]?.delta.content ?? "";
      } catch {
        text += "!";
      }
      return text;
    };
    expect(await read("match: { path: /none }, fault: { http: { status: 500 } }")).toBe("Zürich");
    expect(await read("fault: { stream: { drop: { events: 1 } } }")).toBe("Zü");
    expect(await read("fault: { stream: { split: { events: 0, where: utf8, gap: 5ms } } }")).toBe("Zürich");
    expect(await read("fault: { stream: { cut: { afterEvents: 1, stop: reset } } }")).toBe("Zü!");
  });
});
