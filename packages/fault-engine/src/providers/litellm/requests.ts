import type { RequestProfile } from "../request-profile.ts";

/** How requests of LiteLLM's gateway are known. */
export const litellmRequests: RequestProfile = {
  hosts: [],
  // Anthropic's messages are answered as Anthropic does.
  isAt: ({ host, headers, path }) =>
    (headers.some(([name]) => name.toLowerCase().startsWith("x-litellm-")) ||
      /(?:^|[.-])litellm(?:[.-]|$)/.test(host ?? "")) &&
    !/\/messages$/.test(path),
  isFor: () => false,
  readPath: () => undefined,
  keyHeaders: ["x-litellm-api-key", "authorization"],
};
