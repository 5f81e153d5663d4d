/** The banner claims no more for the mock than the mock does. */
import { request } from "node:http";
import { startLlmMock } from "@faultwire/llm-mock";
import { expect, it } from "vitest";
import { mockRows } from "../../src/mock-rows.ts";

const hosts = [
  "api.anthropic.com",
  "api.openai.com",
  "mine.openai.azure.com",
  "generativelanguage.googleapis.com",
  "us-east5-aiplatform.googleapis.com",
  "aiplatform.eu.rep.googleapis.com",
  "bedrock-runtime.us-east-1.amazonaws.com",
];

it("hosts whose API it speaks need no more words", () => {
  const rows = mockRows("https://127.0.0.1:1", hosts);
  expect(rows).toHaveLength(1);
  expect(rows[0]?.[1]).toMatch(
    /^https:\/\/127\.0\.0\.1:1 {2}speaks the APIs of Anthropic, OpenAI, .*stands in for api\./,
  );
});

it("a host whose API it speaks is answered by that API, whatever is asked of it", async () => {
  const mock = await startLlmMock();
  try {
    for (const host of hosts)
      await new Promise((resolve) => {
        request(`${mock.url}/nothing`, { headers: { host } }, (response) => resolve(response.resume())).end();
      });
    const providers = mock.requests.slice(-hosts.length).map(({ provider }) => provider);
    expect(providers).toEqual([
      "anthropic",
      "openai",
      "azure-openai",
      "gemini",
      "vertex",
      "vertex",
      "bedrock",
    ]);
  } finally {
    await mock.close();
  }
});

it("of other hosts it says that the path decides, and so it does", async () => {
  const [, note] = mockRows("https://127.0.0.1:1", [...hosts, "notanthropic.com"]);
  expect(note?.[1]).toMatch(/^notanthropic\.com: .*404.*--real-upstream/);
  const mock = await startLlmMock();
  try {
    expect((await fetch(`${mock.url}/v1/rerank`, { method: "POST", body: "{}" })).status).toBe(404);
    expect((await fetch(`${mock.url}/v1/responses`, { method: "POST", body: "{}" })).status).toBe(401);
  } finally {
    await mock.close();
  }
});
