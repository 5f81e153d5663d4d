import type { Incidents } from "../incidents.ts";

/** What the bad days of Azure OpenAI are made of. */
export const azureIncidents: Incidents = {
  overloaded: "NoCapacity",
  rateLimited: "rate_limit",
  failed: "InternalServerError",
  gateway: "ServiceUnavailable",
  spendLimit: "rate_limit",
  inStream: "server_error",
  family: ["gpt-*"],
  example: {
    host: "me.openai.azure.com",
    target: "/openai/deployments/gpt-6/chat/completions",
    model: "gpt-6",
  },
};
