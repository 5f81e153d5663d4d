/** Calls that are answered later: at their time, when the host cancels them, or when the server closes; never not at all. */
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { beforeEach, expect, it } from "vitest";
import { forwardLimits } from "../../src/forward-way.ts";
import { HeldCalls } from "../../src/held-calls.ts";

let timers: ReturnType<typeof manualTimers>;
let held: HeldCalls;
let told: [string, boolean][];
beforeEach(() => {
  timers = manualTimers();
  held = new HeldCalls(timers);
  told = [];
});
/** Holds a call; what came of it is told under its name. */
function hold(name: string, ms: number): AbortController {
  const controller = new AbortController();
  void held.hold(ms, controller.signal).then((isOver) => told.push([name, isOver]));
  return controller;
}
/** Lets time pass, and what waits for it be told. */
async function pass(ms: number): Promise<void> {
  timers.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

it("each ends at its own time, and not before", async () => {
  hold("a", 100);
  hold("b", 200);
  await pass(99);
  expect([told, held.size]).toEqual([[], 2]);
  await pass(1);
  expect([told, held.size]).toEqual([[["a", true]], 1]);
  await pass(100);
  expect([told.length, held.size, timers.armed]).toEqual([2, 0, 0]);
});

it("one that the host cancels ends at once, with no time left behind; one that was cancelled before is never held", async () => {
  hold("a", 100).abort();
  await pass(0);
  expect([told, held.size, timers.armed]).toEqual([[["a", false]], 0, 0]);
  const controller = new AbortController();
  controller.abort();
  expect(await held.hold(100, controller.signal)).toBe(false);
  expect([held.size, timers.armed]).toEqual([0, 0]);
});

it("none is held longer than the limit, whatever a rule asks for", async () => {
  hold("a", Number.POSITIVE_INFINITY);
  await pass(forwardLimits.maxHoldMs - 1);
  expect(told).toEqual([]);
  await pass(1);
  expect(told).toEqual([["a", true]]);
});

it("all end when the server closes, and a host that cancels them behind that changes nothing", async () => {
  const [a, b] = [hold("a", 100), hold("b", 200)];
  held.release();
  await pass(0);
  a.abort();
  b.abort();
  await pass(1000);
  expect([told, held.size, timers.armed]).toEqual([
    [
      ["a", true],
      ["b", true],
    ],
    0,
    0,
  ]);
});
