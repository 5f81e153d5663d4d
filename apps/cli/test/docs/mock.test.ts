/** docs/mock.md shows scripts that the mock takes, and flags that the command has. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseScript, startLlmMock } from "@faultwire/llm-mock";
import { expect, it } from "vitest";
import { mockCommand } from "../../src/commands/mock.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/mock.md"), "utf8");
const [script = ""] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

it("its script drives a model as the page says", async () => {
  const mock = await startLlmMock({ script: parseScript(script, "docs/mock.md") });
  const say = async (content: string) => {
    const response = await fetch(`${mock.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "any", "anthropic-version": "2026-10-21" },
      body: JSON.stringify({
        model: "claude-sonnet-5-5",
        max_tokens: 100,
        messages: [{ role: "user", content }],
      }),
    });
    return response.json() as Promise<Record<string, unknown>>;
  };
  try {
    expect(await say("The weather?")).toMatchObject({
      stop_reason: "tool_use",
      content: [{ text: "Let me look." }, {}],
    });
    expect(await say("Good night")).toMatchObject({ usage: { input_tokens: 1200, output_tokens: 4 } });
    expect(await say("Delete everything")).toMatchObject({ stop_reason: "refusal" });
    expect(await say("hello")).toMatchObject({ error: { type: "not_found_error" } });
  } finally {
    await mock.close();
  }
});

it("its flags are there, and its port is the default", () => {
  const { options } = mockCommand();
  for (const flag of ["--script", "--first-token", "--tokens-per-second"]) {
    expect(page).toContain(flag);
    expect(options.map(({ long }) => long)).toContain(flag);
  }
  const port: unknown = options.find(({ long }) => long === "--port")?.defaultValue;
  expect(page).toContain(`http://127.0.0.1:${String(port)}`);
});
