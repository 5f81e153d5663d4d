import type { Waiting } from "@faultwire/tunnel";
import { describe, expect, it } from "vitest";
import { type Drained, type DrainLimits, drain, drainLimits } from "../../src/drain.ts";

const never = new AbortController().signal;

/** What is drained, as a test wants it, and what was done with it. */
function drained(more: Partial<Drained> = {}) {
  const did: string[] = [];
  const all: Drained = {
    now: () => performance.now(),
    hosts: () => 1,
    isKnown: () => true,
    calls: () => 0,
    awaited: () => 0,
    farewell: (what) => did.push(`close ${what}`),
    onStep: (step) => did.push(step),
    ...more,
  };
  return { all, did };
}
const short = (limits: Partial<DrainLimits> = {}): DrainLimits => ({ ...drainLimits, ...limits });

describe("the end of the plugin", () => {
  it("waits until the host knows, then closes what begins, then the rest", async () => {
    let looks = 0;
    const { all, did } = drained({ isKnown: () => ++looks > 3 });
    await drain(all, short(), never);
    expect(did).toEqual(["draining", "host-knows", "close new", "close all"]);
    expect(looks).toBeGreaterThan(3);
  });

  it("waits for nothing where no host is connected", async () => {
    const { all, did } = drained({ hosts: () => 0, isKnown: () => false, awaited: () => 1 });
    await drain(all, short(), never);
    expect(did).toEqual(["close all"]);
  });

  it("waits no longer once the host has gone", async () => {
    let looks = 0;
    const { all, did } = drained({ hosts: () => (looks < 3 ? 1 : 0), isKnown: () => ++looks < 0 });
    await drain(all, short(), never);
    expect(did).toEqual(["draining", "close new", "close all"]);
  });

  it("does not wait for ever: for a host that does not ask, for tunnels under way, for those that are silent", async () => {
    const { all, did } = drained({ isKnown: () => false, awaited: () => 1 });
    await drain(all, short({ maxNoticeMs: 60, maxUnderWayMs: 120, maxRestMs: 60, maxHurryMs: 60 }), never);
    expect(did).toEqual(["draining", "close new", "closing", "close all"]);
  });

  it("waits for answers as long as what is under way has time, and not behind that", async () => {
    const waited: Waiting[] = [];
    const awaited = (waiting: Waiting): number => waited.push(waiting) && Number(waiting.forAnswers);
    const { all, did } = drained({ awaited });
    await drain(all, short({ maxUnderWayMs: 100 }), never);
    expect(did).toEqual(["draining", "host-knows", "close new", "closing", "close all"]);
    expect(waited.at(-1)).toEqual({ maxRestMs: drainLimits.maxRestMs, forAnswers: false });
  });

  it("is hurried at any step: what speaks yet is closed", async () => {
    const hurry = new AbortController();
    let open = 3;
    let calls = 0;
    const { all, did } = drained({
      isKnown: () => false,
      // Each look another tunnel speaks, and is closed.
      awaited: () => (hurry.signal.aborted && open > 0 ? open-- : open),
      calls: () => calls++,
      onStep: () => setImmediate(() => hurry.abort()),
    });
    await drain(all, short({ maxHurryMs: 300 }), hurry.signal);
    expect(did).toEqual(["close new", "close all"]);
    expect(open).toBe(0);
  });
});
