import type { Incidents } from "../incidents.ts";

/** What the bad days of Ollama are made of. */
export const ollamaIncidents: Incidents = {
  overloaded: "server_busy",
  rateLimited: "too_many_requests",
  failed: "internal_error",
  gateway: "internal_error",
  spendLimit: "too_many_requests",
  inStream: "error",
  family: ["llama*"],
  example: { host: "localhost", target: "/api/chat", model: "llama4" },
};
