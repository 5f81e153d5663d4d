/** Whom a request names. */
import { type Header, headerValue } from "@faultwire/http1";

/**
 * The `Host` of a request in small letters, without a port that is the scheme's own; `undefined` where it names nobody.
 */
export function authorityOf(headers: readonly Header[], scheme: "http" | "https"): string | undefined {
  const host = headerValue(headers, "host")?.trim().toLowerCase();
  if (!host) return undefined;
  return host.replace(scheme === "https" ? /:443$/ : /:80$/, "");
}
