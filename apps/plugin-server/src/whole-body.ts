/** Runs a fault on a body that is whole already: what comes out, and how long it would have taken. */
import type { FaultMachine } from "@faultwire/fault-engine";

/** What came out. */
export interface ChangedBody {
  readonly bytes: Uint8Array;
  /** How much later than the body the last byte would have come, in ms. */
  readonly tookMs: number;
  /** Whether the body came to a proper end. */
  readonly isWhole: boolean;
}

/** Wakings of a machine before it is given up: each takes microseconds, and a stall with pings never ends. */
const maxWakings = 100_000;

/** Gives a machine a whole body, and then time as it asks for it: nothing waits. */
export function changeWholeBody(machine: FaultMachine, body: Uint8Array, startMs: number): ChangedBody {
  const parts: Uint8Array[] = [];
  let now = startMs;
  let isWhole = false;
  const take = (actions: ReturnType<FaultMachine["push"]>): void => {
    for (const action of actions)
      if (action.kind === "bytes") parts.push(action.bytes);
      else isWhole = action.kind === "end";
  };
  take(machine.push(body, now));
  if (!machine.isOver) take(machine.finish(now));
  for (let wakings = 0; !machine.isOver && wakings < maxWakings; wakings++) {
    const { wakeAtMs } = machine;
    if (wakeAtMs === undefined) break;
    now = Math.max(now, wakeAtMs);
    take(machine.wake(now));
  }
  return { bytes: Buffer.concat(parts), tookMs: now - startMs, isWhole };
}
