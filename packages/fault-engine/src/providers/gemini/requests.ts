import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

/** Requests of Vertex have the same end, behind a project or a publisher. */
const isOfVertex = (path: string): boolean => /\/(?:projects|publishers)\//.test(path);

const HOSTS: readonly string[] = ["generativelanguage.googleapis.com"];

const isAtHost = hostTest(HOSTS);

/** How requests of Google's Gemini API are known. */
export const geminiRequests: RequestProfile = {
  hosts: HOSTS,
  // Behind `/openai/` it answers as OpenAI does.
  isAt: (request) => isAtHost(request) && !request.path.includes("/openai/"),
  isFor: ({ path }) =>
    /\/v1(?:alpha|beta)?\/(?:[^/]+\/)*models\/[^/:]+:[A-Za-z]+$/.test(path) && !isOfVertex(path),
  readPath: (path) => {
    const model = isOfVertex(path) ? undefined : /\/models\/([^/:]+):[A-Za-z]+$/.exec(path)?.[1];
    return model === undefined ? undefined : { model, stream: path.endsWith(":streamGenerateContent") };
  },
  keyHeaders: ["x-goog-api-key"],
};
