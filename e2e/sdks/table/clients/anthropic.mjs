import { sdk } from "../../clients/cases.mjs";
import { messagesSurfaces } from "./anthropic-surfaces.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("@anthropic-ai/sdk", "previous-anthropic");
const client = new module.Anthropic({ apiKey: "any" });
await answer({
  name: "@anthropic-ai/sdk",
  versions: { "@anthropic-ai/sdk": version },
  isOwn: (error) => error instanceof module.AnthropicError,
  surfaces: messagesSurfaces(client, "claude-sonnet-5-5"),
});
