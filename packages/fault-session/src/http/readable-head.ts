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

/** Bytes of a request's head with one more header at its end. All else stays as it came, whichever way its lines end. */
export function withHeader(head: Uint8Array, [name, value]: Header): Uint8Array {
  const end = head.length - (head.at(-2) === carriageReturn ? 2 : 1);
  const line = new TextEncoder().encode(`${name}: ${value}\r\n`);
  return joinBytes([head.subarray(0, end), line, head.subarray(end)]);
}
