import type { HttpResponse } from "@faultwire/http1";
import { isJsonObject, type JsonObject, jsonMember, jsonObjects } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import { garbledCalls } from "../garbled-calls.ts";
import {
  type AnswerChange,
  type ChangedAnswer,
  changed,
  type ErrorOptions,
  type ErrorPreset,
  type EventText,
  type ProviderProfile,
  SAME,
  type StreamFailure,
} from "../provider-profile.ts";
import { cohereRequests } from "./requests.ts";

const ERRORS: readonly ErrorPreset[] = [
  { name: "invalid_request", status: 400, message: "invalid request: message must not be empty" },
  { name: "invalid_token", status: 401, message: "invalid api token" },
  { name: "forbidden", status: 403, message: "your key has no access to this model" },
  { name: "not_found", status: 404, message: "the model was not found" },
  { name: "unprocessable_entity", status: 422, message: "the request can't be processed" },
  { name: "blocked_token", status: 498, message: "invalid token, please use another one" },
  { name: "client_closed_request", status: 499, message: "the request was cancelled by its client" },
  { name: "too_many_requests", status: 429, message: "You are past the rate limit of your key." },
  { name: "internal_error", status: 500, message: "internal server error" },
  { name: "not_implemented", status: 501, message: "this feature is not implemented" },
  { name: "service_unavailable", status: 503, message: "the service is not available at the moment" },
  { name: "gateway_timeout", status: 504, message: "the request timed out" },
];

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const message = options.message ?? preset.message;
  const body = utf8(JSON.stringify({ id: options.requestId, message }));
  const headers = errorHeaders("application/json", body, [], options.retryAfterSeconds);
  return { status: preset.status, headers, body };
}

/** Events that carry a piece of the answer: of the second API, then of the first. */
const DELTAS: readonly string[] = [
  "content-delta",
  "tool-plan-delta",
  "tool-call-delta",
  "text-generation",
  "tool-calls-chunk",
];
/** Events with which an answer is complete. */
const LAST: readonly string[] = ["message-end", "stream-end"];
const EVENTS: readonly string[] = [
  ...DELTAS,
  ...LAST,
  "message-start",
  "content-start",
  "content-end",
  "tool-call-start",
  "tool-call-end",
  "citation-start",
  "citation-end",
  "stream-start",
  "search-queries-generation",
  "search-results",
  "citation-generation",
  "tool-calls-generation",
];

/** The answer's own events say with their last one that it failed. */
function errorEvent({ message, path, last }: StreamFailure): EventText {
  const isFirstApi = typeof jsonMember(last, "event_type") === "string" || /\/v1\/[^/]+$/.test(path);
  const data = isFirstApi
    ? { is_finished: true, event_type: "stream-end", finish_reason: "ERROR" }
    : { type: "message-end", delta: { error: message, finish_reason: "ERROR" } };
  return { name: isFirstApi ? null : "message-end", data: JSON.stringify(data) };
}

function changeAnswer(json: JsonObject, change: AnswerChange): ChangedAnswer | undefined {
  const type = json["type"] ?? json["event_type"];
  if (typeof type === "string" && EVENTS.includes(type)) return changeEvent(json, type, change);
  const isAnswer =
    "finish_reason" in json && (isJsonObject(json["message"]) || typeof json["text"] === "string");
  return isAnswer ? changeWhole(json, change) : undefined;
}

function changeEvent(json: JsonObject, type: string, change: AnswerChange): ChangedAnswer {
  if (LAST.includes(type)) return changeEnd(json, change);
  const { fault, garbled, garbledText } = change;
  if (fault.kind === "model.empty-content")
    return type === "message-start" || type === "stream-start" ? SAME : { kind: "dropped" };
  if (fault.kind !== "model.garble-tool-input") return SAME;
  const { delta, tool_call_delta: piece } = json;
  if (type === "tool-calls-generation") return withParameters(json, garbled);
  if (type === "tool-calls-chunk" && isJsonObject(piece) && typeof piece["parameters"] === "string")
    return changed({
      ...json,
      tool_call_delta: { ...piece, parameters: garbledText(String(piece["index"])) },
    });
  if (type !== "tool-call-delta" || !isJsonObject(delta)) return SAME;
  const message = delta["message"];
  const call = isJsonObject(message) ? message["tool_calls"] : undefined;
  const called = isJsonObject(call) ? call["function"] : undefined;
  if (!isJsonObject(message) || !isJsonObject(call) || !isJsonObject(called)) return SAME;
  const text = garbledText(String(json["index"]));
  const tool_calls = { ...call, function: { ...called, arguments: text } };
  return changed({ ...json, delta: { ...delta, message: { ...message, tool_calls } } });
}

