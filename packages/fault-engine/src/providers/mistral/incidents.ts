import type { Incidents } from "../incidents.ts";

/** What the bad days of Mistral's API are made of. */
export const mistralIncidents: Incidents = {
  overloaded: "service_tier_capacity_exceeded",
  rateLimited: "rate_limited",
  failed: "internal_server_error",
  gateway: "unreachable_backend",
  spendLimit: "payment_required",
  inStream: "unreachable_backend",
  family: ["mistral-large*"],
  example: { host: "api.mistral.ai", target: "/v1/chat/completions", model: "mistral-large-latest" },
};
