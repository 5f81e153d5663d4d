import type { Header, HttpResponse } from "@faultwire/http1";
import type { JsonObject } from "../../json-value.ts";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import { openai, openaiWire } from "../openai/profile.ts";
import { bothWays } from "../openai/rate-limit-headers.ts";
import type {
  Budget,
  ErrorOptions,
  ErrorPreset,
  ProviderProfile,
  StreamFailure,
} from "../provider-profile.ts";
import { azureRequests } from "./requests.ts";

/**
 * Who made the body. The gateway before the service (`api-management`) has a form of its own, the service one with a code
 * alone, the model behind it OpenAI's.
 */
type Maker = "service" | "model" | "api-management";

interface AzureError extends ErrorPreset {
  readonly maker: Maker;
  /** What the body says in place of the preset's name. */
  readonly code?: string | null;
  /** Of the model's errors. */
  readonly type?: string | null;
  /** Of the model's errors. */
  readonly param?: string | null;
  /** The wait that is sent unless another is asked for. */
  readonly waitSeconds?: number;
}

const ERRORS: readonly AzureError[] = [
  {
    name: "invalid_request_error",
    status: 400,
    maker: "model",
    type: "invalid_request_error",
    param: "messages",
    code: null,
    message: "Missing required parameter: 'messages'.",
  },
  {
    name: "content_filter",
    status: 400,
    maker: "model",
    type: null,
    param: "prompt",
    message: "The response was filtered because the prompt set off the content management policy.",
  },
  {
    name: "context_length_exceeded",
    status: 400,
    maker: "model",
    type: "invalid_request_error",
    param: "messages",
    message: "This model's maximum context length is 128000 tokens. Your messages are longer than that.",
  },
  {
    name: "access_denied",
    status: 401,
    maker: "service",
    code: "401",
    message: "Access denied: the subscription key is invalid, or the endpoint is not that of the resource.",
  },
  {
    name: "PermissionDenied",
    status: 401,
    maker: "service",
    message: "Principal does not have access to API/Operation.",
  },
  {
    name: "apim_missing_key",
    status: 401,
    maker: "api-management",
    message:
      "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
  },
  { name: "apim_forbidden", status: 403, maker: "api-management", message: "Forbidden" },
  {
    name: "network_rules",
    status: 403,
    maker: "service",
    code: "403",
    message: "Access denied due to Virtual Network/Firewall rules.",
  },
  {
    name: "DeploymentNotFound",
    status: 404,
    maker: "service",
    message: "The API deployment for this resource does not exist.",
  },
  { name: "not_found", status: 404, maker: "service", code: "404", message: "Resource not found" },
  { name: "apim_not_found", status: 404, maker: "api-management", message: "Resource not found" },
  { name: "Timeout", status: 408, maker: "service", message: "The operation was timeout." },
  {
    name: "rate_limit",
    status: 429,
    maker: "service",
    code: "429",
    waitSeconds: 5,
    message: "Your requests have exceeded the token rate limit of the deployment. Please retry later.",
  },
  {
    name: "NoCapacity",
    status: 429,
    maker: "service",
    message: "The system is currently experiencing high demand and cannot process your request.",
  },
  {
    name: "apim_rate_limit",
    status: 429,
    maker: "api-management",
    waitSeconds: 10,
    message: "Rate limit is exceeded.",
  },
  {
    name: "server_error",
    status: 500,
    maker: "model",
    type: "server_error",
    param: null,
    code: null,
    message: "The server had an error while processing your request.",
  },
  {
    name: "InternalServerError",
    status: 500,
    maker: "service",
    message: "Internal server error",
  },
  {
    name: "ServiceUnavailable",
    status: 503,
    maker: "service",
    message: "The service is temporarily unable to process your request. Please try again later.",
  },
];

/** What the content filter found: one category of all that it looks for. */
const FILTERED: JsonObject = {
  code: "ResponsibleAIPolicyViolation",
  content_filter_result: {
    hate: { filtered: false, severity: "safe" },
    jailbreak: { filtered: false, detected: false },
    self_harm: { filtered: false, severity: "safe" },
    sexual: { filtered: false, severity: "safe" },
    violence: { filtered: true, severity: "medium" },
  },
};

