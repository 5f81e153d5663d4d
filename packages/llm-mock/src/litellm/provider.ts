/** LiteLLM's gateway, and those like it: OpenAI's API in front of all models, also at paths without `/v1`. */
import { requestId } from "@faultwire/fault-engine";
import type { WholeAnswer } from "../api.ts";
import { type ApiError, apiError } from "../api-error.ts";
import { derivedUuid } from "../ids.ts";
import { openaiStyle } from "../openai/chat.ts";
import { type ChatDialect, openaiDialect } from "../openai/chat-request.ts";
import { isReasoningModel, type ModelTest } from "../openai/fields.ts";
import { openaiChat, openaiHandlers } from "../openai/handlers.ts";
import { listModels } from "../openai/models.ts";
import { openaiErrorAnswer } from "../openai/provider.ts";
import {
  hasBearer,
  headerOf,
  hostOf,
  type MockProvider,
  type ProviderMaker,
  ruledProvider,
} from "../provider.ts";
import { openaiHeaders, RateLimitMeter } from "../rate-limit-meter.ts";

/** Which models there are is for the gateway's owner to say. */
const isModel: ModelTest = (model) => model !== "";

/** Gateways hand on what they do not know. */
const dialect: ChatDialect = {
  ...openaiDialect(isModel),
  fields: undefined,
  isStrict: () => false,
  thinks: (model, { reasoning_effort: effort, thinking }) =>
    effort !== "none" && (isReasoningModel(model) || typeof effort === "string" || thinking !== undefined),
};

/** The paths that only a gateway has. */
const BARE_PATH = /^\/(?:chat\/completions|embeddings|models)$/;

/** LiteLLM's gateway. */
export const litellm: ProviderMaker = (world): MockProvider => {
  const chat = openaiChat(world, dialect, {
    ...openaiStyle,
    idOf: (identity) => `chatcmpl-${derivedUuid("litellm", ...identity)}`,
    thoughts: "reasoning_content",
  });
  const { embeddings } = openaiHandlers(world, isModel);
  const meter = new RateLimitMeter();
  return {
    name: "litellm",
    claims: (request, path) =>
      ruledProvider(request) === "litellm" ||
      (BARE_PATH.test(path) && !/(?:^|\.)openai\.com$/.test(hostOf(request))),
    requestId: (count) => requestId("litellm", world.seed, count),
    headers: (id) => [
      ["x-litellm-call-id", id],
      ["x-litellm-version", "1.110.2"],
    ],
    routes: [
      { path: /^(?:\/v1)?\/chat\/completions$/, methods: { POST: (call) => chat(call) } },
      { path: /^(?:\/v1)?\/embeddings$/, methods: { POST: (call) => embeddings(call) } },
      { path: /^(?:\/v1)?\/models$/, methods: { GET: listModels } },
    ],
    refuse: ({ request }) =>
      hasBearer(request) || headerOf(request, "x-litellm-api-key")
        ? undefined
        : apiError(401, "auth_error", "Authentication Error, No api key passed in."),
    failure: (status, message) =>
      apiError(status, status >= 500 ? "internal_server_error" : "invalid_request_error", message),
    errorAnswer,
    rateLimit: (nowMs, use) => openaiHeaders(meter.count(nowMs, use)),
  };
};

/**
 * Errors of the models behind it have the name of a class before their text; the code is the status. A path or a method that it
 * does not have is refused by the web framework below it, in that framework's form.
 */
function errorAnswer({ status, type, message, param = null }: ApiError): WholeAnswer {
  if (status === 404 || status === 405)
    return { kind: "whole", status, body: JSON.stringify({ detail: message }) };
  const text =
    type === "invalid_request_error" && status === 400 ? `litellm.BadRequestError: ${message}` : message;
  return openaiErrorAnswer(apiError(status, type, text, { param, code: String(status) }));
}
