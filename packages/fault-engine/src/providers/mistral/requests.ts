import { headerValue } from "@faultwire/http1";
import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

const HOSTS: readonly string[] = ["api.mistral.ai", "api.*.mistral.ai", "codestral.mistral.ai"];

const isAtHost = hostTest(HOSTS);

/** How requests of Mistral's API are known. */
export const mistralRequests: RequestProfile = {
  hosts: HOSTS,
  // At a gateway its own paths tell it, or its own SDKs.
  isAt: (request) =>
    isAtHost(request) ||
    /\/v1\/(?:fim\/completions|agents\/completions|ocr)$/.test(request.path) ||
    /\bmistral(?:ai\b|-client)/.test(headerValue(request.headers, "user-agent") ?? ""),
  isFor: () => false,
  readPath: () => undefined,
  keyHeaders: ["authorization"],
};
