/** Runs what happens to a body in the course of time on a body that is whole already: nothing waits. */

/** What is done with a body or a message, in order. */
type Action =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "head" | "end" | "close" | "reset" };

/** A machine of the engine, or a message that is changed: it says when it wants to be woken. */
export interface TimedBody {
  push(data: Uint8Array, nowMs: number): readonly Action[];
  finish(nowMs: number, isWhole: boolean): readonly Action[];
  wake(nowMs: number): readonly Action[];
  readonly wakeAtMs: number | undefined;
  readonly isOver: boolean;
}

/** What came out. */
export interface WholeBody {
  readonly bytes: Uint8Array;
  /** How much later than the body the last of it would have come, in ms. */
  readonly tookMs: number;
}

/** Wakings beyond one for each byte of the body: pings in a long pause could come to any number. */
const maxWakings = 100_000;

/** Why a fault is not carried out on a whole body that does not come to its end. */
export const tooManySteps = "it takes more steps than a whole message is given";

/** Gives `timed` a whole body, and all the time that it asks for. @returns undefined where it comes to no end. */
export function runWhole(timed: TimedBody, body: Uint8Array, startMs: number): WholeBody | undefined {
  const parts: Uint8Array[] = [];
  const take = (actions: readonly Action[]): void => {
    for (const action of actions) if (action.kind === "bytes") parts.push(action.bytes);
  };
  let nowMs = startMs;
  take(timed.push(body, nowMs));
  take(timed.finish(nowMs, true));
  for (let left = body.length + maxWakings; !timed.isOver; left--) {
    const { wakeAtMs } = timed;
    if (wakeAtMs === undefined || left === 0) return undefined;
    nowMs = Math.max(nowMs, wakeAtMs);
    take(timed.wake(nowMs));
  }
  return { bytes: Buffer.concat(parts), tookMs: nowMs - startMs };
}
