import { sdk } from "../../clients/cases.mjs";
import { messagesSurfaces } from "./anthropic-surfaces.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("@anthropic-ai/bedrock-sdk", "previous-anthropic-bedrock");
const client = new module.AnthropicBedrock({
  awsRegion: "us-east-1",
  awsAccessKey: "any",
  awsSecretKey: "any",
});
await answer({
  name: "@anthropic-ai/bedrock-sdk",
  versions: { "@anthropic-ai/bedrock-sdk": version },
  isOwn: (error) => error instanceof (module.AnthropicError ?? module.AnthropicBedrock.AnthropicError),
  surfaces: messagesSurfaces(client, "anthropic.claude-sonnet-4-5-20250929-v1:0"),
});
