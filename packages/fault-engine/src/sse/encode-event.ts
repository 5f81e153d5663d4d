import type { StreamFault } from "../faults/stream-faults.ts";
import { PROVIDERS, type Provider } from "../providers/provider-table.ts";
import { utf8 } from "../text.ts";
import { dataLines, readBlock } from "./block.ts";

/** The bytes of an event; each line of `data` (ended by LF, CRLF or CR) gets its own `data:`. */
export function encodeEvent(name: string | null, data: string): Uint8Array {
  return utf8(`${name === null ? "" : `event: ${name}\n`}${dataLines(data).join("\n")}\n\n`);
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
  if (provider === null) return encodeEvent("error", message);
  const { name, data } = PROVIDERS[provider].errorEvent(type, message, requestId);
  return encodeEvent(name, data);
}

type ErrorEventFault = Extract<StreamFault, { readonly kind: "stream.error-event" }>;

/** The event of a `stream.error-event` fault: the provider's own, with what the user gave in its place. */
export function encodeErrorEvent(
  { type, message, data, event }: ErrorEventFault,
  provider: Provider | null,
  requestId: string,
): Uint8Array {
  const kind = type ?? "error";
  const text = message ?? DEFAULT_MESSAGES[kind] ?? "The stream failed";
  const own = errorEvent(provider, kind, text, requestId);
  if (data === null && event === null) return own;
  const read = readBlock(own);
  const name = event === null ? read.name : event === "" ? null : event;
  return encodeEvent(name, data ?? read.data ?? "");
}

const DEFAULT_MESSAGES: Readonly<Record<string, string>> = {
  overloaded_error: "Overloaded",
  api_error: "Internal server error",
  rate_limit_error: "This request would exceed your organization's rate limit.",
  timeout_error: "The request timed out.",
};

/** What keeps a stream awake: the provider's own event, a comment where it has none. */
export function pingEvent(provider: Provider | null): Uint8Array {
  const ping = provider && PROVIDERS[provider].ping;
  return ping ? encodeEvent(ping.name, ping.data) : utf8(": ping\n\n");
}
