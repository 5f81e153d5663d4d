import type { EventDamage } from "../faults/stream-faults.ts";
import type { SseEvent } from "../sse/block.ts";
import { changeBlock } from "../sse/block.ts";
import { eventJson } from "../sse/event-meaning.ts";

const UNKNOWN = "faultwire_unknown";

/**
 * An event with something wrong in it; `undefined` where it has nothing that could be damaged so.
 *
 * - `invalid-json`: the data without its last character
 * - `truncated-tool-input`: an `input_json_delta` with the first half of its `partial_json`
 * - `unknown-event-type`: name and `type` of an event that no client knows
 * - `missing-event-line`: without its `event:` line, as plain `message`
 */
export function damageEvent(event: SseEvent, whole: Uint8Array, how: EventDamage): Uint8Array | undefined {
  if (event.data === null) return undefined;
  switch (how) {
    case "invalid-json":
      return eventJson(event) === undefined
        ? undefined
        : changeBlock(whole, { data: event.data.trimEnd().slice(0, -1) });
    case "unknown-event-type": {
      const json = eventJson(event);
      if (typeof json !== "object" || json === null || Array.isArray(json))
        return changeBlock(whole, { name: UNKNOWN });
      const name = event.name === null ? null : UNKNOWN;
      return changeBlock(whole, { name, data: JSON.stringify({ ...json, type: UNKNOWN }) });
    }
    case "missing-event-line":
      return event.name === null ? undefined : changeBlock(whole, { name: null });
    case "truncated-tool-input":
      return truncateToolInput(event, whole);
    default:
      return how satisfies never;
  }
}

function truncateToolInput(event: SseEvent, whole: Uint8Array): Uint8Array | undefined {
  const json = eventJson(event) as {
    readonly delta?: { readonly type?: unknown; readonly partial_json?: unknown };
  };
  const delta = json?.delta;
  if (
    delta?.type !== "input_json_delta" ||
    typeof delta.partial_json !== "string" ||
    delta.partial_json === ""
  )
    return undefined;
  const partial_json = delta.partial_json.slice(0, Math.floor(delta.partial_json.length / 2));
  return changeBlock(whole, { data: JSON.stringify({ ...json, delta: { ...delta, partial_json } }) });
}
