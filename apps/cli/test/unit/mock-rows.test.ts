/** The banner claims no more for the mock than the mock does. */
import { startLlmMock } from "@faultwire/llm-mock";
import { expect, it } from "vitest";
import { mockRows } from "../../src/mock-rows.ts";

it("Anthropic's hosts alone need no more words", () => {
  expect(mockRows("https://127.0.0.1:1", ["api.anthropic.com"])).toEqual([
    ["mock", "https://127.0.0.1:1  speaks Anthropic's API; stands in for api.anthropic.com"],
  ]);
});

it("of other hosts it says that their own API is not answered, and so it is", async () => {
  const [, note] = mockRows("https://127.0.0.1:1", [
    "api.anthropic.com",
    "api.openai.com",
    "notanthropic.com",
  ]);
  expect(note?.[1]).toMatch(/^api\.openai\.com, notanthropic\.com: .*404.*--real-upstream/);
  const mock = await startLlmMock();
  try {
    const response = await fetch(`${mock.url}/v1/chat/completions`, { method: "POST", body: "{}" });
    expect(response.status).toBe(404);
  } finally {
    await mock.close();
  }
});
