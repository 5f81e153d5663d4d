// An API's answer as a client has it: what the tests of wire vectors look at.
import type { Header } from "@faultwire/http1";
import { type Provider, providerError } from "../../src/index.ts";

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The error of a provider, at one moment and for one request, with its body as JSON beside its bytes. */
export const answerOf =
  (request: { readonly nowMs: number; readonly requestId: string }) =>
  (provider: Provider, error: string, more: { readonly retryAfterSeconds?: number } = {}) => {
    const response = providerError({ provider, error, message: "why", ...request, ...more });
    return { ...response, json: JSON.parse(textOf(response.body)) as unknown };
  };

/** What a client is told of its budget, and how long it is to wait. */
export const limitsOf = (headers: readonly Header[]) =>
  headers.filter(([name]) => /^(?:x-ratelimit|retry-after)/i.test(name));
