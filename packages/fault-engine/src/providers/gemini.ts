import type { Header, HttpResponse } from "@faultwire/http1";
import { utf8 } from "../text.ts";
import type { ErrorPreset, ProviderErrorOptions } from "./provider-error.ts";

/** Gemini's errors, named by the canonical status that their body states. */
export const GEMINI_ERRORS: readonly ErrorPreset[] = [
  { name: "INVALID_ARGUMENT", status: 400, message: "Request contains an invalid argument." },
  { name: "UNAUTHENTICATED", status: 401, message: "Request had invalid authentication credentials." },
  { name: "PERMISSION_DENIED", status: 403, message: "The caller does not have permission" },
  { name: "NOT_FOUND", status: 404, message: "Requested entity was not found." },
  { name: "RESOURCE_EXHAUSTED", status: 429, message: "Resource has been exhausted (e.g. check quota)." },
  { name: "INTERNAL", status: 500, message: "An internal error has occurred." },
  { name: "UNAVAILABLE", status: 503, message: "The model is overloaded. Please try again later." },
  { name: "DEADLINE_EXCEEDED", status: 504, message: "Deadline expired before operation could complete." },
];

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";

/** The response for one row of {@link GEMINI_ERRORS}. A retry delay stands in the body, as a `RetryInfo` detail. */
export function geminiError(preset: ErrorPreset, options: ProviderErrorOptions): HttpResponse {
  const message = options.message ?? preset.message;
  const isRateLimit = preset.name === "RESOURCE_EXHAUSTED";
  const wanted =
    options.retryAfterSeconds === undefined ? (isRateLimit ? 5 : null) : options.retryAfterSeconds;
  const seconds = wanted === null ? null : Math.ceil(wanted);
  const details = seconds === null ? {} : { details: [{ "@type": RETRY_INFO, retryDelay: `${seconds}s` }] };
  const error = { code: preset.status, message, status: preset.name, ...details };
  const body = utf8(`${JSON.stringify({ error }, undefined, 2)}\n`);
  const headers: Header[] = [
    ["content-type", "application/json; charset=UTF-8"],
    ["content-length", String(body.length)],
  ];
  if (seconds !== null) headers.push(["retry-after", String(seconds)]);
  return { status: preset.status, headers, body };
}
