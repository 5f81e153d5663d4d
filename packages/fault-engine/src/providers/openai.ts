import type { Header, HttpResponse } from "@faultwire/http1";
import { utf8 } from "../text.ts";
import type { ErrorPreset, ProviderErrorOptions } from "./provider-error.ts";

interface OpenaiError extends ErrorPreset {
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
}

const ROWS: readonly OpenaiError[] = [
  {
    name: "invalid_request_error",
    status: 400,
    type: "invalid_request_error",
    param: "messages",
    code: null,
    message: "Missing required parameter: 'messages'.",
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
    name: "insufficient_quota",
    status: 429,
    type: "insufficient_quota",
    param: null,
    code: "insufficient_quota",
    message: "You exceeded your current quota, please check your plan and billing details.",
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

/** OpenAI's errors. `insufficient_quota` is a 429 that no retry mends. */
export const OPENAI_ERRORS: readonly ErrorPreset[] = ROWS;

/** Seconds the way `x-ratelimit-reset-*` writes them: `1s`, `6m0s`, `1h2m3s`. */
export function openaiDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (hours > 0) return `${hours}h${minutes}m${whole % 60}s`;
  return minutes > 0 ? `${minutes}m${whole % 60}s` : `${whole}s`;
}

const REQUESTS_A_MINUTE = 500;
const TOKENS_A_MINUTE = 30_000;

/** The response for one row of {@link OPENAI_ERRORS}. */
export function openaiError(preset: ErrorPreset, options: ProviderErrorOptions): HttpResponse {
  const { type, param, code } = ROWS.find((row) => row.name === preset.name) ?? ROWS[0]!;
  const message = options.message ?? preset.message;
  const body = utf8(JSON.stringify({ error: { message, type, param, code } }));
  const isRateLimit = preset.name === "rate_limit_exceeded";
  const wanted =
    options.retryAfterSeconds === undefined ? (isRateLimit ? 5 : null) : options.retryAfterSeconds;
  const headers: Header[] = [
    ["content-type", "application/json"],
    ["content-length", String(body.length)],
    ["x-request-id", options.requestId],
  ];
  if (wanted !== null) headers.push(["retry-after", String(Math.ceil(wanted))]);
  if (isRateLimit)
    headers.push(
      ["x-ratelimit-limit-requests", String(REQUESTS_A_MINUTE)],
      ["x-ratelimit-limit-tokens", String(TOKENS_A_MINUTE)],
      ["x-ratelimit-remaining-requests", "0"],
      ["x-ratelimit-remaining-tokens", String(TOKENS_A_MINUTE)],
      ["x-ratelimit-reset-requests", openaiDuration(wanted ?? 60)],
      ["x-ratelimit-reset-tokens", "0s"],
    );
  return { status: preset.status, headers, body };
}
