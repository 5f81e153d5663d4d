/** What a response's `content-encoding` says, and what else its head says of the bytes that it was made to. */
import type { ContentCoding, ContentCodings } from "@faultwire/fault-engine";
import { type Header, headerTokens } from "@faultwire/http1";

/** The codings of a body in their order (RFC 9110 section 8.4): `identity` says that there is none, though it should not stand there. */
function codingsOf(headers: readonly Header[]): readonly string[] {
  return headerTokens(headers, "content-encoding").filter((coding) => coding !== "identity");
}

/** Whether a body is coded. */
export function hasContentCoding(headers: readonly Header[]): boolean {
  return codingsOf(headers).length > 0;
}

/** A body's coding, to be undone and done; a text says why that can't be, `null` is for a body without one. */
export function codingOf(
  headers: readonly Header[],
  codings: ContentCodings | null | undefined,
): ContentCoding | string | null {
  const names = codingsOf(headers);
  if (names.length === 0) return null;
  return codings?.(names) ?? "the response is compressed";
}

/** Fields that are made from the bytes of a body as it was coded (RFC 9530, RFC 3230, RFC 1864). */
const digests: ReadonlySet<string> = new Set(["content-digest", "repr-digest", "digest", "content-md5"]);

/** What became of a head whose body is coded anew. */
export interface RecodedHead {
  readonly headers: readonly Header[];
  /** Names of fields that are left out, since they would not agree. */
  readonly leftOut: readonly string[];
}

/** The head of a body that is coded anew: its bytes are others, so that no digest of them stays, and no strong validator. */
export function recodedHead(headers: readonly Header[]): RecodedHead {
  const leftOut: string[] = [];
  const kept = headers.flatMap(([name, value]): Header[] => {
    const lower = name.toLowerCase();
    if (digests.has(lower)) {
      leftOut.push(lower);
      return [];
    }
    return [[name, lower === "etag" && value.startsWith('"') ? `W/${value}` : value]];
  });
  const isSame = kept.length === headers.length && kept.every(([, value], at) => value === headers[at]?.[1]);
  return { headers: isSame ? headers : kept, leftOut };
}
