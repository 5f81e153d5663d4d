import type { Header, HttpResponse } from "@faultwire/http1";
import { utf8 } from "../../text.ts";
import { errorHeaders } from "../error-headers.ts";
import { gatewayPage } from "../gateway-page.ts";
import type { Budget, Budgets, ErrorOptions, ErrorPreset, ProviderProfile } from "../provider-profile.ts";
import { changeAnswer } from "./answers.ts";
import { anthropicRequests } from "./requests.ts";

interface AnthropicError extends ErrorPreset {
  /** The type in the body, where it is not the preset's name. */
  readonly type?: string;
  /** `error.details.error_code`. */
  readonly errorCode?: string;
  /** The `retry-after` that is sent unless another is asked for. */
  readonly waitSeconds?: number;
}

/** An error that the body tells from others of its type by a code. */
const coded = (errorCode: string, status: number, type: string, message: string): AnthropicError => ({
  name: errorCode,
  status,
  type,
  errorCode,
  message,
});

/**
 * Limits on spending are told apart by status and header: a limit that the user has set is a 400, the limit of a usage
 * tier a 429 without `retry-after`, the limit of a workspace a 429 with it. The `cloudflare_…` rows are what the edge
 * says when the API behind it can't be reached: HTML.
 */
const ERRORS: readonly AnthropicError[] = [
  { name: "invalid_request_error", status: 400, message: "messages: at least one message is required" },
  {
    name: "spend_limit",
    status: 400,
    type: "invalid_request_error",
    message: "The spend limit that was set for this account is reached.",
  },
  { name: "authentication_error", status: 401, message: "invalid x-api-key" },
  { name: "billing_error", status: 402, message: "There is a problem with your billing information." },
  { name: "permission_error", status: 403, message: "Your API key has no permission to use this resource." },
  { name: "not_found_error", status: 404, message: "The requested resource could not be found." },
  { name: "conflict_error", status: 409, message: "The resource was changed by another request." },
  { name: "request_too_large", status: 413, message: "Request exceeds the maximum size." },
  {
    name: "rate_limit_error",
    status: 429,
    waitSeconds: 5,
    message: "This request would exceed your organization's rate limit.",
  },
  {
    name: "tier_limit",
    status: 429,
    type: "rate_limit_error",
    message: "This request would exceed the monthly spend of your organization's usage tier.",
  },
  {
    name: "workspace_limit",
    status: 429,
    type: "rate_limit_error",
    waitSeconds: 5,
    message: "This request would exceed your workspace's rate limit.",
  },
  coded("ramp_limit_exceeded", 429, "rate_limit_error", "Your organization's use of the API grows too fast."),
  coded("enforced_spend_limit_reached", 429, "rate_limit_error", "An enforced spend limit is reached."),
  coded(
    "contract_spend_limit_reached",
    429,
    "rate_limit_error",
    "The spend limit of your contract is reached.",
  ),
  { name: "api_error", status: 500, message: "Internal server error" },
  { name: "timeout_error", status: 504, message: "The request timed out." },
  { name: "overloaded_error", status: 529, message: "Overloaded" },
  coded("compaction_unavailable", 529, "overloaded_error", "Compaction is not available at the moment."),
  { name: "cloudflare_502", status: 502, message: "Bad gateway" },
  { name: "cloudflare_503", status: 503, message: "Service temporarily unavailable" },
  { name: "cloudflare_520", status: 520, message: "Web server is returning an unknown error" },
  { name: "cloudflare_522", status: 522, message: "Connection timed out" },
  { name: "cloudflare_524", status: 524, message: "A timeout occurred" },
  coded("cmek_key_unreachable", 503, "api_error", "Your encryption key can't be reached."),
];

/**
 * The body that Anthropic's API sends with an error, and as the data of an `error` event in a stream.
 *
 * @param errorCode - For `error.details.error_code`; without one there are no details.
 */
export function anthropicErrorBody(
  type: string,
  message: string,
  requestId: string,
  errorCode?: string,
): string {
  const details = errorCode === undefined ? {} : { details: { error_code: errorCode } };
  return JSON.stringify({ type: "error", error: { type, message, ...details }, request_id: requestId });
}

