/** An answer of ours that takes its time, treated as if the upstream had said it and a delay had struck it. */
import type { Decision, ResponseDelay } from "@faultwire/fault-engine";
import { type BodyItem, type RequestHead, ResponseReader } from "@faultwire/http1";
import { ChangedResponse } from "./changed-response.ts";

/** The response, and the items that it is to be given behind its head; `null` where the bytes are no response. */
export function lateAnswer(
  decision: Decision,
  request: RequestHead,
  bytes: Uint8Array,
  delay: ResponseDelay,
  nowMs: number,
): { readonly changed: ChangedResponse; readonly items: readonly BodyItem[] } | null {
  const reader = new ResponseReader();
  reader.expect(request.method);
  const [head, ...items] = reader.push(bytes);
  if (head?.kind !== "head") return null;
  const fault = { kind: "http.delay", ...delay } as const;
  const plan = { kind: "change", fault, ends: false, headers: [], settle: null } as const;
  const changed = new ChangedResponse({ decision, plan, head, request, requestId: "", nowMs });
  return { changed, items: items.filter((item) => item.kind === "body" || item.kind === "end") };
}
