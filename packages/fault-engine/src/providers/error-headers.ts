/** The headers that every error of a provider has, in the order in which they all send them. */
import type { Header } from "@faultwire/http1";

/**
 * @param own - The provider's own, behind the length.
 * @param retryAfterSeconds - Rounded up; none where it is `null` or left out.
 */
export function errorHeaders(
  contentType: string,
  body: Uint8Array,
  own: readonly Header[],
  retryAfterSeconds: number | null | undefined,
): Header[] {
  const headers: Header[] = [["content-type", contentType], ["content-length", String(body.length)], ...own];
  if (retryAfterSeconds != null) headers.push(["retry-after", String(Math.ceil(retryAfterSeconds))]);
  return headers;
}
