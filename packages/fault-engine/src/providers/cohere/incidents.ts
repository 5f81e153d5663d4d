import type { Incidents } from "../incidents.ts";

/** What the bad days of Cohere's API are made of. */
export const cohereIncidents: Incidents = {
  overloaded: "service_unavailable",
  rateLimited: "too_many_requests",
  failed: "internal_error",
  gateway: "gateway_timeout",
  spendLimit: "too_many_requests",
  inStream: "internal_error",
  family: ["command-a*"],
  example: { host: "api.cohere.com", target: "/v2/chat", model: "command-a-03-2025" },
};
