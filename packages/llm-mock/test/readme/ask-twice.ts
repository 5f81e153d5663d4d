import { startLlmMock } from "@faultwire/llm-mock";

/** Asks the same question twice and tells whether the answers differ by a byte. */
export async function askTwice(): Promise<{ text: string; same: boolean; paths: readonly string[] }> {
  const mock = await startLlmMock();
  const ask = async (): Promise<string> => {
    const response = await fetch(`${mock.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "any", "anthropic-version": "2026-10-21" },
      body: JSON.stringify({
        model: "claude-sonnet-5-5",
        max_tokens: 100,
        messages: [{ role: "user", content: "Good morning!" }],
      }),
    });
    return response.text();
  };
  const first = await ask();
  const second = await ask();
  const paths = mock.requests.map(({ path }) => path);
  await mock.close();
  return { text: JSON.parse(first).content[0].text, same: first === second, paths };
}
