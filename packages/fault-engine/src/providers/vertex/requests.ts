import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

/** With a project, or without one for those who come with an API key. */
const PATH =
  /\/v1(?:beta1)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/models|endpoints)\//;

const MODEL = /\/publishers\/[^/]+\/models\/([^/:]+):([A-Za-z]+)$/;

const HOSTS: readonly string[] = [
  "aiplatform.googleapis.com",
  "*-aiplatform.googleapis.com",
  "aiplatform.*.rep.googleapis.com",
];

const isAtHost = hostTest(HOSTS);

/** How requests of Google's Vertex AI are known. */
export const vertexRequests: RequestProfile = {
  hosts: HOSTS,
  // Behind `/endpoints/openapi/` it takes OpenAI's requests.
  isAt: (request) => isAtHost(request) || PATH.test(request.path),
  isFor: () => false,
  readPath: (path) => {
    const [, model, method = ""] = MODEL.exec(path) ?? [];
    return model === undefined ? undefined : { model, stream: method.startsWith("stream") };
  },
  keyHeaders: ["authorization", "x-goog-api-key"],
};
