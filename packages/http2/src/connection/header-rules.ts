/** What a header section has to be like (RFC 9113 section 8). */
import type { Header } from "@faultwire/http1";

/** Which section of a message it is. */
export type SectionKind = "request" | "interim" | "response" | "trailers";

/** Names of HTTP/1.1's connection management, which no message of HTTP/2 has (RFC 9113 section 8.2.2). */
export const connectionSpecific: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

const requestFields: ReadonlySet<string> = new Set([
  ":method",
  ":scheme",
  ":authority",
  ":path",
  ":protocol",
]);

/**
 * The value of a pseudo-header field or any other; names in lower case.
 *
 * @example
 * ```ts
 * fieldValue([[":status", "200"]], ":status"); // "200"
 * ```
 */
export function fieldValue(fields: readonly Header[], name: string): string | undefined {
  for (const [found, value] of fields) if (found === name) return value;
  return undefined;
}

/** Whether a name has characters that must not be there: controls, blanks, capitals, bytes beyond ASCII, a colon within. */
function isBadName(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code <= 0x20 || code >= 0x7f || (code >= 0x41 && code <= 0x5a) || (code === 0x3a && at > 0))
      return true;
  }
  return name === "";
}

/** Whether a value has a NUL or a line end in it, or a blank around it (RFC 9113 section 8.2.1). */
function isBadValue(value: string): boolean {
  return /[\0\r\n]|^[ \t]|[ \t]$/.test(value);
}

/**
 * What is wrong with a section, in words; `undefined` where nothing is.
 *
 * @example
 * ```ts
 * sectionFault("request", [[":method", "GET"]]); // says which pseudo-header field is missing
 * ```
 */
export function sectionFault(kind: SectionKind, fields: readonly Header[]): string | undefined {
  const pseudo = new Map<string, string>();
  let isBehind = false;
  for (const [name, value] of fields) {
    if (isBadName(name)) return "a field's name that HTTP/2 does not allow";
    if (isBadValue(value)) return `a value of ${name} that HTTP/2 does not allow`;
    if (name.startsWith(":")) {
      if (isBehind) return `${name} behind other fields`;
      if (pseudo.has(name)) return `${name} twice`;
      pseudo.set(name, value);
      continue;
    }
    isBehind = true;
    if (connectionSpecific.has(name)) return `${name}, which is HTTP/1.1's`;
    if (name === "te" && value !== "trailers") return "te with another value than trailers";
  }
  return pseudoFault(kind, pseudo);
}

function pseudoFault(kind: SectionKind, pseudo: ReadonlyMap<string, string>): string | undefined {
  if (kind === "trailers") return pseudo.size === 0 ? undefined : "pseudo-header fields in trailers";
  if (kind !== "request") {
    const status = pseudo.get(":status");
    if (status === undefined) return "no :status";
    if (pseudo.size > 1) return "other pseudo-header fields than :status in a response";
    return /^[1-9][0-9]{2}$/.test(status) ? undefined : "a :status that is no number of three digits";
  }
  for (const name of pseudo.keys()) if (!requestFields.has(name)) return `${name} in a request`;
  const method = pseudo.get(":method");
  if (!method) return "no :method";
  if (method === "CONNECT" && !pseudo.has(":protocol")) {
    if (pseudo.has(":scheme") || pseudo.has(":path")) return "CONNECT with :scheme or :path";
    return pseudo.get(":authority") ? undefined : "CONNECT without :authority";
  }
  if (!pseudo.get(":scheme")) return "no :scheme";
  return pseudo.get(":path") ? undefined : "no :path, or an empty one";
}
