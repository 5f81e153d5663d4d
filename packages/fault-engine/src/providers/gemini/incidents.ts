import type { Incidents } from "../incidents.ts";

/** What the bad days of Gemini's API are made of. */
export const geminiIncidents: Incidents = {
  overloaded: "UNAVAILABLE",
  rateLimited: "RESOURCE_EXHAUSTED",
  failed: "INTERNAL",
  gateway: "DEADLINE_EXCEEDED",
  spendLimit: "RESOURCE_EXHAUSTED",
  inStream: "UNAVAILABLE",
  family: ["gemini-*-pro*"],
  example: {
    host: "generativelanguage.googleapis.com",
    target: "/v1beta/models/gemini-3-pro:streamGenerateContent",
    model: "gemini-3-pro",
  },
};
