import { anthropicRequests } from "./anthropic/requests.ts";
import { azureRequests } from "./azure/requests.ts";
import { bedrockRequests } from "./bedrock/requests.ts";
import { cohereRequests } from "./cohere/requests.ts";
import { geminiRequests } from "./gemini/requests.ts";
import { litellmRequests } from "./litellm/requests.ts";
import { mistralRequests } from "./mistral/requests.ts";
import { ollamaRequests } from "./ollama/requests.ts";
import { openaiRequests } from "./openai/requests.ts";
import { openrouterRequests } from "./openrouter/requests.ts";
import type { RequestProfile } from "./request-profile.ts";
import { vertexRequests } from "./vertex/requests.ts";

/**
 * The APIs that are known: one row each. Rules, presets, schema, documentation and recognition follow this table; a
 * request or an event that could be of several APIs is of the first. Those that speak the API of another stand behind it.
 */
export const REQUESTS = {
  anthropic: anthropicRequests as RequestProfile,
  openai: openaiRequests as RequestProfile,
  azure: azureRequests as RequestProfile,
  gemini: geminiRequests as RequestProfile,
  vertex: vertexRequests as RequestProfile,
  bedrock: bedrockRequests as RequestProfile,
  mistral: mistralRequests as RequestProfile,
  cohere: cohereRequests as RequestProfile,
  ollama: ollamaRequests as RequestProfile,
  openrouter: openrouterRequests as RequestProfile,
  litellm: litellmRequests as RequestProfile,
} as const;

/** The APIs that are known, by their names in rules. */
export type Provider = keyof typeof REQUESTS;

/** The names of {@link REQUESTS}, in their order. */
export const PROVIDER_NAMES: readonly [Provider, ...Provider[]] = Object.keys(REQUESTS) as [
  Provider,
  ...Provider[],
];

/** Whose API is meant where nothing says it. */
export const DEFAULT_PROVIDER: Provider = "anthropic";
