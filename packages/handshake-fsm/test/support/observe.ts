import {
  type HandshakeEvent,
  HandshakeTracker,
  type HandshakeTrackerOptions,
  type ViolationCode,
} from "../../src/index.ts";
import type { Sent } from "./recorded-handshake.ts";

/** A tracker whose clock stands still unless it is moved. */
export function trackerAt(options: Omit<HandshakeTrackerOptions, "now"> = {}): {
  tracker: HandshakeTracker;
  clock: { nowMs: number };
} {
  const clock = { nowMs: 1000 };
  return { tracker: new HandshakeTracker({ now: () => clock.nowMs, ...options }), clock };
}

/** What a tracker says of a recording, cut by `cut`, with its end. */
export function follow(
  recording: readonly Sent[],
  cut: (chunk: Uint8Array) => Iterable<Uint8Array> = (chunk) => [chunk],
  options: Omit<HandshakeTrackerOptions, "now"> = {},
): { events: HandshakeEvent[]; tracker: HandshakeTracker } {
  const { tracker } = trackerAt(options);
  const events: HandshakeEvent[] = [];
  for (const { by, chunk } of recording)
    for (const part of cut(chunk)) events.push(...tracker.push(by, part));
  events.push(...tracker.end());
  return { events, tracker };
}

/** The states gone through, from the first to the last. */
export function path(events: readonly HandshakeEvent[]): string[] {
  return events.flatMap((event) => (event.kind === "state" ? [event.to] : []));
}

/** The violations of a recording, in their order. */
export const violations = (recording: readonly Sent[]): ViolationCode[] =>
  follow(recording).events.flatMap((event) => (event.kind === "violation" ? [event.code] : []));
