/** A request of our own that costs nothing: it makes an upstream speak that has nothing to say. */
import { encodeHead, headerValue, type RequestHead } from "@faultwire/http1";

export interface QuestionOptions {
  /** The client's request in whose place, or behind which, it is asked. */
  readonly head: RequestHead;
  /** The host, where that request names none. */
  readonly host: string;
  /** Says who asks. */
  readonly userAgent: string;
  /** Whether the upstream is to end the connection with its answer. */
  readonly isLast: boolean;
}

/** The bytes of a `HEAD /`. */
export function encodeQuestion({ head, host, userAgent, isLast }: QuestionOptions): Uint8Array {
  return encodeHead("HEAD / HTTP/1.1", [
    ["Host", headerValue(head.headers, "host") ?? host],
    ["User-Agent", userAgent],
    ["Accept", "*/*"],
    ...(isLast ? [["Connection", "close"] as const] : []),
  ]);
}
