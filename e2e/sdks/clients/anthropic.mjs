import { anthropicCases, messagesCases } from "./anthropic-cases.mjs";
import { mockUrl, run, sdk } from "./cases.mjs";

const { module, version } = await sdk("@anthropic-ai/sdk", "previous-anthropic");
const { Anthropic, toFile } = module;
const client = new Anthropic({ apiKey: "any", maxRetries: 0, ...(mockUrl && { baseURL: mockUrl }) });
const model = "claude-sonnet-5-5";
await run("@anthropic-ai/sdk", version, {
  ...messagesCases(client, model, Anthropic),
  ...anthropicCases(client, model, Anthropic, toFile),
});
