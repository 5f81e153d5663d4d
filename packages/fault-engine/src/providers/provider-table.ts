import { anthropic } from "./anthropic/profile.ts";
import { bedrock } from "./bedrock/profile.ts";
import { cohere } from "./cohere/profile.ts";
import { gemini } from "./gemini/profile.ts";
import { ollama } from "./ollama/profile.ts";
import { openai } from "./openai/profile.ts";
import type { ProviderProfile } from "./provider-profile.ts";

/**
 * The APIs that are known: one row each. Rules, presets, schema, documentation and recognition follow this table; a
 * request or an event that could be of several APIs is of the first.
 */
export const PROVIDERS = {
  anthropic: anthropic as ProviderProfile,
  openai: openai as ProviderProfile,
  gemini: gemini as ProviderProfile,
  bedrock: bedrock as ProviderProfile,
  cohere: cohere as ProviderProfile,
  ollama: ollama as ProviderProfile,
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
