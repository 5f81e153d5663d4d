import type { StreamPoint } from "../faults/stream-faults.ts";
import { type EventMeaning, isOfType } from "../formats/event-meaning.ts";

/** Whether a point is known only once the event behind it is whole. */
export function needsWholeEvents(at: StreamPoint): boolean {
  switch (at.kind) {
    case "before-end":
    case "before":
      return true;
    case "first-delta":
      return at.side === "before";
    case "events":
    case "bytes":
    case "time":
      return false;
    default:
      return at satisfies never;
  }
}

/** Whether a point is right before this event. */
export function isBefore(at: StreamPoint, meaning: EventMeaning): boolean {
  if (at.kind === "first-delta") return at.side === "before" && meaning.isDelta;
  if (at.kind !== "before" || meaning.isPing) return false;
  return at.type === "terminal" ? meaning.isLast : isOfType(meaning, at.type);
}
