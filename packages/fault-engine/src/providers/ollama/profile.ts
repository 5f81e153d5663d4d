import type { HttpResponse } from "@faultwire/http1";
import { isJsonObject, type JsonObject, jsonMember } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import { garbledCalls } from "../garbled-calls.ts";
import {
  type AnswerChange,
  type ChangedAnswer,
  changed,
  type ErrorOptions,
  type ErrorPreset,
  type EventRole,
  type ProviderProfile,
  SAME,
} from "../provider-profile.ts";
import { ollamaRequests } from "./requests.ts";

const ERRORS: readonly ErrorPreset[] = [
  { name: "bad_request", status: 400, message: "the request body can't be read" },
  { name: "model_not_found", status: 404, message: "the model was not found, try pulling it first" },
  { name: "too_many_requests", status: 429, message: "too many requests" },
  { name: "internal_error", status: 500, message: "the model runner has stopped" },
  { name: "server_busy", status: 503, message: "server busy: too many requests are pending" },
];

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const body = utf8(JSON.stringify({ error: options.message ?? preset.message }));
  const headers = errorHeaders("application/json; charset=utf-8", body, [], options.retryAfterSeconds);
  return { status: preset.status, headers, body };
}

/** Each line holds a piece of a chat's message or of a text, and says whether it is the last. */
function eventRole(json: unknown): EventRole | undefined {
  const done = jsonMember(json, "done");
  if (typeof done !== "boolean") return undefined;
  const message = jsonMember(json, "message");
  const pieces = [
    jsonMember(json, "response"),
    ...["content", "thinking", "tool_calls"].map((key) => jsonMember(message, key)),
  ];
  return { type: "message", isDelta: pieces.some((piece) => (piece ?? "") !== ""), isLast: done };
}

function changeAnswer(json: JsonObject, { fault, garbled }: AnswerChange): ChangedAnswer | undefined {
  if (typeof json["done"] !== "boolean") return undefined;
  const message = json["message"];
  switch (fault.kind) {
    case "model.stop-reason":
      return json["done"] ? changed({ ...json, done_reason: fault.reason }) : SAME;
    case "model.empty-content": {
      if (typeof json["response"] === "string" && json["response"] !== "")
        return changed({ ...json, response: "" });
      if (!isJsonObject(message)) return SAME;
      const { tool_calls: calls, thinking: _thinking, ...rest } = message;
      if ((rest["content"] ?? "") === "" && calls === undefined) return SAME;
      return changed({ ...json, message: { ...rest, content: "" } });
    }
    case "model.garble-tool-input":
      return garbledCalls(json, garbled);
    case "model.fallback":
      return SAME;
    default:
      return fault satisfies never;
  }
}

/** Ollama's own API: chats and texts. */
export const ollama: ProviderProfile = {
  title: "Ollama",
  // It stands on the user's own machine: there is no address that its clients all go to.
  baseUrl: null,
  ...ollamaRequests,
  errors: ERRORS,
  error,
  requestId: (letters) => letters(16, "0123456789abcdef"),
  rateLimitHeaders: () => [],
  goodAnswer: (_requestId, text) => ({
    model: "faultwire",
    created_at: "2026-01-01T00:00:00Z",
    message: { role: "assistant", content: text },
    done: true,
    done_reason: "stop",
    prompt_eval_count: 1,
    eval_count: 8,
  }),
  usage: [{ path: [], input: "prompt_eval_count", output: "eval_count" }],
  changeAnswer,
  wholePaths: /\/api\/embed(?:dings)?$/,
  formats: ["ndjson"],
  toolInputs: [],
  eventRole: ({ json }) => eventRole(json),
  errorEvent: ({ message }) => ({ name: null, data: JSON.stringify({ error: message }) }),
  ping: null,
};