function errorJson(
  { name, status, maker, code = name, type, param }: AzureError,
  message: string,
): JsonObject {
  switch (maker) {
    case "service":
      return { error: { code, message } };
    case "api-management":
      return { statusCode: status, message };
    case "model": {
      const more = name === "content_filter" ? { status, innererror: FILTERED } : {};
      return { error: { message, type: type ?? null, param: param ?? null, code, ...more } };
    }
    default:
      return maker satisfies never;
  }
}

/** The limit of API Management says its wait in words, too. */
function messageOf({ name, message }: AzureError, waitSeconds: number | null): string {
  if (name !== "apim_rate_limit" || waitSeconds === null) return message;
  return `${message} Try again in ${Math.ceil(waitSeconds)} seconds.`;
}

const TOKENS_A_MINUTE = 30_000;
const REQUESTS_A_MINUTE = 180;

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const row = ERRORS.find(({ name }) => name === preset.name) ?? ERRORS[0]!;
  const { nowMs } = options;
  const wait =
    options.retryAfterSeconds === undefined ? (row.waitSeconds ?? null) : options.retryAfterSeconds;
  const body = utf8(JSON.stringify(errorJson(row, options.message ?? messageOf(row, wait))));
  const own: readonly Header[] =
    row.maker === "api-management"
      ? []
      : [
          ["apim-request-id", options.requestId],
          ["x-ms-region", "Sweden Central"],
          ["strict-transport-security", "max-age=31536000; includeSubDomains; preload"],
          ["x-content-type-options", "nosniff"],
        ];
  const headers = errorHeaders("application/json", body, own, wait);
  // To the millisecond for those who read it, beside whole seconds for all others.
  if (wait !== null && row.maker !== "api-management")
    headers.push(["retry-after-ms", String(Math.ceil(wait * 1000))]);
  if (preset.name === "rate_limit") {
    headers.push(["policy-id", "DeploymentRatelimit-Token"]);
    const tokens = { limit: TOKENS_A_MINUTE, remaining: 0, resetMs: nowMs + Math.ceil(wait ?? 60) * 1000 };
    const requests = { limit: REQUESTS_A_MINUTE, remaining: REQUESTS_A_MINUTE - 1, resetMs: nowMs };
    headers.push(...limitHeaders(requests, tokens, nowMs));
  }
  return { status: preset.status, headers, body };
}

/** OpenAI's names; resets are whole seconds without a unit. */
function limitHeaders(requests: Budget | null, tokens: Budget | null, nowMs: number): Header[] {
  return Object.entries({ requests, tokens }).flatMap(([name, budget]): Header[] =>
    budget === null
      ? []
      : [
          [`x-ratelimit-limit-${name}`, String(budget.limit)],
          [`x-ratelimit-remaining-${name}`, String(budget.remaining)],
          [`x-ratelimit-reset-${name}`, String(Math.ceil(Math.max(0, budget.resetMs - nowMs) / 1000))],
        ],
  );
}

function errorEvent(failure: StreamFailure): ReturnType<ProviderProfile["errorEvent"]> {
  if (failure.path.includes("/responses")) return openai.errorEvent(failure);
  const { type, message, errorCode } = failure;
  return { name: null, data: JSON.stringify({ error: { code: errorCode ?? type, message } }) };
}

/** OpenAI's models at Azure: OpenAI's requests and answers, errors of Azure's own. */
export const azure: ProviderProfile = {
  ...openaiWire,
  title: "Azure OpenAI",
  // Each resource has a host of its own.
  baseUrl: null,
  ...azureRequests,
  errors: ERRORS,
  error,
  requestId: (letters) => [8, 4, 4, 4, 12].map((count) => letters(count, "0123456789abcdef")).join("-"),
  rateLimitHeaders: ({ requests, inputTokens, outputTokens }, nowMs) =>
    limitHeaders(requests, bothWays(inputTokens, outputTokens), nowMs),
  errorEvent,
};
