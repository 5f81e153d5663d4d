import type { Header, HttpResponse } from "@faultwire/http1";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { ErrorAnswer } from "../faults/fault.ts";
import { PROVIDER_ERRORS, type Provider, providerError } from "../providers/provider-error.ts";
import { utf8 } from "../text.ts";

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
  if (!Object.hasOwn(PROVIDER_ERRORS, provider))
    throw new FaultEngineError(
      "unknown-preset",
      `${JSON.stringify(preset)} found, <provider>/<error> expected`,
    );
  const { retryAfterSeconds: wanted } = answer;
  return providerError({
    provider: provider as Provider,
    error,
    requestId: context.requestId,
    nowMs: context.nowMs,
    ...(answer.message === null ? {} : { message: answer.message }),
    ...(wanted === null ? {} : { retryAfterSeconds: wanted === "none" ? null : wanted }),
  });
}

/** An answer without a preset: what the user wrote, as JSON where it looks so. */
function ownResponse(answer: ErrorAnswer): HttpResponse {
  const { retryAfterSeconds } = answer;
  const text = answer.body ?? JSON.stringify({ error: { message: answer.message ?? "injected failure" } });
  const type = /^\s*[{[]/.test(text) ? "application/json" : "text/plain; charset=utf-8";
  const headers: Header[] = [["content-type", type]];
  if (typeof retryAfterSeconds === "number")
    headers.push(["retry-after", String(Math.ceil(retryAfterSeconds))]);
  return { status: answer.status ?? 500, headers, body: utf8(text) };
}

/** `changes` laid over `headers`: a name that is there changes its value in place, another goes to the end. */
function overlaid(headers: readonly Header[], changes: readonly Header[]): Header[] {
  const result = [...headers];
  for (const [name, value] of changes) {
    const at = result.findIndex(([found]) => found.toLowerCase() === name.toLowerCase());
    if (at === -1) result.push([name, value]);
    else result[at] = [result[at]![0], value];
  }
  return result;
}

/**
 * The response of an `http.error` fault: the preset's, with the user's changes laid over it; or the user's own. Its
 * `content-length` is the body's.
 *
 * @throws FaultEngineError `unknown-preset` for a preset that no provider has.
 *
 * @example
 * ```ts
 * if (fault.kind === "http.error")
 *   socket.write(encodeResponse(faultResponse(fault.answer, { requestId, nowMs, marker: decision.marker }), { method }));
 * ```
 */
export function faultResponse(answer: ErrorAnswer, context: FaultResponseContext): HttpResponse {
  const base = answer.preset === null ? ownResponse(answer) : presetResponse(answer, answer.preset, context);
  const body = answer.body === null || answer.preset === null ? base.body : utf8(answer.body);
  const status = answer.status ?? base.status;
  const marked: Header[] = context.marker === null ? [] : [["x-faultwire", context.marker]];
  const headers = overlaid(base.headers, [...answer.headers, ...marked]).filter(
    ([name]) => name.toLowerCase() !== "content-length",
  );
  if (status !== 204 && status !== 304) headers.push(["content-length", String(body.length)]);
  return { status, headers, body };
}
