/** The clocks and timers of an app. */
import { after } from "@faultwire/timers";

/** Time as carriers and rules need it; a test gives one that it turns by hand. */
export interface Clock {
  /** Milliseconds from any fixed origin; never goes backwards. */
  readonly now: () => number;
  /** Calls `action` once after `delayMs`; the returned function takes that back. */
  readonly after: (delayMs: number, action: () => void) => () => void;
  /** Milliseconds since 1970, for times in answers. Default `Date.now`. */
  readonly wallNow?: () => number;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, action) => after(delayMs, action),
};
