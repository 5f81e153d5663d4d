import type { HttpResponse } from "@faultwire/http1";
import { FaultEngineError } from "../fault-engine-error.ts";
import { ANTHROPIC_ERRORS, anthropicError } from "./anthropic.ts";
import { GEMINI_ERRORS, geminiError } from "./gemini.ts";
import { OPENAI_ERRORS, openaiError } from "./openai.ts";

/** The APIs whose errors are known. */
export type Provider = "anthropic" | "openai" | "gemini";

/** One row of a provider's table of errors. */
export interface ErrorPreset {
  /** The name in `<provider>/<name>`; mostly the error type that the body states. */
  readonly name: string;
  readonly status: number;
  /** What the body says where no other message is given. */
  readonly message: string;
}

/** Which error, and what it is to say. */
export interface ProviderErrorOptions {
  readonly provider: Provider;
  /** A name of the provider's table (`"rate_limit_error"`), or a status; a status means the first row that has it. */
  readonly error: string | number;
  /** In the provider's style, from {@link requestId} or from the caller. */
  readonly requestId: string;
  /** Milliseconds since 1970 UTC; what `-reset` headers count from. */
  readonly nowMs: number;
  /** Replaces the preset's message. */
  readonly message?: string;
  /**
   * Seconds for `retry-after`, rounded up to whole ones; `null` sends none. Where it is left out, the presets for
   * used-up rate limits send 5 and all others none.
   */
  readonly retryAfterSeconds?: number | null;
  /** For `anthropic-organization-id`; a fixed, invented one by default. */
  readonly organizationId?: string;
}

/** Every error of every provider, as `<provider>/<name>` names them in rules. */
export const PROVIDER_ERRORS: Readonly<Record<Provider, readonly ErrorPreset[]>> = {
  anthropic: ANTHROPIC_ERRORS,
  openai: OPENAI_ERRORS,
  gemini: GEMINI_ERRORS,
};

/** The row that `error` names, by name or status, or `undefined`. */
export function findErrorPreset(provider: Provider, error: string | number): ErrorPreset | undefined {
  const rows = PROVIDER_ERRORS[provider];
  return rows.find((row) => (typeof error === "string" ? row.name === error : row.status === error));
}

/**
 * A provider's own error response, consistent inside: id in body and header, rate-limit headers, `retry-after` and
 * reset times agree. Headers `content-type` and `content-length` included, `date` not.
 *
 * Sources: the providers' public documentation of their errors and rate limits, as summed up in this package's README.
 *
 * @throws FaultEngineError `unknown-preset` where the provider has no such error, `invalid-argument` for a
 * retry-after or moment that is not a finite, non-negative number.
 *
 * @example
 * ```ts
 * const { status, headers, body } = providerError({
 *   provider: "anthropic",
 *   error: "overloaded_error",
 *   requestId: requestId("anthropic", 42, 0),
 *   nowMs: 1_800_000_000_000,
 * });
 * ```
 */
export function providerError(options: ProviderErrorOptions): HttpResponse {
  const { provider, error, nowMs, retryAfterSeconds } = options;
  for (const [name, value] of Object.entries({ nowMs, retryAfterSeconds: retryAfterSeconds ?? 0 }))
    if (!Number.isFinite(value) || value < 0 || value > MAX_MOMENT_MS)
      throw new FaultEngineError(
        "invalid-argument",
        `${name} is ${value}; a finite, non-negative number expected`,
      );
  const preset = findErrorPreset(provider, error);
  if (preset === undefined)
    throw new FaultEngineError(
      "unknown-preset",
      `${provider} has no error ${JSON.stringify(error)}; expected one of ${PROVIDER_ERRORS[provider]
        .map((row) => `${row.name} (${row.status})`)
        .join(", ")}`,
    );
  switch (provider) {
    case "anthropic":
      return anthropicError(preset, options);
    case "openai":
      return openaiError(preset, options);
    case "gemini":
      return geminiError(preset, options);
    default:
      return provider satisfies never;
  }
}

/** 9999-12-31: later moments have no RFC 3339 form. */
const MAX_MOMENT_MS = 253_402_214_400_000;
