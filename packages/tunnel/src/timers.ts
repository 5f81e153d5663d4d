/** Time as a tunnel sees it: given by whoever runs it, so that tests can turn the clock by hand. */
export interface Timers {
  /** Milliseconds from any fixed origin; never goes backwards. */
  readonly now: () => number;
  /** Calls `action` once after `delayMs`; the returned function takes that back. */
  readonly after: (delayMs: number, action: () => void) => () => void;
}
