/** OpenRouter: OpenAI's chats in front of the models of many providers, errors of its own. */
import { requestId } from "@faultwire/fault-engine";
import { type ApiAnswer, type Call, frame, json } from "../api.ts";
import { type ApiError, apiError, isApiError } from "../api-error.ts";
import { derivedLetters } from "../ids.ts";
import { isObject, parseObject } from "../json.ts";
import { ANSWER_SECONDS } from "../model/answer-moment.ts";
import type { ChatStyle } from "../openai/chat.ts";
import { type ChatDialect, openaiDialect } from "../openai/chat-request.ts";
import { openaiChat } from "../openai/handlers.ts";
import { hasBearer, type MockProvider, type ProviderMaker, ruledProvider } from "../provider.ts";

const MODELS = ["anthropic/claude-sonnet-4.5", "openai/gpt-4.1-mini", "mistralai/mistral-large"];

/** Names are of the form `author/model`; what it does not know of the rest it passes over or hands on. */
const dialect: ChatDialect = {
  ...openaiDialect((model) => /^~?[^/\s]+\/\S+$/.test(model)),
  fields: undefined,
  isStrict: () => false,
  thinks: (_, { reasoning, include_reasoning: shows, reasoning_effort: effort }) =>
    shows === true ||
    (typeof effort === "string" && effort !== "none") ||
    (isObject(reasoning) && reasoning["enabled"] !== false && reasoning["effort"] !== "none"),
};

const style: ChatStyle = {
  idOf: (identity) => `gen-${ANSWER_SECONDS}-${derivedLetters(20, "gen", ...identity)}`,
  // A chunk has no fingerprint where there is none to tell.
  extras: (_, isChunk) => ({ provider: "Mock", ...(!isChunk && { system_fingerprint: null }) }),
  // What the provider behind it called the end: here the same.
  choiceExtras: (finish) => ({ native_finish_reason: finish }),
  messageExtras: {},
  thoughts: "reasoning",
  opening: [frame(": OPENROUTER PROCESSING\n\n")],
  saysNoUsage: false,
};

/** OpenRouter's API. */
export const openrouter: ProviderMaker = (world): MockProvider => {
  // Streams end with the usage, whether it is asked for or not.
  const chat = openaiChat(world, dialect, style, (request) => ({ ...request, includesUsage: true }));
  return {
    name: "openrouter",
    claims: (request, path) => ruledProvider(request) === "openrouter" || path.startsWith("/api/v1/"),
    requestId: (count) => requestId("openrouter", world.seed, count),
    headers: () => [],
    routes: [
      {
        path: /^\/api\/v1\/chat\/completions$/,
        methods: {
          POST: (call) => {
            const answer = chat(call);
            return isApiError(answer) ? refusal(answer, call) : answer;
          },
        },
      },
      { path: /^\/api\/v1\/models$/, methods: { GET: listModels } },
    ],
    // Its list of models is for everybody.
    refuse: ({ request, path }) =>
      path === "/api/v1/models" || hasBearer(request)
        ? undefined
        : apiError(401, "", "No auth credentials found"),
    failure: (status, message) => apiError(status, "", message),
    errorAnswer: ({ status, message }) => ({
      kind: "whole",
      status,
      body: JSON.stringify({ error: { message, code: status } }),
    }),
  };
};

/** What OpenAI's reading refuses, with OpenRouter's status. */
function refusal(error: ApiError, { request }: Call): ApiError {
  if (error.code !== "model_not_found") return error;
  const model = String(parseObject(request.body)?.["model"]).slice(0, 100);
  return apiError(400, "", `${model} is not a valid model ID`);
}

const listModels = (): ApiAnswer =>
  json({
    data: MODELS.map((id) => ({
      id,
      canonical_slug: id,
      hugging_face_id: null,
      name: id,
      created: ANSWER_SECONDS,
      description: "A model of the mock.",
      context_length: 128_000,
      architecture: {
        modality: "text->text",
        input_modalities: ["text"],
        output_modalities: ["text"],
        tokenizer: "Other",
        instruct_type: null,
      },
      pricing: { prompt: "0", completion: "0" },
      top_provider: { context_length: 128_000, max_completion_tokens: null, is_moderated: false },
      per_request_limits: null,
      supported_parameters: ["tools", "tool_choice", "max_tokens", "temperature", "stop", "response_format"],
      default_parameters: null,
      supported_voices: null,
      links: { details: `/api/v1/models/${id}/endpoints` },
    })),
    links: { next: null },
    total_count: MODELS.length,
  });
