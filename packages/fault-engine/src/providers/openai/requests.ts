import { hostTest } from "../host-test.ts";
import type { RequestProfile } from "../request-profile.ts";

/** Paths of OpenAI's API, with what stands before them here and at gateways that take its requests. */
const PATH =
  /\/(?:v\d+|openai|compat|openapi)\/(?:chat\/completions|completions|responses|embeddings|moderations|audio|images|realtime)(?:\/|$)/;

/** With those that keep their data in one region, such as `eu.api.openai.com`. */
const HOSTS: readonly string[] = ["api.openai.com", "*.api.openai.com"];

/** How requests of OpenAI's API are known. */
export const openaiRequests: RequestProfile = {
  hosts: HOSTS,
  isAt: hostTest(HOSTS),
  isFor: ({ path }) => PATH.test(path),
  readPath: () => undefined,
  keyHeaders: ["authorization"],
};
