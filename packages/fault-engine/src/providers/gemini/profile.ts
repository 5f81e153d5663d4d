import type { HttpResponse } from "@faultwire/http1";
import { isJsonObject, type JsonObject, jsonMember, jsonObjects } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import {
  type AnswerChange,
  type ChangedAnswer,
  changedList,
  type ErrorOptions,
  type ErrorPreset,
  type EventRole,
  type ProviderProfile,
  type ReadEvent,
} from "../provider-profile.ts";

/** Named by the canonical status that their body states. */
const ERRORS: readonly ErrorPreset[] = [
  { name: "INVALID_ARGUMENT", status: 400, message: "Request contains an invalid argument." },
  { name: "UNAUTHENTICATED", status: 401, message: "Request had invalid authentication credentials." },
  { name: "PERMISSION_DENIED", status: 403, message: "The caller does not have permission" },
  { name: "NOT_FOUND", status: 404, message: "Requested entity was not found." },
  { name: "RESOURCE_EXHAUSTED", status: 429, message: "Resource has been exhausted (e.g. check quota)." },
  { name: "INTERNAL", status: 500, message: "An internal error has occurred." },
  { name: "UNAVAILABLE", status: 503, message: "The model is overloaded. Please try again later." },
  { name: "DEADLINE_EXCEEDED", status: 504, message: "Deadline expired before operation could complete." },
];

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/** A retry delay stands in the body, as a `RetryInfo` detail. */
function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const message = options.message ?? preset.message;
  const isRateLimit = preset.name === "RESOURCE_EXHAUSTED";
  const wanted =
    options.retryAfterSeconds === undefined ? (isRateLimit ? 5 : null) : options.retryAfterSeconds;
  const seconds = wanted === null ? null : Math.ceil(wanted);
  const details = seconds === null ? {} : { details: [{ "@type": RETRY_INFO, retryDelay: `${seconds}s` }] };
  const error = { code: preset.status, message, status: preset.name, ...details };
  const body = utf8(`${JSON.stringify({ error }, undefined, 2)}\n`);
  const headers = errorHeaders("application/json; charset=UTF-8", body, [], seconds);
  return { status: preset.status, headers, body };
}

function eventRole({ json }: ReadEvent): EventRole | undefined {
  const candidates = jsonMember(json, "candidates");
  if (!Array.isArray(candidates)) return undefined;
  const isDelta = jsonMember(candidates[0], "content") !== undefined;
  const isLast = jsonMember(candidates[0], "finishReason") !== undefined;
  return { type: "message", isDelta, isLast };
}

function changeCandidate(candidate: JsonObject, { fault, garbled }: AnswerChange): JsonObject {
  const content = candidate["content"];
  switch (fault.kind) {
    case "model.stop-reason":
      return candidate["finishReason"] === undefined
        ? candidate
        : { ...candidate, finishReason: fault.reason };
    case "model.empty-content":
      return isJsonObject(content) ? { ...candidate, content: { ...content, parts: [] } } : candidate;
    case "model.garble-tool-input": {
      const parts = isJsonObject(content) ? jsonObjects(content["parts"]) : [];
      if (!isJsonObject(content) || !parts.some((part) => isJsonObject(part["functionCall"])))
        return candidate;
      const next = parts.map((part) =>
        isJsonObject(part["functionCall"])
          ? { ...part, functionCall: { ...part["functionCall"], args: garbled } }
          : part,
      );
      return { ...candidate, content: { ...content, parts: next } };
    }
    case "model.fallback":
      return candidate;
    default:
      return fault satisfies never;
  }
}

function changeAnswer(json: JsonObject, change: AnswerChange): ChangedAnswer | undefined {
  if (!Array.isArray(json["candidates"])) return undefined;
  return changedList(json, "candidates", jsonObjects(json["candidates"]), (candidate) =>
    changeCandidate(candidate, change),
  );
}

/** Google's Gemini API. */
export const gemini: ProviderProfile = {
  title: "Gemini",
  baseUrl: {
    standard: "https://generativelanguage.googleapis.com",
    variable: "GOOGLE_GEMINI_BASE_URL",
  },
  isFor: ({ path }) => /\/v1(?:alpha|beta)?\/(?:[^/]+\/)*models\/[^/:]+:[A-Za-z]+$/.test(path),
  readPath: (path) => {
    const model = /\/models\/([^/:]+):[A-Za-z]+$/.exec(path)?.[1];
    return model === undefined ? undefined : { model, stream: path.endsWith(":streamGenerateContent") };
  },
  keyHeaders: ["x-goog-api-key"],
  errors: ERRORS,
  error,
  requestId: (letters) => letters(16, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz-_"),
  rateLimitHeaders: () => [],
  goodAnswer: (_requestId, text) => ({
    candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason: "STOP", index: 0 }],
  }),
  usage: [{ path: ["usageMetadata"], input: "promptTokenCount", output: "candidatesTokenCount" }],
  changeAnswer,
  eventRole,
  formats: ["sse", "json-array"],
  jsonStream: (path, query) =>
    path.endsWith(":streamGenerateContent") && !/(?:^|&)(?:alt|\$alt|%24alt)=sse(?:&|$)/.test(query)
      ? "json-array"
      : undefined,
  toolInputs: [],
  errorEvent: ({ type, message }) => {
    const code = ERRORS.find(({ name }) => name === type)?.status ?? 503;
    return { name: null, data: JSON.stringify({ error: { code, message, status: type } }) };
  },
  ping: null,
};
