/** What a request's own headers say of it: who sends it, and which operation it belongs to. */
import { type Header, headerValue } from "@faultwire/http1";
import { drawKey } from "../draw.ts";
import { keyScope } from "../rules/facts.ts";
import { maskKeys } from "./mask-secrets.ts";
import { outcomeLimits, readTraceparent } from "./outcome.ts";

/** Each is left out where the request does not say it. */
export interface RequestHints {
  /** The program's own name: printable ASCII, 120 characters at the most. */
  readonly userAgent?: string | undefined;
  /**
   * What the SDKs of Anthropic and OpenAI say besides it in `x-stainless-package-version`, `x-stainless-runtime` and
   * `x-stainless-runtime-version`, such as `1.14.0 node/v24.1.0`.
   */
  readonly sdk?: string | undefined;
  /** From `x-faultwire-operation`: the same for all requests of one operation. */
  readonly operation?: string | undefined;
  /**
   * From `x-stainless-retry-count`, which those SDKs send: 0 for the first request of a call, n for its n-th retry. Or from
   * `grpc-previous-rpc-attempts`, which gRPC's libraries send with retries alone (gRFC A6).
   */
  readonly retryCount?: number | undefined;
  /** Stands for `idempotency-key`, which may be a secret, without giving it away. */
  readonly idempotency?: string | undefined;
  /**
   * Tells API keys apart: 4 hex digits of a digest. One other key in 65 536 has the same, so that no key is found by trying.
   */
  readonly keyDigest?: string | undefined;
  /** From `traceparent` (W3C Trace Context section 3.2): the trace, which may hold many operations. */
  readonly trace?: string | undefined;
  /** From `traceparent`: the span. The SDKs send one span for all requests of a call; other tracing makes one for each. */
  readonly span?: string | undefined;
}

/** Characters of a program's name, and of a version. A hostile client could fill the log otherwise. */
const maxAgentLength = 120;

/** Hex digits. A password that is easily guessed could be found by a longer digest. */
const keyDigestLength = 4;

/**
 * Reads what headers say of a request. Holds no secret: whatever looks like a key is masked.
 *
 * @example
 * ```ts
 * requestHints([["user-agent", "Anthropic/JS 1.14.0"], ["x-stainless-retry-count", "1"]]);
 * // { userAgent: "Anthropic/JS 1.14.0", retryCount: 1 }
 * ```
 */
export function requestHints(headers: readonly Header[]): RequestHints {
  const said = (name: string): string => printable(headerValue(headers, name), maxAgentLength);
  const userAgent = said("user-agent");
  const runtime = [said("x-stainless-runtime"), said("x-stainless-runtime-version")]
    .filter(Boolean)
    .join("/");
  const sdk = [said("x-stainless-package-version"), runtime].filter(Boolean).join(" ");
  const operation = printable(headerValue(headers, "x-faultwire-operation"), outcomeLimits.maxNameLength);
  const counted =
    headerValue(headers, "x-stainless-retry-count") ?? headerValue(headers, "grpc-previous-rpc-attempts");
  const retries = counted?.trim() ?? "";
  const idempotency = headerValue(headers, "idempotency-key");
  const keyDigest = keyScope(headers).slice(0, keyDigestLength);
  const traced = readTraceparent(headerValue(headers, "traceparent") ?? "");
  return {
    ...(userAgent !== "" && { userAgent }),
    ...(sdk !== "" && { sdk }),
    ...(operation !== "" && { operation }),
    ...(/^[0-9]{1,4}$/.test(retries) && { retryCount: Number(retries) }),
    ...(idempotency !== undefined && { idempotency: digestOf(idempotency) }),
    ...(keyDigest !== "" && { keyDigest }),
    ...traced,
  };
}

/** The ids that APIs give their responses; the first that is there counts. */
const requestIdHeaders = ["request-id", "x-request-id", "x-amzn-requestid", "apim-request-id"] as const;

/** The id that an API gave a response; `undefined` without one. */
export function responseRequestId(headers: readonly Header[]): string | undefined {
  for (const name of requestIdHeaders) {
    const id = printable(headerValue(headers, name), outcomeLimits.maxNameLength);
    if (id !== "") return id;
  }
  return undefined;
}

/** A header's text as it fits into one line of a log. Masked before it is cut: a part of a key looks like none. */
function printable(text: string | undefined, maxLength: number): string {
  if (text === undefined) return "";
  const oneLine = text.slice(0, 4 * maxLength).replaceAll(/[^\x20-\x7e]+/g, " ");
  return maskKeys(oneLine.trim()).slice(0, maxLength).trim();
}

function digestOf(secret: string): string {
  const { high, low } = drawKey("idempotency-key", secret);
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
