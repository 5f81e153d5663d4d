/**
 * The end of the plugin while hosts work with it. A host whose calls fail lets its clients wait, so the plugin goes only when
 * nothing needs it any more: the host has learned that it is unhealthy and gives it no new tunnel, and the tunnels that it
 * has are over, or have had their time.
 */
import { setImmediate as turn } from "node:timers/promises";
import { pause } from "@faultwire/timers";
import type { Waiting } from "@faultwire/tunnel";

/** Limits of the end. All of them in ms. */
export const drainLimits = {
  /** How long a host is given to ask for our health. It asks every ten seconds. */
  maxNoticeMs: 12_000,
  /** How long what is under way may take, from the signal on. Then tunnels are closed at their next byte. */
  maxUnderWayMs: 30_000,
  /**
   * A tunnel that was quiet for so long is not waited for. Most clients close a connection that rests for five seconds, of
   * which the plugin hears nothing.
   */
  maxRestMs: 15_000,
  /** When the end is hurried: how long closes may still go out. */
  maxHurryMs: 1_000,
} as const;

/** The same limits, some of them perhaps of a test's own. */
export type DrainLimits = { readonly [Name in keyof typeof drainLimits]: number };

/** What is brought to its end. */
export interface Drained {
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** Connections on which a host has made calls. */
  readonly hosts: () => number;
  /** Whether every host that polls has asked for our health since the end began. */
  readonly isKnown: () => boolean;
  /** Calls that have come so far. */
  readonly calls: () => number;
  /** How many tunnels are waited for. */
  readonly awaited: (waiting: Waiting) => number;
  /** Closes tunnels at the next bytes of a peer: those that rest when their client speaks, or all. */
  readonly farewell: (what: "new" | "all") => void;
  /** Told when a step begins. */
  readonly onStep?: (step: DrainStep) => void;
}

/** What is waited for: the host's next health check, then what is under way, then the next byte of what is left. */
export type DrainStep = "draining" | "host-knows" | "closing";

/** How often is looked whether the wait is over, in ms. */
const lookMs = 25;
/** When no call has come between so many looks in a row, the host has nothing under way. */
const quietLooks = 4;
/** After so many turns of the event loop, calls that waited unread have been handled: this process may have been held up. */
const turnsForUnread = 20;

/** Waits until the plugin may go. @param hurry - Ends the wait: what is left is closed now, as far as it speaks. */
export async function drain(drained: Drained, limits: DrainLimits, hurry: AbortSignal): Promise<void> {
  const { now, hosts, isKnown, awaited, farewell, onStep } = drained;
  const { maxNoticeMs, maxUnderWayMs, maxRestMs, maxHurryMs } = limits;
  const beganAtMs = now();
  /** Waits for a condition; no longer than until a moment, or the last host goes, or the end is hurried. */
  const until = async (isDone: () => boolean, deadlineMs: number): Promise<void> => {
    for (;;) {
      await unreadCalls();
      if (isDone() || hosts() === 0 || now() >= deadlineMs || hurry.aborted) return;
      await pause(lookMs, hurry).catch(() => {});
    }
  };
  await unreadCalls();
  if (hosts() > 0 && !hurry.aborted) {
    onStep?.("draining");
    await until(isKnown, beganAtMs + maxNoticeMs);
    if (isKnown()) onStep?.("host-knows");
    farewell("new");
    await until(() => awaited({ maxRestMs, forAnswers: true }) === 0, beganAtMs + maxUnderWayMs);
    if (awaited({ maxRestMs, forAnswers: true }) > 0) onStep?.("closing");
  }
  farewell("all");
  const left = { maxRestMs, forAnswers: false };
  await until(() => awaited(left) === 0, now() + maxRestMs);
  // In a hurry: a tunnel that speaks only now and then is closed, too. And calls that follow from the last answers get theirs.
  const deadlineMs = now() + maxHurryMs;
  for (let looks = 0; hosts() > 0 && now() < deadlineMs; ) {
    const before = drained.calls();
    await pause(lookMs);
    await unreadCalls();
    looks = drained.calls() === before ? looks + 1 : 0;
    if (looks >= quietLooks && awaited(left) === 0) return;
  }
}

async function unreadCalls(): Promise<void> {
  for (let turns = 0; turns < turnsForUnread; turns++) await turn();
}
