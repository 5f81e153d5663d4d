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
import { vertex } from "./vertex/profile.ts";

/**
 * The APIs that are known: one row each. Rules, presets, schema, documentation and recognition follow this table; a
 * request or an event that could be of several APIs is of the first. Those that speak the API of another stand behind it.
 */
export const PROVIDERS = {
  anthropic: anthropic as ProviderProfile,
  openai: openai as ProviderProfile,
  azure: azure as ProviderProfile,
  gemini: gemini as ProviderProfile,
  vertex: vertex as ProviderProfile,
  bedrock: bedrock as ProviderProfile,
  mistral: mistral as ProviderProfile,
  cohere: cohere as ProviderProfile,
  ollama: ollama as ProviderProfile,
  openrouter: openrouter as ProviderProfile,
  litellm: litellm as ProviderProfile,
} as const;

/** The APIs that are known, by their names in rules. */
export type Provider = keyof typeof PROVIDERS;

/** The names of {@link PROVIDERS}, in their order. */
export const PROVIDER_NAMES: readonly [Provider, ...Provider[]] = Object.keys(PROVIDERS) as [
  Provider,
  ...Provider[],
];

/** Whose API is meant where nothing says it. */
export const DEFAULT_PROVIDER: Provider = "anthropic";
