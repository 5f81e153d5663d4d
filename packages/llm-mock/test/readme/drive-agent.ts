import { parseScript, startLlmMock } from "@faultwire/llm-mock";

const script = `
turns:
  - when: { afterTool: get_weather }
    say: It is {{message}} in Bern.
  - when: weather
    think: I need the tool for that.
    say: Let me look.
    call: { tool: get_weather, arguments: { city: Bern } }
  - when: /(?i)^(bye|good night)/
    say: Sleep well.
    tokens: { input: 1200, output: 4 }
    pace: { firstTokenMs: 50, tokensPerSecond: 80 }
`;

/** An agent of ten lines against a model that follows a script. Returns what the model said last. */
export async function driveAgent(question: string): Promise<string> {
  const mock = await startLlmMock({ script: parseScript(script, "weather.yaml") });
  const input: object[] = [{ role: "user", content: question }];
  const tools = [{ type: "function", name: "get_weather", parameters: { type: "object", properties: {} } }];
  try {
    for (;;) {
      const response = await fetch(`${mock.url}/v1/responses`, {
        method: "POST",
        headers: { authorization: "Bearer any" },
        body: JSON.stringify({ model: "gpt-4.1", tools, input }),
      });
      const { output } = JSON.parse(await response.text());
      input.push(...output);
      const call = output.find((item: { type: string }) => item.type === "function_call");
      if (!call) return output.at(-1).content[0].text;
      input.push({ type: "function_call_output", call_id: call.call_id, output: "12 degrees" });
    }
  } finally {
    await mock.close();
  }
}
