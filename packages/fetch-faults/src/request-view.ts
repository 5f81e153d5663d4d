/** What is known of a request without touching it, and its body where that can be read and still be sent. */
import type { Header } from "@faultwire/http1";
import { fetchFaultLimits } from "./limits.ts";

/** What `fetch` is called with. */
export type FetchInput = Parameters<typeof globalThis.fetch>[0];
/** The second argument. */
export type FetchInit = Parameters<typeof globalThis.fetch>[1];

/** A body that rules can't see. */
export type UnseenBody = "body-too-large" | "body-not-replayable";

/** A request to be. */
export interface RequestView {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly Header[];
  readonly signal: AbortSignal | undefined;
  /** Gives the body, or why it is not read. Nothing that is sent is used up by it. */
  readonly body: () => Promise<Uint8Array | UnseenBody>;
}

/** @returns `undefined` for what is no request over HTTP, or none at all: that is for fetch itself to say. */
export function viewRequest(input: FetchInput, init: FetchInit): RequestView | undefined {
  const isText = typeof input === "string" || input instanceof URL;
  const request = isText ? undefined : input;
  try {
    const base = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
    const url = new URL(isText ? input : input.url, base);
    if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
    const signal = init?.signal === undefined ? request?.signal : (init.signal ?? undefined);
    return {
      url,
      method: normalMethod(init?.method ?? request?.method ?? "GET"),
      headers: [...new Headers(init?.headers ?? request?.headers)],
      signal,
      body: () => bodyOf(request, init?.body ?? undefined),
    };
  } catch {
    return undefined;
  }
}

/** As fetch does it: these names in capitals, others as they are. */
function normalMethod(method: string): string {
  return /^(?:get|head|post|put|delete|options)$/i.test(method) ? method.toUpperCase() : method;
}

async function bodyOf(request: Request | undefined, body: unknown): Promise<Uint8Array | UnseenBody> {
  if (body === undefined) return request?.body ? readCopy(request) : new Uint8Array(0);
  if (typeof body === "string") return limited(new TextEncoder().encode(body));
  if (body instanceof URLSearchParams) return limited(new TextEncoder().encode(body.toString()));
  if (body instanceof ArrayBuffer) return limited(new Uint8Array(body));
  if (ArrayBuffer.isView(body)) return limited(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof Blob)
    return body.size > fetchFaultLimits.maxReadBodyBytes
      ? "body-too-large"
      : new Uint8Array(await body.arrayBuffer());
  // FormData gets its boundary when it is sent; a stream can be read once.
  return "body-not-replayable";
}

function limited(bytes: Uint8Array): Uint8Array | UnseenBody {
  return bytes.length > fetchFaultLimits.maxReadBodyBytes ? "body-too-large" : bytes;
}

async function readCopy(request: Request): Promise<Uint8Array | UnseenBody> {
  if (request.bodyUsed) return "body-not-replayable";
  const reader = request.clone().body?.getReader();
  if (!reader) return new Uint8Array(0);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > fetchFaultLimits.maxReadBodyBytes) {
      // The other branch goes on; the copy is not waited for, because a branch alone can't cancel the source.
      reader.cancel().catch(() => {});
      return "body-too-large";
    }
    parts.push(value);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
