import type { RequestProfile } from "../request-profile.ts";

/** How requests of Ollama's own API are known. */
export const ollamaRequests: RequestProfile = {
  hosts: [],
  isFor: ({ path }) => /\/api\/(?:chat|generate|embed|embeddings)$/.test(path),
  readPath: () => undefined,
  keyHeaders: ["authorization"],
};
