import { PROVIDERS } from "../../providers/provider-table.ts";
import type { Provider } from "../../providers/request-table.ts";
import { utf8 } from "../../text.ts";
import { dataLines } from "./block.ts";

/**
 * The bytes of an event; each line of `data` (ended by LF, CRLF or CR) gets its own `data:`.
 *
 * @example
 * ```ts
 * socket.write(encodeEvent("ping", "{}")); // event: ping, data: {}
 * ```
 */
export function encodeEvent(name: string | null, data: string): Uint8Array {
  return utf8(`${name === null ? "" : `event: ${name}\n`}${dataLines(data).join("\n")}\n\n`);
}

/**
 * The event with which an API says in the middle of a stream that it failed.
 *
 * @param provider - `null` for an API that looks like nobody's: an event `error` with the message as its data.
 * @example
 * ```ts
 * socket.write(errorEvent("anthropic", "overloaded_error", "Overloaded", "req_1"));
 * ```
 */
export function errorEvent(
  provider: Provider | null,
  type: string,
  message: string,
  requestId: string,
): Uint8Array {
  if (provider === null) return encodeEvent("error", message);
  const failure = {
    type,
    message,
    requestId,
    errorCode: null,
    name: null,
    path: "",
    first: null,
    last: null,
  };
  const { name, data } = PROVIDERS[provider].errorEvent(failure);
  return encodeEvent(name, data);
}

/**
 * What keeps a stream awake: the provider's own event, a comment where it has none.
 *
 * @example
 * ```ts
 * socket.write(pingEvent("anthropic"));
 * ```
 */
export function pingEvent(provider: Provider | null): Uint8Array {
  const { ping = null, pingComment = "ping" } = provider === null ? {} : PROVIDERS[provider];
  return ping ? encodeEvent(ping.name, ping.data) : utf8(`: ${pingComment}\n\n`);
}
