/** Tunnels come and go by the thousand in one process, and the host never says that one has ended. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { FaultEngine } from "@faultwire/fault-engine";
import { enginePolicy } from "@faultwire/runtime";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { type TunnelEvent, Tunnels } from "@faultwire/tunnel";
import { beforeAll, expect, it } from "vitest";
import { type ChunkCall, type ChunkCaller, chunkCaller } from "../support/chunk-calls.ts";

const few = new Uint8Array(100).fill(7);

let collect: () => void;

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  collect = runInNewContext("gc") as () => void;
});

function heapBytes(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * A tunnel that is carried on both sides as the host does it, and ends as the host's do: by a cancelled call.
 *
 * @returns how many calls were made, and how many of them were answered.
 */
function session(calls: ChunkCaller, advance: (ms: number) => void, id: string): [number, number] {
  const made: ChunkCall[] = [];
  const read = (chunk: Uint8Array): number => made.push(calls.read(id, chunk));
  const write = (chunk: Uint8Array): number => made.push(calls.write(id, chunk));
  read(few);
  write(few);
  advance(100);
  for (let round = 0; round < 8; round++) {
    read(few);
    const { answer } = made.at(-1)!;
    // It was answered with tokens, and the host shows them.
    write(answer?.case === "replace" ? answer.value.modifiedChunk : few);
  }
  read(few);
  read(few);
  made.at(-1)!.cancel();
  return [made.length, made.filter(({ answer }) => answer !== undefined).length];
}

it("50,000 calls in 2,500 tunnels leave no tunnel, no timer and no memory behind", () => {
  const timers = manualTimers();
  const engine = new FaultEngine({ startedAtMs: 0 });
  let closed = 0;
  const tunnels = new Tunnels({
    policy: enginePolicy({ engine, now: timers.now }),
    timers,
    userAgent: "test",
    registeredSides: () => ["client", "server"],
    onEvent: ({ type }: TunnelEvent) => {
      if (type === "closed") closed++;
    },
  });
  const calls = chunkCaller(tunnels);
  let made = 0;
  let answered = 0;
  const sessions = (count: number): void => {
    for (let index = 0; index < count; index++) {
      const [ofSession, answeredOfSession] = session(calls, timers.advance, crypto.randomUUID());
      made += ofSession;
      answered += answeredOfSession;
    }
  };

  sessions(500);
  const before = heapBytes();
  sessions(2000);
  const grown = heapBytes() - before;

  expect(made).toBe(50_000);
  // All but the last of each, which is held until it is cancelled.
  expect(answered).toBe(50_000 - 2500);
  expect(closed).toBe(2500);
  expect(tunnels.size).toBe(0);
  expect(timers.armed).toBe(0);
  // A tunnel holds some 5 kB: were they kept, it would be ten million bytes.
  expect(grown).toBeLessThan(2_000_000);
});