/** RFC 3339 in whole seconds, rounded up: a client that waits until then never comes too early. */
function rfc3339(moment: number): string {
  return `${new Date(Math.ceil(moment / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/**
 * The `anthropic-ratelimit-*` headers of the budgets that there are, in the API's order. Remaining tokens are rounded to
 * thousands, never above the limit; `tokens` is the sum of both directions and resets when the later of the two does.
 *
 * @example
 * ```ts
 * const minute = { limit: 50, remaining: 49, resetMs: 1_800_000_001_000 };
 * anthropicRateLimitHeaders({ requests: minute, inputTokens: minute, outputTokens: minute });
 * ```
 */
export function anthropicRateLimitHeaders(budgets: Budgets): Header[] {
  const rounded = (budget: Budget | null): Budget | null =>
    budget && {
      ...budget,
      remaining: Math.min(budget.limit, Math.round(budget.remaining / 1000) * 1000),
    };
  const input = rounded(budgets.inputTokens);
  const output = rounded(budgets.outputTokens);
  const tokens: Budget | null = input &&
    output && {
      limit: input.limit + output.limit,
      remaining: input.remaining + output.remaining,
      resetMs: Math.max(input.resetMs, output.resetMs),
    };
  const named: readonly (readonly [string, Budget | null])[] = [
    ["requests", budgets.requests],
    ["tokens", tokens],
    ["input-tokens", input],
    ["output-tokens", output],
  ];
  return named.flatMap(([name, budget]): Header[] => {
    if (budget === null) return [];
    const { limit, remaining, resetMs } = budget;
    return [
      [`anthropic-ratelimit-${name}-limit`, String(limit)],
      [`anthropic-ratelimit-${name}-remaining`, String(remaining)],
      [`anthropic-ratelimit-${name}-reset`, rfc3339(resetMs)],
    ];
  });
}

const REQUESTS_A_MINUTE = 50;
const INPUT_TOKENS_A_MINUTE = 40_000;
const OUTPUT_TOKENS_A_MINUTE = 8_000;
const ORGANIZATION = "00000000-0000-4000-8000-000000000000";

function error({ name, status, message: usual }: ErrorPreset, options: ErrorOptions): HttpResponse {
  const { requestId, nowMs, message = usual } = options;
  if (name.startsWith("cloudflare_"))
    return gatewayPage(status, message, requestId, options.retryAfterSeconds ?? null);
  const {
    type = name,
    errorCode,
    waitSeconds = null,
  } = ERRORS.find((row) => row.name === name) ?? ERRORS[0]!;
  const body = utf8(anthropicErrorBody(type, message, requestId, errorCode));
  const wanted = options.retryAfterSeconds === undefined ? waitSeconds : options.retryAfterSeconds;
  const retryAfter = wanted === null ? null : Math.ceil(wanted);
  const own: readonly Header[] = [
    ["request-id", requestId],
    ["anthropic-organization-id", options.organizationId ?? ORGANIZATION],
  ];
  const headers = errorHeaders("application/json", body, own, retryAfter);
  if (name === "rate_limit_error") {
    // The requests are used up and come back when retry-after says; the tokens are not what ran out.
    const whole = (limit: number): Budget => ({ limit, remaining: limit, resetMs: nowMs });
    const resetMs = nowMs + (retryAfter ?? 60) * 1000;
    headers.push(
      ...anthropicRateLimitHeaders({
        requests: { limit: REQUESTS_A_MINUTE, remaining: 0, resetMs },
        inputTokens: whole(INPUT_TOKENS_A_MINUTE),
        outputTokens: whole(OUTPUT_TOKENS_A_MINUTE),
      }),
    );
  }
  return { status, headers, body };
}

/** The events of an answer, without `ping` and `error`. */
const EVENTS: readonly string[] = [
  "message_start",
  "content_block_start",
  "content_block_delta",
  "content_block_stop",
  "message_delta",
  "message_stop",
];

/** Anthropic's Messages API. */
export const anthropic: ProviderProfile = {
  title: "Anthropic",
  baseUrl: { standard: "https://api.anthropic.com", variable: "ANTHROPIC_BASE_URL" },
  ...anthropicRequests,
  errors: ERRORS,
  error,
  requestId: (letters) =>
    `req_01${letters(22, "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")}`,
  rateLimitHeaders: anthropicRateLimitHeaders,
  goodAnswer: (requestId, text) => ({
    id: requestId.replace(/^req_/, "msg_"),
    type: "message",
    role: "assistant",
    model: "faultwire",
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 8 },
  }),
  usage: [
    { path: ["usage"], input: "input_tokens", output: "output_tokens" },
    { path: ["message", "usage"], input: "input_tokens", output: "output_tokens" },
  ],
  changeAnswer,
  eventRole: ({ type }) =>
    EVENTS.includes(type)
      ? { type, isDelta: type === "content_block_delta", isLast: type === "message_stop" }
      : undefined,
  wholePaths: /\/messages\/(?:count_tokens|batches)(?:\/|$)/,
  formats: ["sse"],
  toolInputs: [{ path: ["delta", "partial_json"] }],
  errorEvent: ({ type, message, requestId, errorCode }) => ({
    name: "error",
    data: anthropicErrorBody(type, message, requestId, errorCode ?? undefined),
  }),
  ping: { name: "ping", data: '{"type": "ping"}' },
};
