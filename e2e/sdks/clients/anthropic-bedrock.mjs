import { messagesCases } from "./anthropic-cases.mjs";
import { mockUrl, run, sdk } from "./cases.mjs";

const { module, version } = await sdk("@anthropic-ai/bedrock-sdk", "previous-anthropic-bedrock");
const client = new module.AnthropicBedrock({
  awsRegion: "us-east-1",
  awsAccessKey: "any",
  awsSecretKey: "any",
  maxRetries: 0,
  ...(mockUrl && { baseURL: mockUrl }),
});
const errors = module.AnthropicBedrock.BadRequestError ? module.AnthropicBedrock : module;
await run(
  "@anthropic-ai/bedrock-sdk",
  version,
  messagesCases(client, "anthropic.claude-sonnet-4-5-20250929-v1:0", errors),
);
