import type { Header, HttpResponse } from "@faultwire/http1";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import { openai, openaiWire } from "../openai/profile.ts";
import { bothWays, openaiRateLimitHeaders } from "../openai/rate-limit-headers.ts";
import type { ErrorOptions, ErrorPreset, ProviderProfile } from "../provider-profile.ts";
import { litellmRequests } from "./requests.ts";

interface LitellmError extends ErrorPreset {
  /** The type in the body; left out: the one that stands for the status. */
  readonly type?: string;
  /** The wait that is sent unless another is asked for. */
  readonly waitSeconds?: number;
}

/** Named by the gateway's classes of errors, or by the types that it has for keys and budgets. */
const ERRORS: readonly LitellmError[] = [
  { name: "BadRequestError", status: 400, message: "litellm.BadRequestError: invalid request" },
  {
    name: "ContextWindowExceededError",
    status: 400,
    message: "litellm.ContextWindowExceededError: the prompt is too long",
  },
  {
    name: "ContentPolicyViolationError",
    status: 400,
    message: "litellm.ContentPolicyViolationError: the prompt was refused",
  },
  {
    name: "AuthenticationError",
    status: 401,
    message: "litellm.AuthenticationError: the provider refused the gateway's key",
  },
  {
    name: "auth_error",
    status: 401,
    type: "auth_error",
    message: "Authentication Error, LiteLLM Virtual Key expected.",
  },
  { name: "expired_key", status: 401, type: "expired_key", message: "Authentication Error - Expired Key." },
  { name: "PermissionDeniedError", status: 403, message: "litellm.PermissionDeniedError: permission denied" },
  {
    name: "key_model_access_denied",
    status: 403,
    type: "key_model_access_denied",
    message: "key not allowed to access model",
  },
  { name: "NotFoundError", status: 404, message: "litellm.NotFoundError: the model does not exist" },
  { name: "Timeout", status: 408, message: "litellm.Timeout: the request timed out" },
  {
    name: "UnprocessableEntityError",
    status: 422,
    message: "litellm.UnprocessableEntityError: the request can't be processed",
  },
  {
    name: "RateLimitError",
    status: 429,
    type: "throttling_error",
    message: "litellm.RateLimitError: rate limit exceeded",
  },
  {
    name: "no_deployments",
    status: 429,
    waitSeconds: 5,
    message: "No deployments available for selected model, Try again in 5 seconds.",
  },
  { name: "budget_exceeded", status: 429, type: "budget_exceeded", message: "Budget has been exceeded!" },
  { name: "InternalServerError", status: 500, message: "litellm.InternalServerError: internal server error" },
  {
    name: "APIConnectionError",
    status: 500,
    message: "litellm.APIConnectionError: the upstream closed the connection",
  },
  { name: "BadGatewayError", status: 502, message: "litellm.BadGatewayError: bad gateway" },
  {
    name: "ServiceUnavailableError",
    status: 503,
    message: "litellm.ServiceUnavailableError: the model is overloaded",
  },
  {
    name: "no_db_connection",
    status: 503,
    type: "no_db_connection",
    message: "Service Unavailable, no connection to the database.",
  },
];

const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

/** The type that the gateway states where its error carries none. */
const typeOf = (status: number): string =>
  TYPES[status] ?? (status < 500 ? "invalid_request_error" : "internal_server_error");

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const { type = typeOf(preset.status), waitSeconds = null } =
    ERRORS.find(({ name }) => name === preset.name) ?? ERRORS[0]!;
  const message = options.message ?? preset.message;
  // The code is the status, as a text.
  const body = utf8(JSON.stringify({ error: { message, type, param: null, code: String(preset.status) } }));
  const own: readonly Header[] = [
    ["x-litellm-call-id", options.requestId],
    ["x-litellm-version", "1.110.2"],
  ];
  const wait = options.retryAfterSeconds === undefined ? waitSeconds : options.retryAfterSeconds;
  return { status: preset.status, headers: errorHeaders("application/json", body, own, wait), body };
}

/** LiteLLM's gateway, which speaks OpenAI's API in front of all others. */
export const litellm: ProviderProfile = {
  ...openaiWire,
  title: "LiteLLM",
  // Everybody runs it at an address of their own.
  baseUrl: null,
  ...litellmRequests,
  errors: ERRORS,
  error,
  requestId: (letters) => [8, 4, 4, 4, 12].map((count) => letters(count, "0123456789abcdef")).join("-"),
  rateLimitHeaders: ({ requests, inputTokens, outputTokens }, nowMs) =>
    openaiRateLimitHeaders(requests, bothWays(inputTokens, outputTokens), nowMs),
  errorEvent(failure) {
    if (failure.path.endsWith("/responses")) return openai.errorEvent(failure);
    const { type, message, errorCode } = failure;
    const row = ERRORS.find(({ name }) => name === type);
    const code = errorCode ?? String(row?.status ?? 500);
    const error = {
      message,
      type: row === undefined ? type : (row.type ?? typeOf(row.status)),
      param: null,
      code,
    };
    return { name: null, data: JSON.stringify({ error }) };
  },
};
