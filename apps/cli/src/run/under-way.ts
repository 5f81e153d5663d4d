/** What a program was waiting for at a moment: requests that have begun and not ended. */
import type { EngineEvent, FaultKind } from "@faultwire/fault-engine";

/** Requests that are named; the rest is counted. */
const maxNamed = 3;

/** Faults in words, for those that make a program wait. */
const waits: Partial<Record<FaultKind, string>> = {
  "stream.stall": "a stalled stream",
  "stream.pace": "a slow stream",
  "connection.stall": "a stalled connection",
  "connection.throttle": "a slow connection",
  "connection.latency": "a slow connection",
  "http.delay": "a delayed answer",
  "tls.handshake-stall": "a stalled handshake",
};

interface Hit {
  readonly kind: FaultKind;
  readonly rule: string;
  readonly atMs: number;
}

interface Open {
  readonly what: string;
  readonly atMs: number;
}

/**
 * What was under way, in words: `hung 4m58s after a stalled stream (rule cut): POST api.anthropic.com/v1/messages`.
 *
 * @param events - So far, in their order.
 * @returns undefined where nothing was: the program was busy with something else.
 */
export function underWay(events: readonly EngineEvent[], nowMs: number): string | undefined {
  const open = new Map<string, Open>();
  // A request is told when all of it has come: what a rule did to it, and even its end, may be told before.
  const hits = new Map<string, Hit>();
  const ended = new Set<string>();
  for (const event of events) {
    if (event.type === "request") {
      if (!ended.has(event.request))
        open.set(event.request, { what: `${event.method} ${event.host}${event.path}`, atMs: event.atMs });
    } else if (event.type === "end") {
      ended.add(event.request);
      open.delete(event.request);
    } else if ((event.type === "done" || event.type === "decision") && event.request !== null)
      hits.set(event.request, { kind: event.fault, rule: event.rule, atMs: event.atMs });
  }
  const all = [...open];
  if (all.length === 0) return undefined;
  const texts = all.slice(0, maxNamed).map(([name, { what, atMs }]) => {
    const hit = hits.get(name);
    if (hit === undefined) return `${seconds(nowMs - atMs)} after ${what} was asked, with no fault`;
    const words = waits[hit.kind] ?? hit.kind;
    return `${seconds(nowMs - hit.atMs)} after ${words} (rule ${hit.rule}): ${what}`;
  });
  const rest = all.length > maxNamed ? `; and ${all.length - maxNamed} more` : "";
  return `hung ${texts.join("; ")}${rest}`;
}

function seconds(ms: number): string {
  return `${Math.max(0, ms / 1000).toFixed(1)} s`;
}
