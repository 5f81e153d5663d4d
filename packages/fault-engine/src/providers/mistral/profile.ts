import type { Header, HttpResponse } from "@faultwire/http1";
import type { JsonObject } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import { openaiWire } from "../openai/profile.ts";
import { bothWays } from "../openai/rate-limit-headers.ts";
import type { Budget, ErrorOptions, ErrorPreset, ProviderProfile } from "../provider-profile.ts";
import { mistralRequests } from "./requests.ts";

interface MistralError extends ErrorPreset {
  /** The type in the body, where it is not the preset's name. */
  readonly type?: string;
  /** A number, as a text. */
  readonly code: string | null;
}

/** The errors of keys, of addresses and of forms have bodies of their own; those of all others are one object. */
const ERRORS: readonly MistralError[] = [
  { name: "invalid_request_error", status: 400, code: null, message: "The request can't be processed." },
  {
    name: "invalid_request_message_order",
    status: 400,
    code: "3230",
    message: "Expected last role User or Tool for serving but got assistant",
  },
  { name: "invalid_model", status: 400, code: "1500", message: "Invalid model: mistral-none" },
  { name: "unauthorized", status: 401, code: null, message: "Unauthorized" },
  {
    name: "payment_required",
    status: 402,
    type: "invalid_request_error",
    code: null,
    message: "You have no active subscription.",
  },
  {
    name: "forbidden",
    status: 403,
    type: "tier_not_allowed",
    code: "1910",
    message: "This model is not available in your subscription tier",
  },
  { name: "not_found", status: 404, code: null, message: "Not Found" },
  { name: "validation_error", status: 422, code: null, message: "Field required" },
  { name: "rate_limited", status: 429, code: "1300", message: "Rate limit exceeded" },
  {
    name: "service_tier_capacity_exceeded",
    status: 429,
    code: "3505",
    message: "Service tier capacity exceeded for this model.",
  },
  { name: "internal_server_error", status: 500, code: "1000", message: "Service unavailable." },
  { name: "bad_gateway", status: 502, type: "internal_server_error", code: null, message: "Bad gateway" },
  { name: "unreachable_backend", status: 503, code: "1100", message: "Internal server error" },
  {
    name: "gateway_timeout",
    status: 504,
    type: "internal_server_error",
    code: null,
    message: "Gateway timeout",
  },
];

function errorJson({ name, status, type = name, code }: MistralError, message: string): JsonObject {
  if (name === "unauthorized" || name === "not_found") return { detail: message };
  if (name === "validation_error")
    return { detail: [{ type: "missing", loc: ["body", "messages"], msg: message, input: null }] };
  return { object: "error", message, type, param: null, code, raw_status_code: status };
}

const REQUESTS_A_MINUTE = 60;
const TOKENS_A_MINUTE = 50_000;

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const row = ERRORS.find(({ name }) => name === preset.name) ?? ERRORS[0]!;
  const { requestId } = options;
  const body = utf8(JSON.stringify(errorJson(row, options.message ?? preset.message)));
  const isRateLimit = row.name === "rate_limited";
  const wait = options.retryAfterSeconds === undefined ? (isRateLimit ? 5 : null) : options.retryAfterSeconds;
  const own: readonly Header[] = [
    ["mistral-correlation-id", requestId],
    ["x-kong-request-id", requestId],
  ];
  const headers = errorHeaders("application/json", body, own, wait);
  if (isRateLimit)
    headers.push(
      ...limitHeaders(
        { limit: REQUESTS_A_MINUTE, remaining: 0 },
        { limit: TOKENS_A_MINUTE, remaining: TOKENS_A_MINUTE },
      ),
    );
  return { status: row.status, headers, body };
}

type Level = Pick<Budget, "limit" | "remaining">;

/** It does not tell when a budget is whole again. */
function limitHeaders(requests: Level | null, tokens: Level | null): Header[] {
  return Object.entries({ tokens, req: requests }).flatMap(([name, level]): Header[] =>
    level === null
      ? []
      : [
          [`x-ratelimit-limit-${name}-minute`, String(level.limit)],
          [`x-ratelimit-remaining-${name}-minute`, String(level.remaining)],
        ],
  );
}

/** Mistral's API: OpenAI's chats, errors of its own. */
export const mistral: ProviderProfile = {
  ...openaiWire,
  title: "Mistral",
  // Its SDKs take a base URL as an argument, not from the environment.
  baseUrl: null,
  ...mistralRequests,
  errors: ERRORS,
  error,
  requestId: (letters) => [8, 4, 4, 4, 12].map((count) => letters(count, "0123456789abcdef")).join("-"),
  rateLimitHeaders: ({ requests, inputTokens, outputTokens }) =>
    limitHeaders(requests, bothWays(inputTokens, outputTokens)),
  errorEvent: ({ type, message, errorCode }) => {
    const known = ERRORS.find(({ name }) => name === type);
    const code = errorCode ?? known?.code ?? null;
    const data = { object: "error", message, type: known?.type ?? type, param: null, code };
    return { name: null, data: JSON.stringify(data) };
  },
};
