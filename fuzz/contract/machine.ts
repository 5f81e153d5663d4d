/** A fault's machine from its first chunk to its rest: what holds for every one. */
import type { FaultMachine, StreamAction } from "@faultwire/fault-engine";
import { holds } from "./target.ts";

/** How often a machine may want to be woken before it comes to rest. */
const maxWakes = 20_000;

/** What came out of a machine. */
export interface Made {
  /** One piece an action. */
  readonly out: readonly Buffer[];
  /** What ended it; undefined where nothing did. */
  readonly end: StreamAction["kind"] | undefined;
}

/**
 * Gives a machine chunks, seven milliseconds apart, and wakes it until it wants nothing more. A chunk's memory is written over
 * afterwards.
 *
 * @param mostPendingBytes - What it may keep behind its end.
 */
export function runToRest(
  machine: FaultMachine,
  chunks: readonly Uint8Array[],
  mostPendingBytes: number = 0,
): Made {
  let nowMs = 0;
  let end: StreamAction["kind"] | undefined;
  const out: Buffer[] = [];
  const note = (actions: ReturnType<FaultMachine["push"]>): void => {
    for (const action of actions) {
      holds(end === undefined, "nothing comes behind the end");
      if (action.kind === "bytes") {
        holds(action.bytes.length > 0, "no empty write");
        out.push(Buffer.from(action.bytes));
      } else end = action.kind;
    }
  };
  for (const chunk of chunks) {
    note(machine.push(chunk, nowMs));
    chunk.fill(0);
    nowMs += 7;
    if (machine.wakeAtMs !== undefined && machine.wakeAtMs <= nowMs) note(machine.wake(nowMs));
  }
  note(machine.finish(nowMs));
  for (let wakes = 0; machine.wakeAtMs !== undefined; wakes++) {
    holds(wakes < maxWakes, "a machine comes to rest");
    holds(!Number.isNaN(machine.wakeAtMs), "a time is a number");
    nowMs = Math.max(nowMs, machine.wakeAtMs);
    note(machine.wake(nowMs));
  }
  const { pendingBytes } = machine;
  holds(pendingBytes <= mostPendingBytes, `${pendingBytes} bytes are kept behind the end`);
  holds(machine.outcome.kind !== "waiting", "it is known what became of the fault");
  holds(machine.isOver === (end !== undefined), "over means that there was an end");
  return { out, end };
}