/** The end of a stream. That of the first API repeats the whole answer. */
function changeEnd(json: JsonObject, change: AnswerChange): ChangedAnswer {
  const { delta, response } = json;
  const { fault } = change;
  if (fault.kind === "model.stop-reason" && isJsonObject(delta))
    return changed({ ...json, delta: { ...delta, finish_reason: fault.reason } });
  const repeated = isJsonObject(response) ? changeWhole(response, change) : SAME;
  const again = repeated.kind === "changed" ? { response: repeated.json } : {};
  if (fault.kind === "model.stop-reason") return changed({ ...json, finish_reason: fault.reason, ...again });
  return repeated.kind === "changed" ? changed({ ...json, ...again }) : SAME;
}

/** The calls of an answer of the first API, with other parameters. */
function withParameters(json: JsonObject, garbled: JsonObject): ChangedAnswer {
  const calls = jsonObjects(json["tool_calls"]);
  if (calls.length === 0) return SAME;
  return changed({ ...json, tool_calls: calls.map((call) => ({ ...call, parameters: garbled })) });
}

/** An answer: of the second API where it has a message, else of the first. */
function changeWhole(json: JsonObject, { fault, garbled, wholeGarbledText }: AnswerChange): ChangedAnswer {
  const message = json["message"];
  switch (fault.kind) {
    case "model.stop-reason":
      return changed({ ...json, finish_reason: fault.reason });
    case "model.empty-content": {
      if (!isJsonObject(message)) {
        const { tool_calls: _calls, ...rest } = json;
        return changed({ ...rest, text: "" });
      }
      const { tool_calls: _calls, tool_plan: _plan, ...rest } = message;
      return changed({ ...json, message: { ...rest, content: [] } });
    }
    case "model.garble-tool-input":
      return isJsonObject(message) ? garbledCalls(json, wholeGarbledText) : withParameters(json, garbled);
    case "model.fallback":
      return SAME;
    default:
      return fault satisfies never;
  }
}

const HEX = "0123456789abcdef";

/** Cohere's chats: server-sent events in the second API, lines of JSON in the first. */
export const cohere: ProviderProfile = {
  title: "Cohere",
  // Its SDKs take a base URL as an argument, not from the environment.
  baseUrl: null,
  ...cohereRequests,
  errors: ERRORS,
  error,
  requestId: (letters) => [8, 4, 4, 4, 12].map((count) => letters(count, HEX)).join("-"),
  rateLimitHeaders: () => [],
  goodAnswer: (requestId, text) => ({
    id: requestId,
    finish_reason: "COMPLETE",
    message: { role: "assistant", content: [{ type: "text", text }] },
    usage: { tokens: { input_tokens: 1, output_tokens: 8 } },
  }),
  usage: [
    { path: ["usage", "tokens"], input: "input_tokens", output: "output_tokens" },
    { path: ["delta", "usage", "tokens"], input: "input_tokens", output: "output_tokens" },
    { path: ["response", "meta", "tokens"], input: "input_tokens", output: "output_tokens" },
    { path: ["meta", "tokens"], input: "input_tokens", output: "output_tokens" },
  ],
  changeAnswer,
  wholePaths: /\/(?:embed|rerank|classify|tokenize|detokenize)$/,
  formats: ["sse", "ndjson"],
  toolInputs: [
    { type: "tool-call-delta", path: ["delta", "message", "tool_calls", "function", "arguments"] },
    { path: ["tool_call_delta", "parameters"] },
  ],
  eventRole: ({ type }) =>
    EVENTS.includes(type) ? { type, isDelta: DELTAS.includes(type), isLast: LAST.includes(type) } : undefined,
  errorEvent,
  ping: null,
};
