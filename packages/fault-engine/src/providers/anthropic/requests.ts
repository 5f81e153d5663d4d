import { headerValue } from "@faultwire/http1";
import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

const HOSTS: readonly string[] = ["api.anthropic.com"];

const isAtHost = hostTest(HOSTS);

/** How requests of Anthropic's Messages API are known. */
export const anthropicRequests: RequestProfile = {
  hosts: HOSTS,
  // Its host takes OpenAI's chats, too, and answers them as OpenAI does.
  isAt: (request) => isAtHost(request) && !request.path.endsWith("/chat/completions"),
  isFor: ({ path, headers }) =>
    headerValue(headers, "anthropic-version") !== undefined ||
    /\/v1\/(?:messages|complete)(?:\/|$)/.test(path),
  readPath: () => undefined,
  keyHeaders: ["x-api-key", "authorization"],
};
