/** How long a host takes, as it is learned; and when a lane asks for the next write call, to the millisecond. */
import { beforeEach, describe, expect, it } from "vitest";
import { HostPace } from "../../src/host-pace.ts";
import { laneLimits } from "../../src/lane/lane-calls.ts";
import { Wakes } from "../../src/lane/wakes.ts";

describe("a host's pace", () => {
  it("is nothing before the first round, and then what RFC 6298 makes of the rounds", () => {
    const pace = new HostPace();
    expect([pace.roundMs, pace.slowRoundMs]).toEqual([0, 0]);
    pace.sample(100);
    expect([pace.roundMs, pace.slowRoundMs]).toEqual([100, 300]);
    pace.sample(100);
    expect([pace.roundMs, pace.slowRoundMs]).toEqual([100, 250]);
    pace.sample(180);
    // The deviation first, by the old mean: 37.5 + (80 - 37.5) / 4.
    expect([pace.roundMs, pace.slowRoundMs]).toEqual([110, 110 + 4 * 48.125]);
  });
});

describe("the next write call", () => {
  let pace: HostPace;
  let wakes: Wakes;
  beforeEach(() => {
    pace = new HostPace();
    wakes = new Wakes(pace, 5);
  });

  it("is asked for soon where more read calls are sure to come, and later each time", () => {
    const asked: unknown[] = [];
    for (let time = 0; time < 5; time++) {
      const { atMs, isFew } = wakes.nextAsk(1000, true);
      asked.push([atMs - 1000, isFew]);
      wakes.fewGiven();
    }
    expect(asked).toEqual([
      [0, true],
      [2, true],
      [8, true],
      [5, false],
      [5, false],
    ]);
    wakes.writeCame(2000);
    expect(wakes.nextAsk(2000, true)).toEqual({ atMs: 2000, isFew: true });
  });

  it("is asked for at once where none is sure, and with some patience behind few tokens", () => {
    expect(wakes.nextAsk(1000, false)).toEqual({ atMs: 1000, isFew: false });
    wakes.fewGiven();
    expect(wakes.nextAsk(1000, false)).toEqual({ atMs: 1002, isFew: false });
  });

  it("waits behind bytes that the host may still be writing, as long as a slow round, within limits", () => {
    expect(wakes.guardedUntilMs).toBe(Number.NEGATIVE_INFINITY);
    wakes.writeAnswered(1000, laneLimits.bulkBytes - 1);
    expect(wakes.guardedUntilMs).toBe(Number.NEGATIVE_INFINITY);
    wakes.writeAnswered(1000, 1);
    expect(wakes.guardedUntilMs).toBe(1005);
    expect(wakes.nextAsk(1001, false)).toEqual({ atMs: 1005, isFew: false });
    expect(wakes.nextAsk(1009, false)).toEqual({ atMs: 1009, isFew: false });
    pace.sample(10);
    expect(wakes.guardedUntilMs).toBe(1030);
    pace.sample(1000);
    expect(wakes.guardedUntilMs).toBe(1000 + laneLimits.maxGuardMs);
    wakes.receiverSpoke();
    expect(wakes.guardedUntilMs).toBe(Number.NEGATIVE_INFINITY);
  });

  it("teaches the pace by the rounds that tell something, and by no other", () => {
    wakes.given(1000);
    wakes.writeCame(1020);
    expect(pace.roundMs).toBe(20);
    // So long a round was a wait for something else.
    wakes.given(2000);
    wakes.writeCame(2000 + laneLimits.maxGuardMs);
    expect(pace.roundMs).toBe(20);
    // Of two askings it is not known which one brought the call.
    wakes.given(3000);
    wakes.fewGiven();
    wakes.fewGiven();
    wakes.writeCame(3004);
    expect(pace.roundMs).toBe(20);
    wakes.given(4000);
    wakes.fewGiven();
    wakes.writeCame(4004);
    expect(pace.roundMs).toBe(18);
  });
});
