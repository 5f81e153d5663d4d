/** What a whole answer says it used: a JSON body, or the events of a stream. */
import { readUsage, SseReader, type TokenUsage } from "@faultwire/fault-engine";

/** The counts of a body; `null` where it has none. */
export function usageOf(body: Uint8Array, isEventStream: boolean): TokenUsage {
  const found = { inputTokens: null as number | null, outputTokens: null as number | null };
  const add = (text: string): void => {
    const usage = readUsage(parsed(text));
    // A stream reports in several events, with cumulative counts: the last that there is counts.
    found.inputTokens = usage?.inputTokens ?? found.inputTokens;
    found.outputTokens = usage?.outputTokens ?? found.outputTokens;
  };
  if (!isEventStream) add(Buffer.from(body).toString());
  else for (const item of new SseReader().push(body)) if (item.kind === "event") add(item.event.data ?? "");
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
