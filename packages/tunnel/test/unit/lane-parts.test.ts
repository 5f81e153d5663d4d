/** Answers in parts at the level of calls: each buffer of filler is held for its part, and none ever goes on itself. */
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { HostPace } from "../../src/host-pace.ts";
import { Lane, type LaneNews } from "../../src/lane.ts";
import type { TimedPart } from "../../src/timed-parts.ts";

const bufferBytes = 8192;
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function rig() {
  const timers = manualTimers(1000);
  const news: LaneNews[] = [];
  const answers: string[] = [];
  let given = new Uint8Array(0);
  const lane = new Lane({ timers, pace: new HostPace() }, (item) => news.push(item));
  const drip = (...parts: readonly (readonly [text: string, atMs: number])[]): void =>
    lane.drip(
      parts.map(([text, atMs]): TimedPart => ({ bytes: ascii(text), atMs })),
      {
        forward: (bytes) => {
          given = Uint8Array.from(bytes);
          answers.push(`forward ${bytes.length / bufferBytes}`);
        },
      },
    );
  /** The host shows so many bytes of what it was given. */
  const write = (length = bufferBytes): void => {
    const chunk = given.subarray(0, length);
    lane.write(chunk, {
      release: () => answers.push("release"),
      offerAgain: () => answers.push("again"),
      refuse: () => answers.push("refuse"),
      replace: (bytes) => {
        given = given.subarray(chunk.length);
        answers.push(new TextDecoder().decode(bytes));
      },
    });
  };
  return { lane, timers, news, answers, drip, write };
}

describe("an answer in parts", () => {
  it("is a full buffer of filler for each, and each comes back for its part when that is due", () => {
    const { answers, drip, write, timers, lane } = rig();
    drip(["one", 1000], ["two", 1050], ["three", 1200]);
    expect(answers).toEqual(["forward 3"]);
    write();
    write();
    expect(answers).toEqual(["forward 3", "one"]);
    timers.advance(49);
    expect(answers.length).toBe(2);
    timers.advance(1);
    expect(answers).toEqual(["forward 3", "one", "two"]);
    write();
    timers.advance(200);
    expect(answers.at(-1)).toBe("three");
    expect([lane.unseenBytes, lane.hasFiller, timers.armed]).toEqual([0, false, 0]);
  });

  it("sends a buffer back that is not full yet", () => {
    const { answers, drip, write } = rig();
    drip(["one", 1000], ["two", 1000]);
    write(100);
    expect(answers).toEqual(["forward 2", "again"]);
  });

  it("lets the next read follow at once behind the last part, which no top-up can have hurt", () => {
    const { lane, answers, drip, write } = rig();
    drip(["one", 1000]);
    write();
    lane.read(ascii("next"), 4, { forward: () => answers.push("next") });
    expect(answers).toEqual(["forward 1", "one", "next"]);
  });

  it("never sends a part that is due never, and arms no timer for it", () => {
    const { answers, drip, write, timers } = rig();
    drip(["one", 1000], ["", Number.POSITIVE_INFINITY]);
    write();
    write();
    timers.advance(1e9);
    expect(answers).toEqual(["forward 2", "one"]);
    expect(timers.armed).toBe(0);
  });

  it("is due at once when faults are let go; a part that never was to go ends the direction", () => {
    const { lane, answers, drip, write } = rig();
    drip(["one", 1000], ["two", 9000], ["", Number.POSITIVE_INFINITY]);
    write();
    write();
    lane.drain();
    write();
    expect(answers).toEqual(["forward 3", "one", "two", "refuse"]);
  });

  it("goes whole with the first filler where the lane is given up, and the rest of the filler goes nowhere", () => {
    const { lane, answers, drip, write } = rig();
    drip(["one", 1000], ["two", 9000], ["three", 9999]);
    write();
    write();
    lane.unpair();
    write();
    expect(answers).toEqual(["forward 3", "one", "twothree", "refuse"]);
    expect(lane.hasFiller).toBe(false);
  });

  it("goes whole where the lane is given up before the host has taken it", () => {
    const { lane, answers } = rig();
    lane.read(ascii("before"), 6, { forward: () => answers.push("before") });
    const parts = ["one", "two"].map((text, at): TimedPart => ({ bytes: ascii(text), atMs: 1000 + at }));
    lane.drip(parts, { forward: (bytes) => answers.push(new TextDecoder().decode(bytes)) });
    lane.unpair();
    expect(answers).toEqual(["before", "onetwo"]);
  });
});
