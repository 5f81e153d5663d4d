import { headerValue } from "@faultwire/http1";
import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

const HOSTS: readonly string[] = ["openrouter.ai", "*.openrouter.ai"];

const isAtHost = hostTest(HOSTS);

/** How requests of OpenRouter are known. */
export const openrouterRequests: RequestProfile = {
  hosts: HOSTS,
  isAt: (request) =>
    // Anthropic's messages are answered as Anthropic does.
    (isAtHost(request) && !/\/messages$/.test(request.path)) ||
    /\/api\/v1\/(?:chat\/completions|completions|responses|embeddings)$/.test(request.path) ||
    // Its SDKs for JavaScript and Python.
    /@openrouter\/sdk|^speakeasy-sdk\/python .*\bopenrouter\b/.test(
      headerValue(request.headers, "user-agent") ?? "",
    ),
  isFor: () => false,
  readPath: () => undefined,
  keyHeaders: ["authorization"],
};
