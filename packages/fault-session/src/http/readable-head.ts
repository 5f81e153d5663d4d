import { encodeHead, type RequestHead } from "@faultwire/http1";
import type { CarrierHooks } from "../carrier.ts";
import { leavesBody, type RequestPlan, readableHeaders, withoutExtensions } from "./request-plan.ts";

/** The head of a request whose response is to be read and changed, as bytes. */
export function readableHead(
  head: RequestHead,
  plan: Extract<RequestPlan, { readonly kind: "change" }>,
  hooks: CarrierHooks | undefined,
): Uint8Array {
  const { kind } = plan.fault;
  if (kind.startsWith("websocket.")) {
    const isOfMessages = kind === "websocket.drop" || kind === "websocket.duplicate";
    const plain = isOfMessages ? withoutExtensions(head.headers) : head.headers;
    return plain === head.headers
      ? head.bytes
      : encodeHead(`${head.method} ${head.target} HTTP/${head.version}`, plain);
  }
  if (leavesBody(plan)) return head.bytes;
  const last = plan.ends ? hooks?.headersOfLast?.(head) : undefined;
  const headers = readableHeaders(last ?? head.headers);
  if (headers === head.headers) return head.bytes;
  return encodeHead(`${head.method} ${head.target} HTTP/${head.version}`, headers);
}
