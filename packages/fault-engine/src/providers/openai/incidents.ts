import type { Incidents } from "../incidents.ts";

/** What the bad days of OpenAI's API are made of. */
export const openaiIncidents: Incidents = {
  overloaded: "server_is_overloaded",
  rateLimited: "rate_limit_exceeded",
  failed: "server_error",
  gateway: "server_error",
  spendLimit: "insufficient_quota",
  inStream: "server_error",
  family: ["gpt-*"],
  example: { host: "api.openai.com", target: "/v1/chat/completions", model: "gpt-6" },
};
