/** A tunnel's clock. The program that runs the tunnels gives it, so that tests can set the time by hand. */
export interface Timers {
  /** Milliseconds from any fixed origin; never goes backwards. */
  readonly now: () => number;
  /** Calls `action` once after `delayMs`. The returned function cancels that. */
  readonly after: (delayMs: number, action: () => void) => () => void;
}
