import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

const HOSTS: readonly string[] = ["api.cohere.com", "api.cohere.ai"];

const isAtHost = hostTest(HOSTS);

/** How requests of Cohere's APIs are known. */
export const cohereRequests: RequestProfile = {
  hosts: HOSTS,
  // Behind `/compatibility/` it answers as OpenAI does.
  isAt: (request) => isAtHost(request) && !request.path.startsWith("/compatibility/"),
  isFor: ({ path }) => /\/v[12]\/(?:chat|generate|embed|rerank)$/.test(path),
  readPath: () => undefined,
  keyHeaders: ["authorization"],
};
