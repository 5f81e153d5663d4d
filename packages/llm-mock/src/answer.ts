/** The API without its connections: one whole request in, one answer out. */
import { type ApiError, apiError, invalidRequest } from "./api-error.ts";
import { countInputTokens, messageFor, type Reply } from "./message.ts";
import { eventsOf } from "./message-events.ts";
import { readMessagesRequest } from "./messages-request.ts";
import { modelById, modelsPage } from "./models.ts";

/** A request whose body is all there. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  readonly body: Uint8Array;
}

/** What the API says to a request, before ids and rate limits. */
export type ApiAnswer =
  | ApiError
  | { readonly kind: "json"; readonly body: string; readonly usage?: TokenUse; readonly model?: string }
  | {
      readonly kind: "events";
      readonly events: readonly string[];
      readonly usage: TokenUse;
      readonly model: string;
    };

/** What an answer costs. */
export interface TokenUse {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What answers depend on besides the request. */
export interface AnswerSettings {
  readonly seed: number;
  readonly reply: Reply | undefined;
}

type Handler = (request: ApiRequest, settings: AnswerSettings) => ApiAnswer;

/** Every path with what each of its methods does. */
const routes: readonly { readonly path: RegExp; readonly methods: Readonly<Record<string, Handler>> }[] = [
  { path: /^\/$/, methods: { GET: health, HEAD: health } },
  { path: /^\/v1\/messages$/, methods: { POST: messages } },
  { path: /^\/v1\/messages\/count_tokens$/, methods: { POST: countTokensOf } },
  { path: /^\/v1\/models$/, methods: { GET: listModels } },
  { path: /^\/v1\/models\/[^/]+$/, methods: { GET: oneModel } },
];

/** Answers one request; `allow` holds the methods of a path that was asked with another one. */
export function answerTo(
  request: ApiRequest,
  settings: AnswerSettings,
): { answer: ApiAnswer; allow?: string } {
  const path = pathOf(request);
  const route = routes.find((candidate) => candidate.path.test(path));
  if (!route) return { answer: apiError(404, "not_found_error", "Not Found") };
  const handler = Object.hasOwn(route.methods, request.method) ? route.methods[request.method] : undefined;
  if (!handler)
    return {
      answer: apiError(405, "invalid_request_error", "Method Not Allowed"),
      allow: Object.keys(route.methods).join(", "),
    };
  return { answer: (path === "/" ? undefined : refusal(request)) ?? handler(request, settings) };
}

const pathOf = (request: ApiRequest): string => request.path.split("?", 1)[0] ?? "";

/** What every call of the API needs: a key of any kind, then the version. */
function refusal({ headers }: ApiRequest): ApiError | undefined {
  if (!headers["x-api-key"] && !headers["authorization"])
    return apiError(401, "authentication_error", "x-api-key header is required");
  const version = headers["anthropic-version"];
  if (!version) return invalidRequest("anthropic-version: header is required");
  if (!/^\d{4}-\d{2}-\d{2}$/.test(String(version)))
    return invalidRequest("anthropic-version: Input should be a date such as 2026-10-21");
  return undefined;
}

function health(): ApiAnswer {
  return { kind: "json", body: JSON.stringify({ status: "ok", server: "faultwire llm-mock" }) };
}

function messages({ body, headers }: ApiRequest, { seed, reply }: AnswerSettings): ApiAnswer {
  const version = String(headers["anthropic-version"]);
  const request = readMessagesRequest(body, { version, needsMaxTokens: true });
  if (request.kind === "error") return request;
  const message = messageFor(request, reply, [seed, body]);
  const usage = { inputTokens: message.usage.input_tokens, outputTokens: message.usage.output_tokens };
  const { model } = request;
  return request.stream
    ? { kind: "events", events: eventsOf(message), usage, model }
    : { kind: "json", body: JSON.stringify(message), usage, model };
}

function countTokensOf({ body, headers }: ApiRequest): ApiAnswer {
  const version = String(headers["anthropic-version"]);
  const request = readMessagesRequest(body, { version, needsMaxTokens: false });
  if (request.kind === "error") return request;
  const { model } = request;
  return { kind: "json", body: JSON.stringify({ input_tokens: countInputTokens(request) }), model };
}

function listModels(): ApiAnswer {
  return { kind: "json", body: JSON.stringify(modelsPage()) };
}

function oneModel(request: ApiRequest): ApiAnswer {
  const id = pathOf(request).slice("/v1/models/".length);
  const model = modelById(id);
  return model
    ? { kind: "json", body: JSON.stringify(model) }
    : apiError(404, "not_found_error", `model: ${id.slice(0, 100)}`);
}
