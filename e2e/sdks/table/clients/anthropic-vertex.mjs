import { sdk } from "../../clients/cases.mjs";
import { messagesSurfaces } from "./anthropic-surfaces.mjs";
import { answer } from "./asks.mjs";

const { module, version } = await sdk("@anthropic-ai/vertex-sdk", "previous-anthropic-vertex");
// Who asks for a token is answered without a question to Google.
const authClient = {
  getRequestHeaders: async () => new Headers({ authorization: "Bearer any" }),
  projectId: "mock",
};
const client = new module.AnthropicVertex({ region: "us-east5", projectId: "mock", authClient });
await answer({
  name: "@anthropic-ai/vertex-sdk",
  versions: { "@anthropic-ai/vertex-sdk": version },
  isOwn: (error) => error instanceof (module.AnthropicError ?? module.AnthropicVertex.AnthropicError),
  surfaces: messagesSurfaces(client, "claude-sonnet-4-5@20250929"),
});
