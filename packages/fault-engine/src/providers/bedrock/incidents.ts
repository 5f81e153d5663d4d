import type { Incidents } from "../incidents.ts";

/** What the bad days of Bedrock are made of. */
export const bedrockIncidents: Incidents = {
  overloaded: "ServiceUnavailableException",
  rateLimited: "ThrottlingException",
  failed: "InternalServerException",
  gateway: "ModelTimeoutException",
  spendLimit: "ServiceQuotaExceededException",
  inStream: "serviceUnavailableException",
  family: ["anthropic.*", "*.anthropic.*"],
  example: {
    host: "bedrock-runtime.us-east-1.amazonaws.com",
    target: "/model/anthropic.claude-opus-5/converse-stream",
    model: "anthropic.claude-opus-5",
  },
};
