import { headerValue } from "@faultwire/http1";
import { hostTest } from "../host-test.ts";
import { openaiRequests } from "../openai/requests.ts";
import type { RequestProfile } from "../request-profile.ts";

/** A deployment's name stands for its model. */
const DEPLOYMENT = /\/openai\/deployments\/([^/]+)\//;

const HOSTS: readonly string[] = [
  "*.openai.azure.com",
  "*.cognitiveservices.azure.com",
  "*.services.ai.azure.com",
];

const isAtHost = hostTest(HOSTS);

/** How requests of OpenAI's API at Azure are known. */
export const azureRequests: RequestProfile = {
  hosts: HOSTS,
  isAt: (request) =>
    // Claude's answers there are Anthropic's, errors included.
    (isAtHost(request) && !request.path.startsWith("/anthropic/")) ||
    DEPLOYMENT.test(request.path) ||
    (headerValue(request.headers, "api-key") !== undefined && openaiRequests.isFor(request)),
  isFor: () => false,
  readPath: (path) => {
    const model = DEPLOYMENT.exec(path)?.[1];
    return model === undefined ? undefined : { model };
  },
  keyHeaders: ["api-key", "authorization"],
};
