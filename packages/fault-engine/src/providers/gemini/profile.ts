import type { HttpResponse } from "@faultwire/http1";
import { isJsonObject, type JsonObject, jsonMember, jsonObjects } from "../../json-value.ts";
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
import { googleError, googleErrorEvent } from "./google-error.ts";
import { geminiRequests } from "./requests.ts";

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

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  return googleError(preset.status, preset.name, options.message ?? preset.message, {
    retryAfterSeconds: options.retryAfterSeconds,
    usualSeconds: preset.name === "RESOURCE_EXHAUSTED" ? 5 : null,
  });
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

/** What Google's APIs have in common, wherever Gemini is asked. */
export const geminiWire: Pick<
  ProviderProfile,
  | "requestId"
  | "wholePaths"
  | "goodAnswer"
  | "usage"
  | "changeAnswer"
  | "eventRole"
  | "formats"
  | "jsonStream"
  | "toolInputs"
> = {
  requestId: (letters) => letters(16, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz-_"),
  goodAnswer: (_requestId, text) => ({
    candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason: "STOP", index: 0 }],
  }),
  usage: [{ path: ["usageMetadata"], input: "promptTokenCount", output: "candidatesTokenCount" }],
  changeAnswer,
  eventRole,
  wholePaths: /:(?!stream)[A-Za-z]+$/,
  formats: ["sse", "json-array"],
  jsonStream: (path, query) =>
    path.endsWith(":streamGenerateContent") && !/(?:^|&)(?:alt|\$alt|%24alt)=sse(?:&|$)/.test(query)
      ? "json-array"
      : undefined,
  toolInputs: [],
};

/** Google's Gemini API. */
export const gemini: ProviderProfile = {
  ...geminiWire,
  title: "Gemini",
  baseUrl: {
    standard: "https://generativelanguage.googleapis.com",
    variable: "GOOGLE_GEMINI_BASE_URL",
  },
  ...geminiRequests,
  errors: ERRORS,
  error,
  rateLimitHeaders: () => [],
  errorEvent: ({ type, message }) => googleErrorEvent(type, message, ERRORS),
  ping: null,
};
