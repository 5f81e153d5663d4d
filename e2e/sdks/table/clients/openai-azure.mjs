import { sdk } from "../../clients/cases.mjs";
import { answer } from "./asks.mjs";
import { chatSurfaces } from "./openai-surfaces.mjs";

const { module, version } = await sdk("openai", "previous-openai");
const client = new module.AzureOpenAI({
  apiKey: "any",
  apiVersion: "2024-10-21",
  endpoint: "https://mock.openai.azure.com",
});
await answer({
  name: "openai",
  at: "Azure",
  versions: { openai: version },
  isOwn: (error) => error instanceof module.OpenAIError,
  surfaces: chatSurfaces(client),
});
