import { anthropicIncidents } from "./anthropic/incidents.ts";
import { azureIncidents } from "./azure/incidents.ts";
import { bedrockIncidents } from "./bedrock/incidents.ts";
import { cohereIncidents } from "./cohere/incidents.ts";
import { geminiIncidents } from "./gemini/incidents.ts";
import type { Incidents } from "./incidents.ts";
import { litellmIncidents } from "./litellm/incidents.ts";
import { mistralIncidents } from "./mistral/incidents.ts";
import { ollamaIncidents } from "./ollama/incidents.ts";
import { openaiIncidents } from "./openai/incidents.ts";
import { openrouterIncidents } from "./openrouter/incidents.ts";
import type { Provider } from "./request-table.ts";
import { vertexIncidents } from "./vertex/incidents.ts";

/** The incidents of each API, apart from its profile: what answers requests needs none of them. */
export const INCIDENTS: Readonly<Record<Provider, Incidents>> = {
  anthropic: anthropicIncidents,
  openai: openaiIncidents,
  azure: azureIncidents,
  gemini: geminiIncidents,
  vertex: vertexIncidents,
  bedrock: bedrockIncidents,
  mistral: mistralIncidents,
  cohere: cohereIncidents,
  ollama: ollamaIncidents,
  openrouter: openrouterIncidents,
  litellm: litellmIncidents,
};
