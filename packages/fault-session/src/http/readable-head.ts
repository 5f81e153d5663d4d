import { encodeHead, type Header, type RequestHead } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import type { CarrierHooks } from "../carrier.ts";
import { leavesBody, type RequestPlan, readableHeaders, withoutExtensions } from "./request-plan.ts";

/** The head of a request as it goes to the upstream. */
export interface SentHead {
  readonly bytes: Uint8Array;
  /** It asks the upstream to close behind its response, which the client did not. */
  readonly asksToClose: boolean;
}

/** The head of a request whose response is to be read and changed. */
export function readableHead(
  head: RequestHead,
  plan: Extract<RequestPlan, { readonly kind: "change" }>,
  hooks: CarrierHooks | undefined,
): SentHead {
  const { kind } = plan.fault;
  if (kind.startsWith("websocket.")) {
    const isOfMessages = kind === "websocket.drop" || kind === "websocket.duplicate";
    const plain = isOfMessages ? withoutExtensions(head.headers) : head.headers;
    return { bytes: withHeaders(head, plain), asksToClose: false };
  }
  if (leavesBody(plan)) return { bytes: head.bytes, asksToClose: false };
  const last = (plan.ends ? hooks?.headersOfLast?.(head) : undefined) ?? head.headers;
  return { bytes: withHeaders(head, readableHeaders(last)), asksToClose: last !== head.headers };
}

const withHeaders = (head: RequestHead, headers: readonly Header[]): Uint8Array =>
  headers === head.headers
    ? head.bytes
    : encodeHead(`${head.method} ${head.target} HTTP/${head.version}`, headers);

const carriageReturn = 0x0d;

/**
 * The head of a request with the header that its carrier adds, if it adds one, at its end. All else stays as it came, whichever way
 * its lines end.
 *
 * @param name - Of the request, in events.
 */
export function marked(head: Uint8Array, name: string | null, hooks: CarrierHooks | undefined): Uint8Array {
  const mark = name === null ? undefined : hooks?.markFor?.(name);
  if (!mark) return head;
  const end = head.length - (head.at(-2) === carriageReturn ? 2 : 1);
  const line = new TextEncoder().encode(`${mark[0]}: ${mark[1]}\r\n`);
  return joinBytes([head.subarray(0, end), line, head.subarray(end)]);
}
