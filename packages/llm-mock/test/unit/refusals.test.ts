import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LlmMock, startLlmMock } from "../../src/index.ts";
import { apiHeaders, jsonOf, post, userSays } from "./anthropic-client.ts";

let mock: LlmMock;
beforeAll(async () => {
  mock = await startLlmMock({ limits: { maxBodyBytes: 2000, maxDiscardedBytes: 200_000 } });
});
afterAll(() => mock.close());

const errorOf = async (response: Response) => ({ status: response.status, ...(await jsonOf(response)) });
const refused = (status: number, type: string, message: unknown = expect.any(String)) => ({
  status,
  type: "error",
  error: { type, message },
  request_id: expect.stringMatching(/^req_01/),
});

describe("errors", () => {
  it("carry the request-id of their header", async () => {
    const response = await post(`${mock.url}/v1/messages`, "{");
    const id = response.headers.get("request-id");
    expect(await response.json()).toMatchObject({ request_id: id });
    expect(response.headers.get("content-type")).toBe("application/json");
  });

  it("401 without a key; a bearer token will do", async () => {
    const { "x-api-key": _, ...keyless } = apiHeaders;
    const url = `${mock.url}/v1/messages`;
    expect(await errorOf(await post(url, userSays("hi"), keyless))).toEqual(
      refused(401, "authentication_error", "x-api-key header is required"),
    );
    const response = await post(url, userSays("hi"), { ...keyless, authorization: "Bearer t" });
    expect(response.status).toBe(200);
  });

  it("400 without a version", async () => {
    const { "anthropic-version": _, ...headers } = apiHeaders;
    expect(await errorOf(await post(`${mock.url}/v1/messages`, userSays("hi"), headers))).toEqual(
      refused(400, "invalid_request_error", "anthropic-version: header is required"),
    );
  });

  it("400 for a version that is no date", async () => {
    const headers = { ...apiHeaders, "anthropic-version": "latest" };
    expect((await post(`${mock.url}/v1/messages`, userSays("hi"), headers)).status).toBe(400);
  });

  it.each([
    [{ temperature: 0.5, top_k: 40 }, 200],
    [{ temperature: 0.5, top_p: 1 }, 400],
    [{ temperature: 0.5, top_p: 1, model: "claude-opus-4-20250514" }, 200],
    [{ temperature: 1.5 }, 400],
    [{ top_p: "much" }, 400],
    [{ top_k: -1 }, 200],
    [{ top_p: -1 }, 400],
    [{ top_k: -1, top_p: -1, model: "claude-sonnet-4-20250514" }, 200],
    [{ top_k: -2 }, 400],
    [{ temperature: -1 }, 400],
  ])("in version 2023-06-01 takes sampling parameters in their range: %j", async (sampling, status) => {
    const headers = { ...apiHeaders, "anthropic-version": "2023-06-01" };
    const body = { ...userSays("hi"), model: "claude-opus-4-6", ...sampling };
    const response = await post(`${mock.url}/v1/messages`, body, headers);
    expect(response.status).toBe(status);
  });

  it("404 for a path that is not there, key or no key", async () => {
    expect(await errorOf(await fetch(`${mock.url}/v1/nothing`))).toEqual(refused(404, "not_found_error"));
  });

  it("405 for a method that is not, with those that are", async () => {
    const response = await fetch(`${mock.url}/v1/messages`, { method: "DELETE", headers: apiHeaders });
    expect(response.headers.get("allow")).toBe("POST");
    expect(await errorOf(response)).toEqual(refused(405, "invalid_request_error"));
    const inherited = await fetch(`${mock.url}/v1/messages`, {
      method: "CONSTRUCTOR",
      headers: apiHeaders,
    }).catch(() => undefined);
    expect(inherited?.status ?? 405).not.toBe(200);
  });

  const base = userSays("hi");
  const without = (field: string) =>
    Object.fromEntries(Object.entries(base).filter(([name]) => name !== field));
  it.each([
    ["no JSON", "{", "The request body is not valid JSON, or not an object"],
    ["no object", "[]", "The request body is not valid JSON, or not an object"],
    ["null", "null", "The request body is not valid JSON, or not an object"],
    ["no body", "", "The request body is not valid JSON, or not an object"],
    ["no model", without("model"), "model: Field required"],
    ["no max_tokens", without("max_tokens"), "max_tokens: Field required"],
    ["no messages", without("messages"), "messages: Field required"],
    ["a model that is no text", { ...base, model: 1 }, /^model: /],
    ["half a token", { ...base, max_tokens: 0.5 }, /^max_tokens: /],
    ["no token at all", { ...base, max_tokens: 0 }, /^max_tokens: /],
    ["a stream that is no boolean", { ...base, stream: "yes" }, /^stream: /],
    ["sampling parameters, which this version has no more", { ...base, temperature: 1 }, /^temperature: /],
    ["stop sequences that are none", { ...base, stop_sequences: [1] }, /^stop_sequences: /],
    ["messages that are none", { ...base, messages: "hi" }, /^messages: /],
    ["no message", { ...base, messages: [] }, /^messages: /],
    ["a role that is none", { ...base, messages: [{ role: "tool", content: "x" }] }, /^messages\.0\.role: /],
    ["no content", { ...base, messages: [{ role: "user" }] }, "messages.0.content: Field required"],
    [
      "content that is none",
      { ...base, messages: [{ role: "user", content: 1 }] },
      /^messages\.0\.content: /,
    ],
    [
      "a block of no type",
      { ...base, messages: [{ role: "user", content: [{}] }] },
      /^messages\.0\.content\.0\.type: /,
    ],
    [
      "a text block without text",
      { ...base, messages: [{ role: "user", content: [{ type: "text" }] }] },
      /^messages\.0\.content\.0\.text: /,
    ],
    [
      "a tool's result that is no content",
      {
        ...base,
        messages: [{ role: "user", content: [{ type: "tool_result", tool_use_id: "x", content: [null] }] }],
      },
      /^messages\.0\.content\.0\.tool_result\.content\.0\.type: /,
    ],
    [
      "a tool's result within a tool's result",
      {
        ...base,
        messages: [
          {
            role: "user",
            content: [
              {
                type: "tool_result",
                tool_use_id: "x",
                content: [{ type: "tool_result", tool_use_id: "y", content: "z" }],
              },
            ],
          },
        ],
      },
      "messages.0.content.0.tool_result.content.0: a tool_result holds no tool_result",
    ],
    ["tools that are none", { ...base, tools: {} }, /^tools: /],
    ["a tool without a name", { ...base, tools: [{}] }, "tools.0.custom.name: Field required"],
    ["a choice without tools", { ...base, tool_choice: { type: "any" } }, /^tool_choice: /],
    ["a choice of nobody", { ...base, tool_choice: { type: "tool", name: "x" } }, /^Tool 'x' not found/],
    ["a choice of no type", { ...base, tool_choice: {} }, /^tool_choice\.type: /],
  ])("400 for %s", async (_, body, message) => {
    const expected = typeof message === "string" ? message : expect.stringMatching(message);
    const response = await post(`${mock.url}/v1/messages`, body);
    expect(await errorOf(response)).toEqual(refused(400, "invalid_request_error", expected));
  });

  it("400 for a body that is not UTF-8", async () => {
    const [before = "", after = ""] = JSON.stringify(base).split("hi");
    const body = Buffer.concat([Buffer.from(before), Buffer.of(0xff), Buffer.from(after)]);
    const response = await fetch(`${mock.url}/v1/messages`, { method: "POST", headers: apiHeaders, body });
    expect(await errorOf(response)).toEqual(
      refused(400, "invalid_request_error", "The request body is not valid JSON, or not an object"),
    );
  });

  it("404 for a model that the provider does not have", async () => {
    const response = await post(`${mock.url}/v1/messages`, { ...base, model: "gpt" });
    expect(await errorOf(response)).toEqual(refused(404, "not_found_error", "model: gpt"));
  });

  it("refuses a field that the API does not have, and lets it pass where a beta was asked for", async () => {
    const body = { ...base, thinking_of_you: true };
    const url = `${mock.url}/v1/messages`;
    expect(await errorOf(await post(url, body))).toEqual(
      refused(400, "invalid_request_error", "thinking_of_you: Extra inputs are not permitted"),
    );
    expect((await post(`${url}?beta=true`, body)).status).toBe(200);
    expect((await post(url, body, { ...apiHeaders, "anthropic-beta": "new-2026-11-01" })).status).toBe(200);
  });
});

