/** Whom a request names. */
import { type Header, headerValue } from "@faultwire/http1";
import { fieldValue } from "@faultwire/http2";
import type { RecordedRequest } from "./recorded-exchange.ts";

type Scheme = "http" | "https";

/**
 * The `Host` of a request in small letters, without a port that is the scheme's own; `undefined` where it names nobody.
 */
export const authorityOf = (headers: readonly Header[], scheme: Scheme): string | undefined =>
  named(headerValue(headers, "host"), scheme);

function named(host: string | undefined, scheme: Scheme): string | undefined {
  const name = host?.trim().toLowerCase();
  if (!name) return undefined;
  return name.replace(scheme === "https" ? /:443$/ : /:80$/, "");
}

/** A request of HTTP/2. */
export function requestOfSection(
  fields: readonly Header[],
  scheme: Scheme,
  body: Uint8Array,
  host = "",
): RecordedRequest {
  return {
    scheme,
    host: named(fieldValue(fields, ":authority") ?? fieldValue(fields, "host"), scheme) ?? host,
    method: fieldValue(fields, ":method") ?? "",
    target: fieldValue(fields, ":path") ?? "",
    headers: fields,
    body,
  };
}
