import type { Incidents } from "../incidents.ts";

/** What the bad days of OpenRouter are made of. */
export const openrouterIncidents: Incidents = {
  overloaded: "provider_overloaded",
  rateLimited: "provider_rate_limited",
  failed: "server",
  gateway: "provider_unavailable",
  spendLimit: "payment_required",
  inStream: "provider_unavailable",
  family: ["anthropic/*"],
  example: { host: "openrouter.ai", target: "/api/v1/chat/completions", model: "anthropic/claude-opus-5" },
};
