import type { Header, HttpResponse } from "@faultwire/http1";
import { isJsonObject, type JsonObject } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import { openai, openaiWire } from "../openai/profile.ts";
import type {
  Budget,
  ErrorOptions,
  ErrorPreset,
  EventText,
  ProviderProfile,
  StreamFailure,
} from "../provider-profile.ts";
import { openrouterRequests } from "./requests.ts";

interface OpenRouterError extends ErrorPreset {
  /** Made by a provider behind OpenRouter, whose words stand in the metadata. */
  readonly isOfProvider?: true;
}

/** Named by OpenRouter's own types of errors. A provider behind it can fail as well as OpenRouter: both have a 429. */
const ERRORS: readonly OpenRouterError[] = [
  { name: "invalid_request", status: 400, message: "Input required: specify prompt or messages" },
  {
    name: "context_length_exceeded",
    status: 400,
    message: "This endpoint's maximum context length is exceeded.",
  },
  { name: "authentication", status: 401, message: "No auth credentials found" },
  {
    name: "payment_required",
    status: 402,
    message: "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
  },
  {
    name: "content_policy_violation",
    status: 403,
    message: "Your chosen model requires moderation and your input was flagged",
  },
  { name: "not_found", status: 404, message: "No endpoints found for this model." },
  { name: "timeout", status: 408, message: "Your request timed out" },
  { name: "payload_too_large", status: 413, message: "The request is too large." },
  { name: "unprocessable", status: 422, message: "The request can't be processed." },
  { name: "rate_limit_exceeded", status: 429, message: "Rate limit exceeded: free-models-per-min." },
  { name: "provider_rate_limited", status: 429, isOfProvider: true, message: "Provider returned error" },
  { name: "server", status: 500, message: "Internal Server Error" },
  { name: "provider_unavailable", status: 502, isOfProvider: true, message: "Provider returned error" },
  {
    name: "no_provider",
    status: 503,
    message: "No available model provider meets your routing requirements",
  },
  { name: "edge_timeout", status: 524, message: "The provider did not answer in time." },
  { name: "provider_overloaded", status: 529, isOfProvider: true, message: "Provider returned error" },
];

/** Types of errors as metadata states them, for presets that are named otherwise. */
const TYPES: Readonly<Record<string, string>> = {
  provider_rate_limited: "rate_limit_exceeded",
  no_provider: "provider_unavailable",
  edge_timeout: "timeout",
};

const REQUESTS_A_MINUTE = 20;
const PROVIDER = "Acme";

/** One limit, of requests, told on refusals alone; the reset is a moment, in milliseconds since 1970 UTC. */
function limitHeaders({ limit, remaining, resetMs }: Budget): Header[] {
  return [
    ["X-RateLimit-Limit", String(limit)],
    ["X-RateLimit-Remaining", String(remaining)],
    ["X-RateLimit-Reset", String(Math.ceil(resetMs))],
  ];
}

function metadataOf({ name, isOfProvider }: OpenRouterError, limits: readonly Header[]): JsonObject {
  if (name === "payment_required") return { limit_source: "openrouter_credits" };
  const metadata: Record<string, unknown> = { error_type: TYPES[name] ?? name };
  if (limits.length > 0) {
    metadata["headers"] = Object.fromEntries(limits);
    metadata["limit_source"] = "openrouter_free_tier_per_minute";
  }
  if (isOfProvider) {
    metadata["raw"] = "The model is temporarily out of reach upstream. Please retry shortly.";
    metadata["provider_name"] = PROVIDER;
  }
  if (name === "content_policy_violation") {
    metadata["reasons"] = ["violence"];
    metadata["flagged_input"] = "…";
    metadata["provider_name"] = PROVIDER;
    metadata["model_slug"] = "faultwire";
  }
  return metadata;
}

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const row = ERRORS.find(({ name }) => name === preset.name) ?? ERRORS[0]!;
  const isLimit = row.name === "rate_limit_exceeded";
  const wait = options.retryAfterSeconds === undefined ? (isLimit ? 5 : null) : options.retryAfterSeconds;
  const resetMs = options.nowMs + Math.ceil(wait ?? 60) * 1000;
  const usual: Budget = { limit: REQUESTS_A_MINUTE, remaining: 0, resetMs };
  // It tells budgets of requests alone.
  const told = options.budgets ? options.budgets.requests : usual;
  const limits = isLimit && told ? limitHeaders(told) : [];
  const message = options.message ?? preset.message;
  const json = { error: { message, code: row.status, metadata: metadataOf(row, limits) } };
  const body = utf8(JSON.stringify(json));
  const own: readonly Header[] = [["x-generation-id", options.requestId], ...limits];
  return { status: row.status, headers: errorHeaders("application/json", body, own, wait), body };
}

/** A chunk that ends every choice with `error`, as the chunks before it name the model and the answer. */
function errorEvent(failure: StreamFailure): EventText {
  if (failure.path.endsWith("/responses")) return openai.errorEvent(failure);
  const { type, message, errorCode, last, requestId } = failure;
  const known = isJsonObject(last) ? last : {};
  const row = ERRORS.find(({ name }) => name === type);
  const data = {
    id: known["id"] ?? requestId,
    object: "chat.completion.chunk",
    created: known["created"] ?? 0,
    model: known["model"] ?? "faultwire",
    error: {
      code: row?.status ?? 502,
      message,
      metadata: { error_type: TYPES[type] ?? type, ...(errorCode !== null && { provider_code: errorCode }) },
    },
    choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
  };
  return { name: null, data: JSON.stringify(data) };
}

/** OpenRouter: OpenAI's chats in front of many providers, errors of its own. */
export const openrouter: ProviderProfile = {
  ...openaiWire,
  title: "OpenRouter",
  baseUrl: { standard: "https://openrouter.ai/api/v1", variable: "OPENROUTER_BASE_URL" },
  ...openrouterRequests,
  errors: ERRORS,
  error,
  requestId: (letters) =>
    `gen-${letters(10, "123456789")}-${letters(20, "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789")}`,
  rateLimitHeaders: () => [],
  errorEvent,
  pingComment: "OPENROUTER PROCESSING",
};
