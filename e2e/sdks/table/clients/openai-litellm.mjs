import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";
import { chatSurfaces } from "./openai-surfaces.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const client = new module.OpenAI({ apiKey: "any", baseURL: "https://litellm.test/v1" });
await answer({
  name: "openai",
  at: "LiteLLM",
  versions: { openai: version },
  isOwn: (error) => error instanceof module.OpenAIError,
  surfaces: chatSurfaces(client, "any-name"),
});
