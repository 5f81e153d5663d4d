import { drawFrom, drawKey } from "../draw.ts";
import { PROVIDERS } from "./provider-table.ts";
import type { Provider } from "./request-table.ts";

/**
 * A request id in the provider's style (`req_01…` for Anthropic, `req_` and 32 hex digits for OpenAI, 16 URL-safe
 * characters for Gemini), derived from `seed` and `counter` alone: the same arguments give the same id.
 *
 * @param counter - Counts the ids of this seed from 0.
 *
 * @example
 * ```ts
 * requestId("anthropic", 42, 0); // "req_01" and 22 letters and digits
 * ```
 */
export function requestId(provider: Provider, seed: number | string, counter: number): string {
  const key = drawKey(seed, `request-id:${provider}:${counter}`);
  const letters = (count: number, alphabet: string): string => {
    let text = "";
    for (let at = 0; at < count; at++) text += alphabet[Math.floor(drawFrom(key, at) * alphabet.length)];
    return text;
  };
  return PROVIDERS[provider].requestId(letters);
}
