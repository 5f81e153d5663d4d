/** The APIs that the mock speaks: one row each. The first that claims a request answers it. */
import { anthropic } from "./anthropic/provider.ts";
import { azureOpenai } from "./azure-openai/provider.ts";
import { bedrock } from "./bedrock/provider.ts";
import { cohere } from "./cohere/provider.ts";
import { gemini } from "./gemini/provider.ts";
import { litellm } from "./litellm/provider.ts";
import { mistral } from "./mistral/provider.ts";
import { ollama } from "./ollama/provider.ts";
import { openai } from "./openai/provider.ts";
import { openrouter } from "./openrouter/provider.ts";
import type { MockProvider, World } from "./provider.ts";
import { vertex } from "./vertex/provider.ts";

const makers = [
  ...[vertex, bedrock, azureOpenai, mistral, openrouter, cohere],
  ...[ollama, gemini, anthropic, litellm, openai],
] as const;

/** The providers of one mock, each with a state of its own. */
export const providersOf = (world: World): readonly MockProvider[] => makers.map((make) => make(world));