describe("a body over the limit", () => {
  const url = () => `${mock.url}/v1/messages`;
  const bodyOf = (length: number): string => {
    const body = JSON.stringify(userSays(""));
    return body.replace('""', `"${"x".repeat(length - body.length)}"`);
  };

  it("is answered with 413, and the connection goes on", async () => {
    expect((await post(url(), bodyOf(2000))).status).toBe(200);
    const response = await post(url(), bodyOf(2001));
    expect(response.headers.get("connection")).not.toBe("close");
    expect(await errorOf(response)).toEqual(refused(413, "request_too_large"));
    expect(mock.requests.at(-1)?.bodyBytes).toBe(2001);
  });

  it("without a declared length, too", async () => {
    const chunks = new ReadableStream({
      start(controller) {
        for (let chunk = 0; chunk < 3; chunk++) controller.enqueue(new Uint8Array(1000));
        controller.close();
      },
    });
    const init = { method: "POST", headers: apiHeaders, body: chunks, duplex: "half" };
    expect((await fetch(url(), init as RequestInit)).status).toBe(413);
  });

  it("is not read to an end that is too far: the connection is closed after the 413", async () => {
    const socket = connect(mock.port, "127.0.0.1");
    socket.write("POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 200001\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text.toLowerCase()).toContain("connection: close");
  });
});

it("ids don't repeat from request to request", async () => {
  const ids = new Set<string | null>();
  for (let asked = 0; asked < 20; asked++)
    ids.add((await post(`${mock.url}/v1/messages`, userSays("hi"))).headers.get("request-id"));
  expect(ids.size).toBe(20);
});
