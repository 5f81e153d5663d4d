import type { Header, HttpResponse } from "@faultwire/http1";
import { utf8 } from "../text.ts";
import { errorHeaders } from "./error-headers.ts";

/** `text` with the characters that mean something in HTML written as references. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/**
 * What a gateway before an API answers when the API is out of reach: an HTML page under a JSON API's path, with the
 * headers by which the edge is known. Clients that parse every body as JSON break here.
 *
 * @param ray - Stands in the page and in `cf-ray`, cut to 16 characters.
 */
export function gatewayPage(
  status: number,
  title: string,
  ray: string,
  retryAfterSeconds: number | null,
): HttpResponse {
  const id = ray.slice(-16).toLowerCase();
  const body = utf8(
    `<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${status}: ${escapeHtml(title)}</title></head>\n` +
      `<body>\n<h1>${escapeHtml(title)} <small>Error code ${status}</small></h1>\n` +
      `<p>The host did not give a usable answer.</p>\n<p>Ray ID: ${escapeHtml(id)}</p>\n</body>\n</html>\n`,
  );
  const own: readonly Header[] = [
    ["cache-control", "no-store"],
    ["server", "cloudflare"],
    ["cf-ray", `${id}-FRA`],
  ];
  const headers = errorHeaders("text/html; charset=UTF-8", body, own, retryAfterSeconds);
  return { status, headers, body };
}
