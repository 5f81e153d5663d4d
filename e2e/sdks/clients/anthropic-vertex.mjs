import { messagesCases } from "./anthropic-cases.mjs";
import { mockUrl, run, same, sdk } from "./cases.mjs";

const { module, version } = await sdk("@anthropic-ai/vertex-sdk", "previous-anthropic-vertex");
// Who asks for a token is answered without a question to Google.
const authClient = {
  getRequestHeaders: async () => new Headers({ authorization: "Bearer any" }),
  projectId: "mock",
};
const client = new module.AnthropicVertex({
  region: "us-east5",
  projectId: "mock",
  authClient,
  maxRetries: 0,
  ...(mockUrl && { baseURL: `${mockUrl}/v1` }),
});
const errors = module.AnthropicVertex.BadRequestError ? module.AnthropicVertex : module;
const model = "claude-sonnet-4-5@20250929";
await run("@anthropic-ai/vertex-sdk", version, {
  ...messagesCases(client, model, errors),
  count_tokens: async () => {
    const messages = [{ role: "user", content: "hello" }];
    const { input_tokens } = await client.messages.countTokens({ model, messages });
    const { usage } = await client.messages.create({ model, max_tokens: 100, messages });
    same(input_tokens, usage.input_tokens, "input tokens");
  },
});
