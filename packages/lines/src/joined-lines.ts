/** Two lines joined: what one peer says goes to the other, unread; what one does to its connection is done to the other. */
import type { Line } from "./line.ts";

/** What is told of joined lines. */
export interface JoinedEvents {
  /** Bytes have gone from one to the other, or a half has ended. */
  moved(): void;
  /** Both are closed. */
  closed(): void;
}

/**
 * Joins two lines. A peer that does not read makes the other one wait; a FIN goes on behind what came before it, and the
 * other direction goes on; a reset goes on as a reset.
 */
export function joinLines(one: Line, two: Line, events: JoinedEvents): void {
  const pour = (from: Line, to: Line): void => {
    from.listen({
      data(bytes) {
        to.write(bytes);
        if (to.needsDrain) from.setPaused(true);
        events.moved();
      },
      ended(how) {
        to.end(how);
        events.moved();
      },
      drained: () => to.setPaused(false),
      closed() {
        // Who closes without a word has broken its connection, as a process that is killed does.
        if (from.peerEnd === undefined) to.end("reset");
        if (to.isClosed) events.closed();
      },
    });
    from.setPaused(to.needsDrain);
  };
  pour(one, two);
  pour(two, one);
}
