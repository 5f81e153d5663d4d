import type { EventText, StreamFailure } from "../providers/provider-profile.ts";
import { PROVIDERS } from "../providers/provider-table.ts";
import type { Provider } from "../providers/request-table.ts";

/** How an API says in mid-stream that it failed, where its units are bare JSON. */
export function plainError(failure: StreamFailure, provider: Provider | null): EventText {
  if (provider !== null) return PROVIDERS[provider].errorEvent(failure);
  return { name: null, data: JSON.stringify({ error: failure.message }) };
}
