import type { Header, HttpResponse } from "@faultwire/http1";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { ErrorAnswer } from "../faults/http-faults.ts";
import { isProvider, providerError } from "../providers/provider-error.ts";
import { utf8 } from "../text.ts";
import { changedHeaders, hasNoContent } from "./response-headers.ts";

/** What an injected response has to know besides the fault. */
export interface FaultResponseContext {
  /** From `requestId`, or the one that the request brought. */
  readonly requestId: string;
  /** Milliseconds since 1970 UTC, for `-reset` headers. */
  readonly nowMs: number;
  /** The value of `x-faultwire`; `null` leaves it out. A decision has it as `marker`. */
  readonly marker: string | null;
}

function presetResponse(answer: ErrorAnswer, preset: string, context: FaultResponseContext): HttpResponse {
  const [provider = "", error = ""] = preset.split("/", 2);
  if (!isProvider(provider))
    throw new FaultEngineError(
      "unknown-preset",
      `${JSON.stringify(preset)} found, <provider>/<error> expected`,
    );
  const { retryAfterSeconds: wanted } = answer;
  return providerError({
    provider,
    error,
    requestId: context.requestId,
    nowMs: context.nowMs,
    ...(answer.message === null ? {} : { message: answer.message }),
    ...(wanted === null ? {} : { retryAfterSeconds: wanted === "none" ? null : wanted }),
  });
}

/** An answer without a preset: what the user wrote, as JSON where it looks so. */
function ownResponse(answer: ErrorAnswer): HttpResponse {
  const { retryAfterSeconds, status } = answer;
  const retryAfter: Header[] =
    typeof retryAfterSeconds === "number" ? [["retry-after", String(Math.ceil(retryAfterSeconds))]] : [];
  if (status !== null && hasNoContent(status))
    return { status, headers: retryAfter, body: new Uint8Array(0) };
  const text = answer.body ?? JSON.stringify({ error: { message: answer.message ?? "injected failure" } });
  const type = /^\s*[{[]/.test(text) ? "application/json" : "text/plain; charset=utf-8";
  return { status: status ?? 500, headers: [["content-type", type], ...retryAfter], body: utf8(text) };
}

/**
 * The response of an `http.error` fault: the preset's, with the user's changes laid over it; or the user's own. Its
 * `content-length` is the body's. A status that has no content (204, 205, 304) goes without.
 *
 * @throws FaultEngineError `unknown-preset` for a preset that no provider has.
 *
 * @example
 * ```ts
 * if (fault.kind === "http.error")
 *   socket.write(encodeResponse(faultResponse(fault.answer, { requestId: "req_1", nowMs, marker: decision.marker }), { method }));
 * ```
 */
export function faultResponse(answer: ErrorAnswer, context: FaultResponseContext): HttpResponse {
  const base = answer.preset === null ? ownResponse(answer) : presetResponse(answer, answer.preset, context);
  const body = answer.body === null || answer.preset === null ? base.body : utf8(answer.body);
  const status = answer.status ?? base.status;
  const marked: Header[] = context.marker === null ? [] : [["x-faultwire", context.marker]];
  const { addedHeaders: add = [], removedHeaders: remove = [] } = answer;
  const replace = [...answer.headers, ...marked];
  const headers = changedHeaders(base.headers, { add, replace, remove }).filter(
    ([name]) => name.toLowerCase() !== "content-length",
  );
  if (status !== 204 && status !== 304) headers.push(["content-length", String(body.length)]);
  return { status, headers, body };
}
