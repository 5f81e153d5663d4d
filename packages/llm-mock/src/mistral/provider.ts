/** Mistral: chat, completions between two texts, embeddings, models. OpenAI's paths, told by the host or by Mistral's SDKs. */
import { requestId } from "@faultwire/fault-engine";
import { type ApiAnswer, type Call, json, type WholeAnswer } from "../api.ts";
import { type ApiError, apiError } from "../api-error.ts";
import { derivedHex } from "../ids.ts";
import { parseObject } from "../json.ts";
import { ANSWER_SECONDS } from "../model/answer-moment.ts";
import { answerEmbeddings } from "../openai/embeddings.ts";
import { answerChat } from "../openai/handlers.ts";
import { hasBearer, type MockProvider, type ProviderMaker, ruledProvider } from "../provider.ts";
import { RateLimitMeter } from "../rate-limit-meter.ts";
import { mistralWriter } from "./chat.ts";
import { ownErrors, placeOf, readMistralChat, readMistralFim } from "./request.ts";

const MODELS = [
  ...["mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "magistral-medium-latest"],
  ...["codestral-latest", "mistral-embed"],
];

/** Mistral's API. */
export const mistral: ProviderMaker = (world): MockProvider => {
  const meter = new RateLimitMeter();
  const chat = (read: typeof readMistralChat) => {
    return ({ request: { body } }: Call): ApiAnswer => answerChat(body, read(body), world, mistralWriter);
  };
  return {
    name: "mistral",
    claims: (request) => ruledProvider(request) === "mistral",
    requestId: (count) => requestId("mistral", world.seed, count),
    headers: (id) => [
      ["mistral-correlation-id", id],
      ["x-kong-request-id", id],
    ],
    routes: [
      { path: /^\/v1\/chat\/completions$/, methods: { POST: chat(readMistralChat) } },
      { path: /^\/v1\/fim\/completions$/, methods: { POST: chat(readMistralFim) } },
      { path: /^\/v1\/embeddings$/, methods: { POST: (call) => embed(call, world.seed) } },
      { path: /^\/v1\/models$/, methods: { GET: () => json({ object: "list", data: MODELS.map(card) }) } },
      { path: /^\/v1\/models\/([^/]+)$/, methods: { GET: ({ params }) => oneModel(params[0] ?? "") } },
    ],
    refuse: ({ request }) => (hasBearer(request) ? undefined : apiError(401, "", "Unauthorized")),
    failure: (status, message) =>
      apiError(status, status >= 500 ? "internal_server_error" : "invalid_request_error", message),
    errorAnswer,
    rateLimit: (nowMs, use) => {
      const { requests, inputTokens, outputTokens } = meter.count(nowMs, use);
      return [
        ["x-ratelimit-limit-req-minute", String(requests.limit)],
        ["x-ratelimit-remaining-req-minute", String(requests.remaining)],
        ["x-ratelimit-limit-tokens-minute", String(inputTokens.limit + outputTokens.limit)],
        ["x-ratelimit-remaining-tokens-minute", String(inputTokens.remaining + outputTokens.remaining)],
      ];
    },
  };
};

/** Without a key and without the form there is a `detail` alone. */
function errorAnswer({ status, type, message, param, code = null }: ApiError): WholeAnswer {
  const own =
    status === 401
      ? { detail: message }
      : status === 422
        ? { detail: [{ type, loc: ["body", ...placeOf(param ?? "")], msg: message, input: null }] }
        : { object: "error", message, type, param: null, code, raw_status_code: status };
  return { kind: "whole", status, body: JSON.stringify(own) };
}

/** OpenAI's embeddings, of 1,024 numbers unless others are asked for. */
function embed({ request: { body } }: Call, seed: number): ApiAnswer {
  const fields = parseObject(body) ?? {};
  const { output_dimension: dimensions, output_dtype: _kind, metadata: _own, ...rest } = fields;
  const asked = Buffer.from(JSON.stringify({ ...rest, dimensions: dimensions ?? 1024 }));
  const answer = ownErrors(
    answerEmbeddings(asked, (model) => /embed/.test(model), seed),
    fields,
  );
  if (answer.kind !== "whole" || typeof answer.body !== "string") return answer;
  return {
    ...answer,
    body: JSON.stringify({ id: derivedHex(32, "embedding", seed, body), ...parseObject(answer.body) }),
  };
}

const card = (id: string): object => ({
  id,
  object: "model",
  created: ANSWER_SECONDS,
  owned_by: "mistralai",
  capabilities: {
    completion_chat: id !== "mistral-embed",
    completion_fim: id.startsWith("codestral"),
    function_calling: id !== "mistral-embed",
    fine_tuning: false,
    vision: false,
  },
  name: id,
  description: "A model of the mock.",
  max_context_length: 131_072,
  aliases: [],
  type: "base",
});

const oneModel = (id: string): ApiAnswer =>
  MODELS.includes(id)
    ? json(card(id))
    : apiError(404, "invalid_request_error", `Model not found: ${id.slice(0, 100)}`);
