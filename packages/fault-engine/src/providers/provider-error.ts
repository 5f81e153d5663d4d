import type { HttpResponse } from "@faultwire/http1";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { ErrorOptions, ErrorPreset } from "./provider-profile.ts";
import { PROVIDERS } from "./provider-table.ts";
import type { Provider } from "./request-table.ts";

/** Which error, and what it is to say. */
export interface ProviderErrorOptions extends ErrorOptions {
  /** Whose form the error has. */
  readonly provider: Provider;
  /** A name of the provider's table (`"rate_limit_error"`), or a status; a status means the first row that has it. */
  readonly error: string | number;
}

/** Every error of every provider, as `<provider>/<name>` names them in rules. */
export const PROVIDER_ERRORS: Readonly<Record<Provider, readonly ErrorPreset[]>> = Object.fromEntries(
  Object.entries(PROVIDERS).map(([name, { errors }]) => [name, errors]),
) as Record<Provider, readonly ErrorPreset[]>;

/** Whether a name is one of a provider. */
export function isProvider(name: string): name is Provider {
  return Object.hasOwn(PROVIDERS, name);
}

/** The row that `error` names, by name or status, or `undefined`. */
export function findErrorPreset(provider: Provider, error: string | number): ErrorPreset | undefined {
  const rows = PROVIDERS[provider].errors;
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
      `${provider} has no error ${JSON.stringify(error)}; expected one of ${PROVIDERS[provider].errors
        .map((row) => `${row.name} (${row.status})`)
        .join(", ")}`,
    );
  return PROVIDERS[provider].error(preset, options);
}

/** 9999-12-31: later moments have no RFC 3339 form. */
const MAX_MOMENT_MS = 253_402_214_400_000;
