import type { HttpResponse } from "@faultwire/http1";
import { isJsonObject, type JsonObject, jsonMember, jsonObjects } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import {
  type AnswerChange,
  type Budget,
  type ChangedAnswer,
  changedList,
  type ErrorOptions,
  type ErrorPreset,
  type EventRole,
  type ProviderProfile,
  type ReadEvent,
} from "../provider-profile.ts";
import { bothWays, openaiRateLimitHeaders } from "./rate-limit-headers.ts";
import { openaiRequests } from "./requests.ts";
import { changeResponse, isOfResponses, isResponsesStream, responsesError } from "./responses.ts";

interface OpenaiError extends ErrorPreset {
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
}

/** `insufficient_quota` is a 429 that no retry mends. */
const ERRORS: readonly OpenaiError[] = [
  {
    name: "invalid_request_error",
    status: 400,
    type: "invalid_request_error",
    param: "messages",
    code: null,
    message: "Missing required parameter: 'messages'.",
  },
  {
    name: "context_length_exceeded",
    status: 400,
    type: "invalid_request_error",
    param: "messages",
    code: "context_length_exceeded",
    message: "This model's maximum context length is 128000 tokens. Your messages are longer than that.",
  },
  {
    name: "invalid_api_key",
    status: 401,
    type: "invalid_request_error",
    param: null,
    code: "invalid_api_key",
    message: "Incorrect API key provided.",
  },
  {
    name: "missing_scope",
    status: 401,
    type: "invalid_request_error",
    param: null,
    code: "missing_scope",
    message: "You have insufficient permissions for this operation. Missing scopes: model.request.",
  },
  {
    name: "unsupported_country_region_territory",
    status: 403,
    type: "request_forbidden",
    param: null,
    code: "unsupported_country_region_territory",
    message: "Country, region, or territory not supported",
  },
  {
    name: "model_not_found",
    status: 404,
    type: "invalid_request_error",
    param: null,
    code: "model_not_found",
    message: "The model does not exist or you do not have access to it.",
  },
  {
    name: "rate_limit_exceeded",
    status: 429,
    type: "requests",
    param: null,
    code: "rate_limit_exceeded",
    message: "Rate limit reached for requests. Please try again later.",
  },
  {
    name: "token_rate_limit_exceeded",
    status: 429,
    type: "tokens",
    param: null,
    code: "rate_limit_exceeded",
    message: "Rate limit reached for tokens per min (TPM). Please try again later.",
  },
  {
    name: "insufficient_quota",
    status: 429,
    type: "insufficient_quota",
    param: null,
    code: "insufficient_quota",
    message: "You exceeded your current quota, please check your plan and billing details.",
  },
  {
    name: "slow_down",
    status: 429,
    type: "rate_limit_error",
    param: null,
    code: "slow_down",
    message: "Your requests grow too fast. Please go back to your former rate and raise it slowly.",
  },
  {
    name: "server_error",
    status: 500,
    type: "server_error",
    param: null,
    code: null,
    message: "The server had an error while processing your request.",
  },
  {
    name: "server_is_overloaded",
    status: 503,
    type: "service_unavailable_error",
    param: null,
    code: "server_is_overloaded",
    message: "The server is currently overloaded. Please try again later.",
  },
];

const REQUESTS_A_MINUTE = 500;
const TOKENS_A_MINUTE = 30_000;

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const { type, param, code } = ERRORS.find((row) => row.name === preset.name) ?? ERRORS[0]!;
  const { nowMs } = options;
  const message = options.message ?? preset.message;
  const body = utf8(JSON.stringify({ error: { message, type, param, code } }));
  const isRateLimit = code === "rate_limit_exceeded";
  const wanted =
    options.retryAfterSeconds === undefined ? (isRateLimit ? 5 : null) : options.retryAfterSeconds;
  const headers = errorHeaders("application/json", body, [["x-request-id", options.requestId]], wanted);
  if (isRateLimit) {
    const budget = (limit: number, isUsedUp: boolean): Budget => ({
      limit,
      remaining: isUsedUp ? 0 : limit,
      resetMs: isUsedUp ? nowMs + Math.ceil(wanted ?? 60) * 1000 : nowMs,
    });
    const requests = budget(REQUESTS_A_MINUTE, type === "requests");
    headers.push(...openaiRateLimitHeaders(requests, budget(TOKENS_A_MINUTE, type === "tokens"), nowMs));
  }
  return { status: preset.status, headers, body };
}

