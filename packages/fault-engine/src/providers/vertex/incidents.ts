import type { Incidents } from "../incidents.ts";

/** What the bad days of Vertex AI are made of. */
export const vertexIncidents: Incidents = {
  overloaded: "RESOURCE_EXHAUSTED",
  rateLimited: "quota_exceeded",
  failed: "INTERNAL",
  gateway: "UNAVAILABLE",
  spendLimit: "quota_exceeded",
  inStream: "UNAVAILABLE",
  family: ["claude-*"],
  example: {
    host: "aiplatform.googleapis.com",
    target: "/v1/projects/p/locations/global/publishers/anthropic/models/claude-opus-5:streamRawPredict",
    model: "claude-opus-5",
  },
};
