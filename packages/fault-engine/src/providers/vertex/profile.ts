import type { HttpResponse } from "@faultwire/http1";
import { utf8 } from "../../text.ts";
import { anthropic, anthropicErrorBody } from "../anthropic/profile.ts";
import { errorHeaders } from "../error-headers.ts";
import { googleError, googleErrorEvent } from "../gemini/google-error.ts";
import { geminiWire } from "../gemini/profile.ts";
import type {
  ErrorOptions,
  ErrorPreset,
  EventText,
  ProviderProfile,
  StreamFailure,
} from "../provider-profile.ts";
import { vertexRequests } from "./requests.ts";

interface VertexError extends ErrorPreset {
  /** The canonical status in the body, where it is not the preset's name. */
  readonly canonical?: string;
  /** Made by Claude behind Vertex, in Anthropic's form. */
  readonly isOfClaude?: true;
}

/** Named by the canonical status that their body states. A used-up quota names its metric, shared capacity does not; neither says how long. */
const ERRORS: readonly VertexError[] = [
  { name: "INVALID_ARGUMENT", status: 400, message: "Request contains an invalid argument." },
  { name: "FAILED_PRECONDITION", status: 400, message: "The project is not allowed to use this model yet." },
  { name: "UNAUTHENTICATED", status: 401, message: "Request had invalid authentication credentials." },
  { name: "PERMISSION_DENIED", status: 403, message: "Permission 'aiplatform.endpoints.predict' denied." },
  {
    name: "NOT_FOUND",
    status: 404,
    message: "Publisher Model was not found, or your project has no access to it.",
  },
  { name: "RESOURCE_EXHAUSTED", status: 429, message: "Resource exhausted. Please try again later." },
  {
    name: "quota_exceeded",
    status: 429,
    canonical: "RESOURCE_EXHAUSTED",
    message:
      "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: anthropic-claude-sonnet-5.",
  },
  { name: "CANCELLED", status: 499, message: "The operation was cancelled." },
  { name: "INTERNAL", status: 500, message: "Internal error encountered." },
  { name: "UNAVAILABLE", status: 503, message: "The service is currently unavailable." },
  { name: "DEADLINE_EXCEEDED", status: 504, message: "Deadline expired before operation could complete." },
  { name: "overloaded_error", status: 529, isOfClaude: true, message: "Overloaded" },
];

function error(preset: ErrorPreset, options: ErrorOptions): HttpResponse {
  const row = ERRORS.find(({ name }) => name === preset.name) ?? ERRORS[0]!;
  const message = options.message ?? preset.message;
  const { retryAfterSeconds, requestId } = options;
  if (row.isOfClaude) {
    const body = utf8(anthropicErrorBody(row.name, message, requestId));
    const headers = errorHeaders("application/json", body, [["request-id", requestId]], retryAfterSeconds);
    return { status: row.status, headers, body };
  }
  return googleError(row.status, row.canonical ?? row.name, message, {
    retryAfterSeconds,
    usualSeconds: null,
  });
}

/** Claude's streams are Anthropic's. */
function errorEvent(failure: StreamFailure): EventText {
  return /:streamRawPredict$/.test(failure.path)
    ? anthropic.errorEvent(failure)
    : googleErrorEvent(failure.type, failure.message, ERRORS);
}

/** Models at Google's Vertex AI: Gemini as at Gemini's own API, Claude as at Anthropic's, both under Google's errors. */
export const vertex: ProviderProfile = {
  ...geminiWire,
  title: "Vertex AI",
  // Its host names its region, and its path a project.
  baseUrl: null,
  ...vertexRequests,
  errors: ERRORS,
  error,
  rateLimitHeaders: () => [],
  eventRole: (event) => geminiWire.eventRole(event) ?? anthropic.eventRole(event),
  errorEvent,
  ping: null,
};
