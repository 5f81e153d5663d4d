import type { Incidents } from "../incidents.ts";

/** What the bad days of LiteLLM are made of. */
export const litellmIncidents: Incidents = {
  overloaded: "ServiceUnavailableError",
  rateLimited: "no_deployments",
  failed: "InternalServerError",
  gateway: "BadGatewayError",
  spendLimit: "budget_exceeded",
  inStream: "InternalServerError",
  family: ["claude-*"],
  example: { host: "litellm", target: "/v1/chat/completions", model: "claude-opus-5" },
};
