import type { RequestProfile } from "../request-profile.ts";

const PATH = /\/model\/([^/]+)\/(invoke|invoke-with-response-stream|converse|converse-stream)$/;

/** How requests of Amazon Bedrock's runtime are known. */
export const bedrockRequests: RequestProfile = {
  hosts: ["bedrock-runtime.*.amazonaws.com", "bedrock-runtime-fips.*.amazonaws.com"],
  isFor: ({ path }) => PATH.test(path),
  readPath: (path) => {
    const [, model = "", operation = ""] = PATH.exec(path) ?? [];
    return operation === ""
      ? undefined
      : { model: model.replaceAll(/%3a/gi, ":"), stream: operation.endsWith("stream") };
  },
  keyHeaders: ["authorization"],
};
