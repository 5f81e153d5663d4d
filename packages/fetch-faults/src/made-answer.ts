/** Answers that no upstream gave. */
import type { RequestPlan } from "@faultwire/fault-session/messages";
import { REASON_PHRASES, ResponseReader } from "@faultwire/http1";
import { joinBytes } from "@faultwire/http1/internal";
import { type CarriedResponse, knownSource } from "./carried-response.ts";
import { type Breakage, fetchFailed, terminated } from "./fetch-errors.ts";

/** An answer of ours. */
export type AnswerOfOurs = Extract<RequestPlan, { readonly kind: "answer" | "raw" }>;

/**
 * The response that a client makes of such an answer.
 *
 * @throws what fetch rejects with, where a client can make none of it.
 */
export function madeAnswer(plan: AnswerOfOurs, method: string): CarriedResponse {
  if (plan.kind === "raw") return readAnswer(plan.bytes, method);
  const { status, headers, body } = plan.response;
  const isEmpty = method === "HEAD" || body.length === 0;
  return { ...headOf(status, headers), body: isEmpty ? null : body.slice() };
}

function headOf(status: number, headers: CarriedResponse["headers"]): Omit<CarriedResponse, "body"> {
  return { status, statusText: REASON_PHRASES[status] ?? "", headers, original: null };
}

/** Reads bytes as a client of HTTP/1.1 does; what comes behind the response's end is nobody's. */
function readAnswer(bytes: Uint8Array, method: string): CarriedResponse {
  const reader = new ResponseReader();
  reader.expect(method);
  let head: Omit<CarriedResponse, "body"> | undefined;
  const parts: Uint8Array[] = [];
  for (const item of [...reader.push(bytes), ...reader.finish()]) {
    if (item.kind === "head") head = headOf(item.status, item.headers);
    else if (item.kind === "body" && item.data.length > 0) parts.push(item.data);
    else if (item.kind === "end") break;
    else if (item.kind === "malformed") {
      const how: Breakage =
        item.code === "truncated" ? "closed" : head === undefined ? "bad-status-line" : "bad-chunk";
      if (head === undefined) throw fetchFailed(how);
      return { ...head, body: knownSource(parts, terminated(how)) };
    }
  }
  if (head === undefined) throw fetchFailed("closed");
  return { ...head, body: joinBytes(parts).slice() };
}
