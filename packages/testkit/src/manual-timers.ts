/** A clock that a test turns by hand: nothing happens until `advance`. */

export interface ManualTimers {
  readonly now: () => number;
  readonly after: (delayMs: number, action: () => void) => () => void;
  /** Moves the clock and runs what falls due, in order of time; also what is armed meanwhile. */
  readonly advance: (ms: number) => void;
  /** Timers that are armed now. */
  readonly armed: number;
}

/** Actions at one moment, behind which no test waits on: it would never end, and say nothing. */
const maxActionsAtOnce = 100_000;

export function manualTimers(startMs = 0): ManualTimers {
  let now = startMs;
  let timers: { readonly at: number; readonly action: () => void }[] = [];
  return {
    now: () => now,
    after(delayMs, action) {
      const timer = { at: now + Math.max(0, delayMs), action };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const until = now + ms;
      let [actions, atMs] = [0, now];
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        now = Math.max(now, next.at);
        actions = now === atMs ? actions + 1 : 0;
        atMs = now;
        if (actions > maxActionsAtOnce)
          throw new Error(`${actions} timers came at ${now} ms: each arms another one for the same moment`);
        next.action();
      }
      now = until;
    },
    get armed() {
      return timers.length;
    },
  };
}
