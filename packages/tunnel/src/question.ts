/**
 * A request of our own, `OPTIONS /`, which costs nothing: it makes a silent upstream speak. Its answer says by itself where it
 * ends, as all others do. A `HEAD` does not: whether an upstream sends a body to it in error, and when, can't be told
 * (docs/adr/0034).
 */
import { encodeHead, type Header, headerValue, type RequestHead } from "@faultwire/http1";

export interface QuestionOptions {
  /** The client's request. The question goes in its place, or behind it. */
  readonly head: RequestHead;
  /** The host, where that request names none. */
  readonly host: string;
  /** Says who asks. */
  readonly userAgent: string;
  /** Whether the upstream is to end the connection with its answer. */
  readonly isLast: boolean;
}

/** An `OPTIONS /` without a body. */
export function questionHead({ head, host, userAgent, isLast }: QuestionOptions): RequestHead {
  const headers: Header[] = [
    ["Host", headerValue(head.headers, "host") ?? host],
    ["User-Agent", userAgent],
    ["Accept", "*/*"],
  ];
  if (isLast) headers.push(["Connection", "close"]);
  return {
    kind: "head",
    method: "OPTIONS",
    target: "/",
    version: "1.1",
    headers,
    framing: { kind: "none" },
    keepAlive: !isLast,
    bytes: encodeHead("OPTIONS / HTTP/1.1", headers),
  };
}
