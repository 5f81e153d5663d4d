import { anthropic } from "./anthropic/profile.ts";
import { azure } from "./azure/profile.ts";
import { bedrock } from "./bedrock/profile.ts";
import { cohere } from "./cohere/profile.ts";
import { gemini } from "./gemini/profile.ts";
import { litellm } from "./litellm/profile.ts";
import { mistral } from "./mistral/profile.ts";
import { ollama } from "./ollama/profile.ts";
import { openai } from "./openai/profile.ts";
import { openrouter } from "./openrouter/profile.ts";
import type { ProviderProfile } from "./provider-profile.ts";
import type { Provider } from "./request-table.ts";
import { vertex } from "./vertex/profile.ts";

/** Everything that is known of each API: the rows of the table of requests, with what they send. */
export const PROVIDERS: Readonly<Record<Provider, ProviderProfile>> = {
  anthropic,
  openai,
  azure,
  gemini,
  vertex,
  bedrock,
  mistral,
  cohere,
  ollama,
  openrouter,
  litellm,
};
