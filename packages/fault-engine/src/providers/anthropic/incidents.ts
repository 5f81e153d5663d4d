import type { Incidents } from "../incidents.ts";

/** What the bad days of Anthropic's API are made of. */
export const anthropicIncidents: Incidents = {
  overloaded: "overloaded_error",
  rateLimited: "rate_limit_error",
  failed: "api_error",
  gateway: "cloudflare_520",
  spendLimit: "tier_limit",
  inStream: "overloaded_error",
  family: ["claude-opus-*"],
  example: { host: "api.anthropic.com", target: "/v1/messages", model: "claude-opus-5" },
};
