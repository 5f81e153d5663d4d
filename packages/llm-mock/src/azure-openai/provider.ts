/** OpenAI's models at Azure: deployments in the path, or the paths of OpenAI's own API below `/openai/v1`. */

import { type ApiAnswer, type Call, dataEvent, type Frame, type WholeAnswer } from "../api.ts";
import { type ApiError, apiError } from "../api-error.ts";
import { derivedUuid } from "../ids.ts";
import { isObject, parseObject } from "../json.ts";
import { openaiHandlers } from "../openai/handlers.ts";
import { listModels, oneModel } from "../openai/models.ts";
import { openaiErrorAnswer } from "../openai/provider.ts";
import { headerOf, hostOf, type MockProvider, type ProviderMaker } from "../provider.ts";
import { openaiHeaders, RateLimitMeter } from "../rate-limit-meter.ts";

/** Azure OpenAI. */
export const azureOpenai: ProviderMaker = (world): MockProvider => {
  const handlers = openaiHandlers(world, (model) => model !== "");
  const { files } = handlers;
  const meter = new RateLimitMeter();
  const at = ({ params }: Call, index = 0): string => params[index] ?? "";
  // Each path exists with a version in the query, and below `v1` without one.
  const path = (rest: string): RegExp => new RegExp(`^/openai(?:/v1)?${rest}$`);
  return {
    name: "azure-openai",
    claims: (request, asked) => asked.startsWith("/openai/") || hostOf(request).endsWith(".openai.azure.com"),
    requestId: (count) => derivedUuid("azure", world.seed, count),
    headers: (id) => [
      ["apim-request-id", id],
      ["x-request-id", id],
      ["x-ms-region", "Mock"],
    ],
    routes: [
      {
        path: /^\/openai\/deployments\/([^/]+)\/chat\/completions$/,
        methods: { POST: (call) => filtered(handlers.chat(call, at(call))) },
      },
      {
        path: /^\/openai\/deployments\/([^/]+)\/embeddings$/,
        methods: { POST: (call) => handlers.embeddings(call, at(call)) },
      },
      { path: path("/chat/completions"), methods: { POST: (call) => filtered(handlers.chat(call)) } },
      { path: path("/embeddings"), methods: { POST: (call) => handlers.embeddings(call) } },
      { path: path("/responses"), methods: { POST: handlers.respond } },
      {
        path: path("/responses/([^/]+)"),
        methods: {
          GET: (call) => handlers.response(at(call)),
          DELETE: (call) => handlers.removeResponse(at(call)),
        },
      },
      { path: path("/models"), methods: { GET: listModels } },
      { path: path("/models/([^/]+)"), methods: { GET: (call) => oneModel(at(call)) } },
      { path: path("/files"), methods: { GET: files.list, POST: files.upload } },
      {
        path: path("/files/([^/]+)"),
        methods: { GET: (call) => files.retrieve(at(call)), DELETE: (call) => files.remove(at(call)) },
      },
    ],
    refuse,
    failure: (status, message) =>
      apiError(status, "", status === 404 && message === "Not Found" ? "Resource not found" : message),
    errorAnswer,
    rateLimit: (nowMs, use) => openaiHeaders(meter.count(nowMs, use)),
  };
};

function refuse({ request, path, query }: Call): ApiError | undefined {
  if (!headerOf(request, "api-key") && !headerOf(request, "authorization"))
    return apiError(401, "", "Access denied: send a key as api-key, or a bearer token.", { code: "401" });
  if (!path.startsWith("/openai/v1/") && !query.get("api-version"))
    return apiError(404, "", "Resource not found", { code: "404" });
  return undefined;
}

/** Azure's own errors have a code and a message; those of the API behind it are OpenAI's. */
const errorAnswer = (error: ApiError): WholeAnswer =>
  error.type === ""
    ? {
        kind: "whole",
        status: error.status,
        body: JSON.stringify({ error: { code: error.code ?? String(error.status), message: error.message } }),
      }
    : openaiErrorAnswer(error);

const CLEAN = Object.fromEntries(
  ["hate", "self_harm", "sexual", "violence"].map((name) => [name, { filtered: false, severity: "safe" }]),
);
const PROMPT_RESULTS = [{ prompt_index: 0, content_filter_results: CLEAN }];

/** An answer to chat with what Azure's content filters say of it: nothing bad. */
function filtered(answer: ApiAnswer): ApiAnswer {
  if (answer.kind === "stream") return { ...answer, frames: [PROMPT_FRAME, ...answer.frames] };
  if (answer.kind !== "whole" || typeof answer.body !== "string") return answer;
  const completion = parseObject(answer.body);
  if (!completion || !Array.isArray(completion["choices"])) return answer;
  const choices = completion["choices"].map((choice: unknown) =>
    isObject(choice) ? { ...choice, content_filter_results: CLEAN } : choice,
  );
  return {
    ...answer,
    body: JSON.stringify({ ...completion, choices, prompt_filter_results: PROMPT_RESULTS }),
  };
}

/** A stream begins with the results for the prompt, in a chunk without choices and without a model. */
const PROMPT_FRAME: Frame = dataEvent({
  id: "",
  object: "",
  created: 0,
  model: "",
  choices: [],
  prompt_filter_results: PROMPT_RESULTS,
});
