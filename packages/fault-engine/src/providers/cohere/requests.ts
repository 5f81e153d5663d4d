import { headerValue } from "@faultwire/http1";
import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

const HOSTS: readonly string[] = ["api.cohere.com", "api.cohere.ai"];

const isAtHost = hostTest(HOSTS);

/** How requests of Cohere's APIs are known. */
export const cohereRequests: RequestProfile = {
  hosts: HOSTS,
  // At a gateway its own SDKs tell it. Behind `/compatibility/` it answers as OpenAI does.
  isAt: (request) =>
    (isAtHost(request) || /^cohere(?:-ai)?\//.test(headerValue(request.headers, "user-agent") ?? "")) &&
    !request.path.startsWith("/compatibility/"),
  isFor: ({ path }) => /\/v[12]\/(?:chat|generate|embed|rerank)$/.test(path),
  readPath: () => undefined,
  keyHeaders: ["authorization"],
};