const LAST_EVENTS: readonly string[] = ["response.completed", "response.failed", "response.incomplete"];
/** Of a chunk's delta. `reasoning` is OpenRouter's. */
const PIECES: readonly string[] = ["content", "tool_calls", "refusal", "reasoning_content", "reasoning"];

/** The end marker, an event of the Responses API, or a chunk of a chat. */
function eventRole({ type, data, json }: ReadEvent): EventRole | undefined {
  if (data.trim() === "[DONE]") return { type: "done", isDelta: false, isLast: true };
  if (type.startsWith("response."))
    return { type, isDelta: type.endsWith(".delta"), isLast: LAST_EVENTS.includes(type) };
  const choices = jsonMember(json, "choices");
  if (!Array.isArray(choices)) return undefined;
  const delta = jsonMember(choices[0], "delta");
  const isDelta = PIECES.some((key) => {
    const piece = jsonMember(delta, key) ?? "";
    return piece !== "";
  });
  return { type: "message", isDelta, isLast: false };
}

function changeChoice(choice: JsonObject, { fault, garbledText }: AnswerChange): JsonObject {
  const part = choice["message"] === undefined ? "delta" : "message";
  const content = choice[part];
  switch (fault.kind) {
    case "model.stop-reason":
      return (choice["finish_reason"] ?? null) === null ? choice : { ...choice, finish_reason: fault.reason };
    case "model.empty-content": {
      if (!isJsonObject(content)) return choice;
      const { tool_calls: _calls, ...rest } = content;
      return { ...choice, [part]: "content" in rest ? { ...rest, content: "" } : rest };
    }
    case "model.garble-tool-input": {
      if (!isJsonObject(content) || !Array.isArray(content["tool_calls"])) return choice;
      const before = jsonObjects(content["tool_calls"]);
      const calls = before.map((call, at) => {
        const called = call["function"];
        if (!isJsonObject(called) || typeof called["arguments"] !== "string") return call;
        const tool = JSON.stringify([choice["index"], call["index"] ?? at]);
        return { ...call, function: { ...called, arguments: garbledText(tool) } };
      });
      if (calls.every((call, at) => call === before[at])) return choice;
      return { ...choice, [part]: { ...content, tool_calls: calls } };
    }
    case "model.fallback":
      return choice;
    default:
      return fault satisfies never;
  }
}

function changeAnswer(json: JsonObject, change: AnswerChange): ChangedAnswer | undefined {
  if (isOfResponses(json)) return changeResponse(json, change);
  if (!Array.isArray(json["choices"])) return undefined;
  return changedList(json, "choices", jsonObjects(json["choices"]), (choice) => changeChoice(choice, change));
}

/** What OpenAI's API has in common with those that speak it under their own errors. */
export const openaiWire: Pick<
  ProviderProfile,
  | "keyHeaders"
  | "wholePaths"
  | "usage"
  | "changeAnswer"
  | "eventRole"
  | "formats"
  | "toolInputs"
  | "goodAnswer"
  | "ping"
> = {
  keyHeaders: ["authorization"],
  goodAnswer: (requestId, text) => ({
    id: requestId,
    object: "chat.completion",
    created: 0,
    model: "faultwire",
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 8, total_tokens: 9 },
  }),
  usage: [
    { path: ["response", "usage"], input: "input_tokens", output: "output_tokens" },
    { path: ["usage"], input: "prompt_tokens", output: "completion_tokens" },
  ],
  changeAnswer,
  eventRole,
  wholePaths: /\/(?:embeddings|moderations|realtime)(?:\/|$)/,
  formats: ["sse"],
  toolInputs: [
    { path: ["choices", 0, "delta", "tool_calls", 0, "function", "arguments"] },
    { type: "response.function_call_arguments.delta", path: ["delta"] },
  ],
  ping: null,
};

/** OpenAI's API: chats, responses, embeddings, and the HTTP part of realtime. */
export const openai: ProviderProfile = {
  ...openaiWire,
  title: "OpenAI",
  baseUrl: { standard: "https://api.openai.com/v1", variable: "OPENAI_BASE_URL" },
  ...openaiRequests,
  errors: ERRORS,
  error,
  requestId: (letters) => `req_${letters(32, "0123456789abcdef")}`,
  rateLimitHeaders: ({ requests, inputTokens, outputTokens }, nowMs) =>
    openaiRateLimitHeaders(requests, bothWays(inputTokens, outputTokens), nowMs),
  errorEvent(failure) {
    if (isResponsesStream(failure)) return responsesError(failure);
    const { type, message, errorCode } = failure;
    const error = { message, type, param: null, code: errorCode ?? type };
    return { name: null, data: JSON.stringify({ error }) };
  },
};
