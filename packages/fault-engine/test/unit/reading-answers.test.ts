import { describe, expect, it } from "vitest";
import { readUsage, retryAfterMs } from "../../src/index.ts";

describe("retryAfterMs", () => {
  const nowMs = Date.UTC(2026, 10, 22, 8, 0, 0);
  it.each([
    [[["retry-after", "2"]], 2000],
    [[["Retry-After", "0"]], 0],
    [[["retry-after", "1.5"]], 1500],
    [
      [
        ["retry-after", "2"],
        ["retry-after-ms", "150"],
      ],
      150,
    ],
    [[["retry-after", "Sun, 22 Nov 2026 08:00:05 GMT"]], 5000],
    [[["retry-after", "Sun, 22 Nov 2026 07:00:00 GMT"]], 0],
    [[["retry-after", "-1"]], null],
    [[["retry-after", "soon"]], null],
    [[["retry-after-ms", "x"]], null],
    [[], null],
  ] as const)("%j: %s", (headers, expected) => {
    expect(retryAfterMs(headers, nowMs)).toBe(expected);
  });
});

describe("readUsage", () => {
  it.each([
    [
      { type: "message", usage: { input_tokens: 12, output_tokens: 3 } },
      { inputTokens: 12, outputTokens: 3 },
    ],
    [
      { type: "message_start", message: { usage: { input_tokens: 12, output_tokens: 1 } } },
      { inputTokens: 12, outputTokens: 1 },
    ],
    [
      { type: "message_delta", usage: { output_tokens: 30 } },
      { inputTokens: null, outputTokens: 30 },
    ],
    [{ usage: { prompt_tokens: 5, completion_tokens: 6 } }, { inputTokens: 5, outputTokens: 6 }],
    [
      { type: "response.completed", response: { usage: { input_tokens: 1, output_tokens: 2 } } },
      { inputTokens: 1, outputTokens: 2 },
    ],
    [
      { usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 8 } },
      { inputTokens: 7, outputTokens: 8 },
    ],
    [{ usage: { input_tokens: -1, output_tokens: "3" } }, null],
    [{ choices: [], usage: null }, null],
    [undefined, null],
  ])("%j", (json, expected) => {
    expect(readUsage(json)).toEqual(expected);
  });
});
