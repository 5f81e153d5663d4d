import type { Header } from "./header.ts";
import { headerTokens, headerValues } from "./header.ts";
import type { BodyFraming, HttpVersion, MalformedCode } from "./http-items.ts";

/** What the headers say about the length of a body, before method and status have their word. */
export type DeclaredLength =
  | { readonly kind: "nothing" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "unknown-coding" };

/**
 * Reads Content-Length and Transfer-Encoding (RFC 9112 §6). Anything that two readers could take differently is
 * refused, also where the RFC lets a recipient repair it (equal lengths twice, length beside encoding).
 *
 * @param takesEqual - Takes one length that is said several times (RFC 9110 §8.6).
 */
export function declaredLength(
  headers: readonly Header[],
  version: HttpVersion,
  takesEqual = false,
): DeclaredLength | MalformedCode {
  const said = headerValues(headers, "content-length");
  const lengths = takesEqual ? distinctMembers(said) : said;
  const encodings = headerValues(headers, "transfer-encoding");
  if (lengths.length > 1) return "several-content-lengths";
  if (encodings.length > 0) {
    if (lengths.length > 0) return "length-and-encoding";
    if (version === "1.0") return "bad-transfer-encoding";
    // Some readers take an empty member for the last one, behind which the body lasts until the end.
    if (encodings.some(hasEmptyMember)) return "bad-transfer-encoding";
    const codings = headerTokens(headers, "transfer-encoding");
    const chunked = codings.indexOf("chunked");
    if (codings.length === 0 || codings.some((coding) => /[^a-z0-9-]/.test(coding)))
      return "bad-transfer-encoding";
    if (chunked === -1) return { kind: "unknown-coding" };
    return chunked === codings.length - 1 ? { kind: "chunked" } : "bad-transfer-encoding";
  }
  const [length] = lengths;
  if (length === undefined) return { kind: "nothing" };
  if (length.includes(",")) return "several-content-lengths";
  const bytes = /^[0-9]+$/.test(length) ? Number(length) : Number.NaN;
  return Number.isSafeInteger(bytes) ? { kind: "length", bytes } : "bad-content-length";
}

const hasEmptyMember = (list: string): boolean => /^[\t ]*(?:,|$)|,[\t ]*(?:,|$)/.test(list);

/** The members of comma-separated lists, each once; white space around them does not count. */
function distinctMembers(values: string[]): string[] {
  // One length that is said once needs no list.
  if (values.length === 1 && !values[0]?.includes(",")) return values;
  return [
    ...new Set(
      values.flatMap((value) =>
        value.split(",").map((member) => member.replace(/^[\t ]+|(?<![\t ])[\t ]+$/g, "")),
      ),
    ),
  ];
}

/** The framing of a request (RFC 9112 §6.3, points 3, 4, 6, 7): without a declared length there is no body. */
export function requestFraming(
  headers: readonly Header[],
  version: HttpVersion,
): BodyFraming | MalformedCode {
  const declared = declaredLength(headers, version);
  if (typeof declared === "string") return declared;
  switch (declared.kind) {
    case "nothing":
      return { kind: "none" };
    case "unknown-coding":
      return "bad-transfer-encoding";
    case "length":
    case "chunked":
      return declared;
    default:
      return declared satisfies never;
  }
}

/** The framing of a final response to a request with `method` (RFC 9112 §6.3, points 1, 4, 6, 8). */
export function responseFraming(
  headers: readonly Header[],
  version: HttpVersion,
  status: number,
  method: string,
  takesEqual: boolean,
): BodyFraming | MalformedCode {
  const declared = declaredLength(headers, version, takesEqual);
  if (typeof declared === "string") return declared;
  if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "none" };
  switch (declared.kind) {
    case "nothing":
    case "unknown-coding":
      return { kind: "until-close" };
    case "length":
    case "chunked":
      return declared;
    default:
      return declared satisfies never;
  }
}

/** Whether another message may follow on the connection (RFC 9112 §9.3). */
export function isKeptAlive(headers: readonly Header[], version: HttpVersion): boolean {
  const options = headerTokens(headers, "connection");
  if (options.includes("close")) return false;
  return version === "1.1" || options.includes("keep-alive");
}
