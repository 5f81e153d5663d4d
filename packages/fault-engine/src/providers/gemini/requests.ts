import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

/** What is asked for: `/models/gemini-3:generateContent` at the end of a path. */
const METHOD = /\/models\/([^/:]+):[A-Za-z]+$/;
const VERSION = /\/v1(?:alpha|beta)?\//;

/** Requests of Vertex have the same end, behind a project or a publisher. */
const isOfVertex = (path: string): boolean => /\/(?:projects|publishers)\//.test(path);

const HOSTS: readonly string[] = ["generativelanguage.googleapis.com"];

const isAtHost = hostTest(HOSTS);

/** How requests of Google's Gemini API are known. */
export const geminiRequests: RequestProfile = {
  hosts: HOSTS,
  // Behind `/openai/` it answers as OpenAI does.
  isAt: (request) => isAtHost(request) && !request.path.includes("/openai/"),
  isFor({ path }) {
    // One expression for both would try each end for each version in a path (docs/adr/0057). The end alone is quick to find.
    const method = METHOD.exec(path);
    return method !== null && VERSION.test(path.slice(0, method.index + 1)) && !isOfVertex(path);
  },
  readPath: (path) => {
    const model = isOfVertex(path) ? undefined : METHOD.exec(path)?.[1];
    return model === undefined ? undefined : { model, stream: path.endsWith(":streamGenerateContent") };
  },
  keyHeaders: ["x-goog-api-key"],
};
