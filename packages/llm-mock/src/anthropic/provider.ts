/** Anthropic's API: messages, token counts, models, batches, files. */
import { requestId } from "@faultwire/fault-engine";
import { anthropicErrorBody } from "@faultwire/fault-engine/internal";
import { type ApiAnswer, type Call, json } from "../api.ts";
import { type ApiError, apiError, isApiError } from "../api-error.ts";
import { derivedUuid } from "../ids.ts";
import { headerOf, hostOf, type MockProvider, type ProviderMaker } from "../provider.ts";
import { anthropicHeaders, RateLimitMeter } from "../rate-limit-meter.ts";
import { answerCount, answerMessages, messageFor } from "./answer.ts";
import { batchRoutes } from "./batches.ts";
import { invalidRequest, notFound } from "./errors.ts";
import { fileRoutes } from "./files.ts";
import type { MessagesRules } from "./messages-request.ts";
import { modelById, modelsPage } from "./models.ts";

/** Anthropic's own API. */
export const anthropic: ProviderMaker = (world): MockProvider => {
  const { seed } = world;
  const organization = derivedUuid("org", seed);
  const meter = new RateLimitMeter();
  const answerItem = (body: Uint8Array) => {
    const rules = { version: "2023-06-01", asksForAnswer: true, hasBetas: false };
    const answered = messageFor(body, rules, world);
    return isApiError(answered) ? { error: answered } : { message: answered.message };
  };
  return {
    name: "anthropic",
    claims: (request, path) =>
      path.startsWith("/v1/messages") ||
      headerOf(request, "anthropic-version") !== undefined ||
      headerOf(request, "x-api-key") !== undefined ||
      /(?:^|\.)anthropic\.com$/.test(hostOf(request)),
    requestId: (count) => requestId("anthropic", seed, count),
    headers: (id) => [
      ["request-id", id],
      ["anthropic-organization-id", organization],
    ],
    routes: [
      {
        path: /^\/v1\/messages$/,
        methods: { POST: (call) => answerMessages(call.request.body, rulesOf(call), world) },
      },
      {
        path: /^\/v1\/messages\/count_tokens$/,
        methods: { POST: (call) => answerCount(call.request.body, rulesOf(call)) },
      },
      ...batchRoutes(world, answerItem),
      { path: /^\/v1\/models$/, methods: { GET: ({ query }) => json(modelsPage(query)) } },
      { path: /^\/v1\/models\/([^/]+)$/, methods: { GET: oneModel } },
      ...fileRoutes(world),
    ],
    refuse,
    failure: (status, message) => apiError(status, errorTypeOf(status), message),
    errorAnswer: ({ status, type, message }, { requestId: id }) => ({
      kind: "whole",
      status,
      body: anthropicErrorBody(type, message, id),
    }),
    rateLimit: (nowMs, use) => anthropicHeaders(meter.count(nowMs, use)),
  };
};

/** What a call of this API is held against. */
const rulesOf = ({ request, query }: Call): MessagesRules => ({
  version: headerOf(request, "anthropic-version") ?? "",
  asksForAnswer: true,
  hasBetas: headerOf(request, "anthropic-beta") !== undefined || query.get("beta") === "true",
});

/** What every call of the API needs: a key of any kind, then the version. */
function refuse({ request }: Call): ApiError | undefined {
  if (!headerOf(request, "x-api-key") && !headerOf(request, "authorization"))
    return apiError(401, "authentication_error", "x-api-key header is required");
  const version = headerOf(request, "anthropic-version");
  if (!version) return invalidRequest("anthropic-version: header is required");
  if (!/^\d{4}-\d{2}-\d{2}$/.test(version))
    return invalidRequest("anthropic-version: Input should be a date such as 2026-10-21");
  return undefined;
}

function oneModel({ params }: Call): ApiAnswer {
  const id = params[0] ?? "";
  const model = modelById(id);
  return model ? json(model) : notFound(`model: ${id.slice(0, 100)}`);
}

function errorTypeOf(status: number): string {
  if (status === 404) return "not_found_error";
  if (status === 413) return "request_too_large";
  return status >= 500 ? "api_error" : "invalid_request_error";
}
