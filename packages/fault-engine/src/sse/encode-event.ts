import { anthropicErrorBody } from "../providers/anthropic.ts";
import type { Provider } from "../providers/provider-error.ts";
import { utf8 } from "../text.ts";

/** The bytes of an event; each line of `data` gets its own `data:`. */
export function encodeEvent(name: string | null, data: string): Uint8Array {
  const lines = data.split("\n").map((line) => `data: ${line}\n`);
  return utf8(`${name === null ? "" : `event: ${name}\n`}${lines.join("")}\n`);
}

/**
 * The event with which an API says in the middle of a stream that it failed.
 *
 * @param provider - `null` for an API that looks like nobody's: an event `error` with the message as its data.
 */
export function errorEvent(
  provider: Provider | null,
  type: string,
  message: string,
  requestId: string,
): Uint8Array {
  switch (provider) {
    case "anthropic":
      return encodeEvent("error", anthropicErrorBody(type, message, requestId));
    case "openai":
      return encodeEvent(null, JSON.stringify({ error: { message, type, param: null, code: type } }));
    case "gemini":
      return encodeEvent(null, JSON.stringify({ error: { code: 503, message, status: type } }));
    case null:
      return encodeEvent("error", message);
    default:
      return provider satisfies never;
  }
}

/** What keeps a stream awake: Anthropic's `ping` event, a comment for everybody else. */
export function pingEvent(provider: Provider | null): Uint8Array {
  return provider === "anthropic" ? encodeEvent("ping", '{"type": "ping"}') : utf8(": ping\n\n");
}
