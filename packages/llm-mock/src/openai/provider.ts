/** OpenAI's API: chat, Responses, embeddings, models, files. */
import { requestId } from "@faultwire/fault-engine";
import type { Call, WholeAnswer } from "../api.ts";
import { type ApiError, apiError } from "../api-error.ts";
import { hasBearer, hostOf, type MockProvider, type ProviderMaker } from "../provider.ts";
import { openaiHeaders, RateLimitMeter } from "../rate-limit-meter.ts";
import { isOpenaiModel } from "./fields.ts";
import { openaiHandlers } from "./handlers.ts";
import { listModels, oneModel } from "./models.ts";

const PATH = /^\/v1\/(?:chat\/completions|responses|embeddings|files|models)(?:\/|$)/;

/** OpenAI's own API. */
export const openai: ProviderMaker = (world): MockProvider => {
  const handlers = openaiHandlers(world, isOpenaiModel);
  const meter = new RateLimitMeter();
  const id = ({ params }: Call): string => params[0] ?? "";
  const { files } = handlers;
  return {
    name: "openai",
    claims: (request, path) => PATH.test(path) || /(?:^|\.)openai\.com$/.test(hostOf(request)),
    requestId: (count) => requestId("openai", world.seed, count),
    headers: (own) => [
      ["x-request-id", own],
      ["openai-version", "2020-10-01"],
      ["openai-organization", "faultwire-mock"],
      ["openai-processing-ms", "1"],
    ],
    routes: [
      { path: /^\/v1\/chat\/completions$/, methods: { POST: (call) => handlers.chat(call) } },
      { path: /^\/v1\/responses$/, methods: { POST: handlers.respond } },
      {
        path: /^\/v1\/responses\/([^/]+)$/,
        methods: {
          GET: (call) => handlers.response(id(call)),
          DELETE: (call) => handlers.removeResponse(id(call)),
        },
      },
      {
        path: /^\/v1\/responses\/([^/]+)\/input_items$/,
        methods: { GET: (call) => handlers.inputItems(id(call)) },
      },
      { path: /^\/v1\/embeddings$/, methods: { POST: (call) => handlers.embeddings(call) } },
      { path: /^\/v1\/models$/, methods: { GET: listModels } },
      { path: /^\/v1\/models\/(.+)$/, methods: { GET: (call) => oneModel(id(call)) } },
      { path: /^\/v1\/files$/, methods: { GET: files.list, POST: files.upload } },
      {
        path: /^\/v1\/files\/([^/]+)$/,
        methods: { GET: (call) => files.retrieve(id(call)), DELETE: (call) => files.remove(id(call)) },
      },
      { path: /^\/v1\/files\/([^/]+)\/content$/, methods: { GET: (call) => files.content(id(call)) } },
    ],
    refuse: ({ request }) =>
      hasBearer(request)
        ? undefined
        : apiError(
            401,
            "invalid_request_error",
            "You didn't provide an API key: send it as a bearer token.",
            {
              param: null,
              code: null,
            },
          ),
    failure: openaiFailure,
    errorAnswer: openaiErrorAnswer,
    rateLimit: (nowMs, use) => openaiHeaders(meter.count(nowMs, use)),
  };
};

/** An error that the server itself has. */
export function openaiFailure(status: number, message: string): ApiError {
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return apiError(status, type, message, { param: null, code: null });
}

/** An error in OpenAI's form. */
export const openaiErrorAnswer = ({
  status,
  type,
  message,
  param = null,
  code = null,
}: ApiError): WholeAnswer => ({
  kind: "whole",
  status,
  body: JSON.stringify({ error: { message, type, param, code } }),
});
