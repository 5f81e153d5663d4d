/** The tables of docs/adr/0029, call by call. */
import { seededBytes } from "@faultwire/testkit/byte-origin";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import { describe, expect, it } from "vitest";
import { HostPace } from "../../src/host-pace.ts";
import { Lane } from "../../src/lane/lane.ts";
import type { LaneNews } from "../../src/lane/lane-calls.ts";

const chunk = 4096;

function rig({ isProven = true } = {}) {
  const timers = manualTimers(1000);
  const news: LaneNews[] = [];
  const answers: string[] = [];
  const written: Uint8Array[] = [];
  let given = new Uint8Array(0);
  const options = { timers, pace: new HostPace(), echoTimeoutMs: 1000, isPairProven: () => isProven };
  const lane = new Lane(options, (item) => news.push(item));
  const said = seededBytes(200_000, 3);
  let at = 0;
  const reply = (call: string) => ({
    forward: (bytes: Uint8Array) => {
      given = Uint8Array.from(bytes);
      answers.push(`${call} gives ${bytes.length}`);
    },
    swallow: () => answers.push(`${call} swallowed`),
    close: () => answers.push(`${call} closed`),
  });
  return {
    ...{ lane, timers, news, written },
    /** A read call of so many bytes, behind which so many are sure to follow. */
    read: (call: string, length: number, sureBytes = 0): void => {
      lane.read(said.subarray(at, at + length), reply(call), { sureBytes, isLikely: length === chunk });
      at += length;
    },
    close: (call: string) => lane.close("a fault", reply(call)),
    /** The host shows what it was given, or what is said here. */
    write: (call: string, shown: Uint8Array = given): void => {
      lane.write(shown, {
        release: () => answers.push(`${call} released`),
        refuse: () => answers.push(`${call} refused`),
        replace: (bytes) => {
          written.push(bytes);
          answers.push(`${call} ${bytes.length}`);
        },
      });
    },
    given: () => given,
    log: () => answers.splice(0),
    /** Whether what was written is what was said, from its beginning on. */
    isInOrder: (): boolean => {
      const all = Buffer.concat(written);
      return all.equals(said.subarray(0, all.length));
    },
  };
}

/** So many bytes written, after which a receiver may have fallen behind. */
function inBulk(lane: ReturnType<typeof rig>): void {
  for (let round = 0; round < 3; round++) {
    lane.read("r", chunk, 100_000);
    lane.write("w");
    for (let more = 0; more < 6; more++) lane.read("r", chunk, 100_000);
  }
  lane.log();
  lane.timers.advance(100);
}

describe("a lane", () => {
  it("takes two calls and no time for a short message", () => {
    const { read, write, log, timers, isInOrder } = rig();
    for (let message = 0; message < 5; message++) {
      read("r", 300);
      write("w");
    }
    expect(log().slice(0, 4)).toEqual(["r gives 4128", "w 300", "r gives 4128", "w 300"]);
    expect(timers.armed).toBe(0);
    expect(isInOrder()).toBe(true);
  });

  it("collects the chunks of a record for one write, and lets go of the last call at once", () => {
    const { read, write, log, timers, isInOrder } = rig();
    read("r1", chunk, 6000);
    write("w");
    read("r2", chunk, 1904);
    read("r3", 1904);
    expect(log()).toEqual(["r1 gives 64", "r2 swallowed", "w 10096", "r3 swallowed"]);
    expect(timers.armed).toBe(0);
    expect(isInOrder()).toBe(true);
  });

  it("writes when there is enough for one write, and goes on with the next", () => {
    const { read, write, log } = rig();
    read("r1", chunk, 100_000);
    write("w1");
    for (let at = 2; at <= 7; at++) read(`r${at}`, chunk, 100_000);
    read("r8", chunk, 100_000);
    expect(log().slice(-3)).toEqual(["w1 28672", "r7 swallowed", "r8 gives 64"]);
  });

  it("waits 5 ms at the most for a call that is sure to come, so that ends can pass", () => {
    const { read, write, log, timers } = rig();
    read("r1", chunk, 500);
    write("w1");
    timers.advance(4);
    expect(log()).toEqual(["r1 gives 64"]);
    timers.advance(1);
    expect(log()).toEqual(["w1 4096"]);
  });

  it("answers read calls later and later behind a write that may be stuck, and then holds them", () => {
    const lane = rig();
    inBulk(lane);
    const { read, log, timers } = lane;
    read("r1", chunk, 100_000);
    expect(log()).toEqual(["r1 gives 64"]);
    for (const [call, waitMs, tokens] of [
      ["r2", 2, 64],
      ["r3", 8, 64],
      ["r4", 5, 8192],
    ] as const) {
      read(call, chunk, 100_000);
      timers.advance(waitMs - 1);
      expect(log()).toEqual([]);
      timers.advance(1);
      expect(log()).toEqual([`${call} gives ${Math.min(tokens, 8191)}`]);
    }
  });

  it("holds the last call of a long transfer for the guard, which wakes the host behind the write", () => {
    const lane = rig();
    inBulk(lane);
    const { read, write, log, timers } = lane;
    read("r1", chunk, 10);
    write("w1");
    read("r2", 10);
    expect(log()).toEqual(["r1 gives 64", "w1 4106"]);
    timers.advance(5);
    expect(log()).toEqual(["r2 swallowed"]);
    read("r3", 10);
    expect(log()).toEqual(["r3 gives 8191"]);
  });

  it("holds no call where the receiver has just said something", () => {
    const lane = rig();
    inBulk(lane);
    lane.lane.receiverSpoke();
    lane.read("r1", chunk, 10);
    lane.write("w1");
    lane.read("r2", 10);
    expect(lane.log()).toEqual(["r1 gives 64", "w1 4106", "r2 swallowed"]);
  });

  it("keeps a byte for every write call that may still come", () => {
    const { read, write, given, log, timers, isInOrder } = rig();
    read("r1", 10, 50);
    const first = given();
    read("r2", 10, 40);
    timers.advance(2);
    const second = given();
    write("w1", first);
    timers.advance(5);
    // One for the second answer's tokens, and one for a call that may have to be asked for behind them.
    expect(log()).toEqual(["r1 gives 64", "r2 gives 64", "w1 18"]);
    write("w2", second);
    timers.advance(5);
    expect(log()).toEqual(["w2 2"]);
    expect(isInOrder()).toBe(true);
  });

  it("ends a direction at once where nothing waits, or a write call is sure to take it", () => {
    const { read, write, close, log } = rig();
    read("r1", 300);
    close("r2");
    write("w1");
    expect(log()).toEqual(["r1 gives 4128", "r2 closed", "w1 300"]);
  });

  it("ends a direction behind bytes that no write call is sure to take", () => {
    const { read, write, close, log } = rig();
    read("r1", 300, 1000);
    close("r2");
    expect(log()).toEqual(["r1 gives 64"]);
    write("w1");
    expect(log()).toEqual(["w1 300", "r2 closed"]);
  });

  it("gives its real bytes first, and nothing more before they have come back", () => {
    const { read, write, log, given, isInOrder } = rig({ isProven: false });
    read("r1", 300);
    read("r2", 200);
    expect(given().length).toBe(300);
    expect(log()).toEqual(["r1 gives 300"]);
    write("w1");
    expect(log()).toEqual(["w1 500", "r2 swallowed"]);
    read("r3", 10);
    expect(log()).toEqual(["r3 gives 7956"]);
    expect(isInOrder()).toBe(true);
  });

  it("goes on with one side where the first bytes never come back, and gives none of them twice", () => {
    const { read, log, news, timers } = rig({ isProven: false });
    read("r1", 300);
    read("r2", 200);
    timers.advance(1001);
    read("r3", 100);
    expect(log()).toEqual(["r1 gives 300", "r2 gives 200", "r3 gives 100"]);
    expect(news).toEqual([{ kind: "unpaired" }]);
  });

  it.each([
    ["other bytes", (given: Uint8Array) => given.map((byte) => byte + 1)],
    ["more bytes", (given: Uint8Array) => Buffer.concat([given, given])],
  ])("refuses a write call that shows %s than it gave", (_, of) => {
    const { read, write, given, log, news } = rig();
    read("r1", 300);
    write("w1", Uint8Array.from(of(given())));
    expect(log()).toEqual(["r1 gives 4128", "w1 refused"]);
    expect(news).toMatchObject([{ kind: "mismatch", expectedBytes: 4128 }]);
  });

  it("asks again where a write call that was sure never comes", () => {
    const { read, write, log, news, timers, isInOrder } = rig();
    read("r1", 300);
    read("r2", 20);
    timers.advance(1001);
    expect(log()).toEqual(["r1 gives 4128", "r2 gives 4128"]);
    expect(news).toEqual([{ kind: "recovered", bytes: 320 }]);
    write("w2");
    expect(log()).toEqual(["w2 320"]);
    expect(isInOrder()).toBe(true);
  });
});

describe("an answer in parts", () => {
  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
  const buffer = 8192;
  const dripped = (...parts: readonly (readonly [text: string, atMs: number])[]) => {
    const all = rig();
    all.lane.drip(
      parts.map(([text, atMs]) => ({ bytes: ascii(text), atMs })),
      { forward: (bytes) => shown.push(bytes), swallow: () => {}, close: () => {} },
    );
    const show = (): void => all.write("w", shown[0]?.subarray(0, buffer));
    const texts = (): string[] => all.written.map((bytes) => new TextDecoder().decode(bytes));
    return { ...all, show, texts };
  };
  let shown: Uint8Array[] = [];

  it("has a full buffer of tokens for each, and each goes when it is due", () => {
    shown = [];
    const { show, texts, timers } = dripped(["one", 1000], ["two", 1050]);
    expect(shown.map(({ length }) => length)).toEqual([2 * buffer]);
    show();
    show();
    timers.advance(49);
    expect(texts()).toEqual(["one"]);
    timers.advance(1);
    expect(texts()).toEqual(["one", "two"]);
    expect(timers.armed).toBe(0);
  });

  it("never sends a part that is due never, arms no timer for it, and ends with other bytes where it is told to", () => {
    shown = [];
    const { show, texts, timers, lane } = dripped(["one", 1000], ["", Number.POSITIVE_INFINITY]);
    show();
    show();
    timers.advance(1e9);
    expect(texts()).toEqual(["one"]);
    expect(timers.armed).toBe(0);
    lane.settleLast(ascii("two"));
    expect(texts()).toEqual(["one", "two"]);
  });

  it("is due at once when faults are let go; a part that never was to go ends the direction", () => {
    shown = [];
    const { show, texts, log, lane } = dripped(["one", 9000], ["", Number.POSITIVE_INFINITY]);
    show();
    lane.drain();
    show();
    expect(texts()).toEqual(["one"]);
    expect(log()).toEqual(["w 3", "w refused"]);
  });

  it("goes whole with the first tokens where the lane is given up, and the rest of the tokens goes nowhere", () => {
    shown = [];
    const { show, texts, log, lane } = dripped(["one", 1000], ["two", 9000], ["three", 9999]);
    show();
    show();
    lane.unpair();
    show();
    expect(texts()).toEqual(["one", "twothree"]);
    expect(log()).toEqual(["w 3", "w 8", "w refused"]);
  });

  it("goes behind bytes that waited, and ahead of bytes that come later", () => {
    shown = [];
    const { lane, timers, write, written, log } = rig();
    const reply = { forward: (bytes: Uint8Array) => shown.push(bytes), swallow: () => {}, close: () => {} };
    lane.read(ascii("before"), reply, { sureBytes: 9, isLikely: false });
    lane.drip([{ bytes: ascii("part"), atMs: 1020 }], reply);
    const few = shown[0] ?? new Uint8Array(0);
    const parts = shown[1] ?? new Uint8Array(0);
    expect(parts.length).toBe(2 * buffer);
    write("w", few);
    write("w", parts.subarray(0, buffer));
    write("w", parts.subarray(buffer));
    lane.read(ascii("behind"), reply);
    timers.advance(30);
    write("w", shown[2]);
    expect(Buffer.concat(written).toString()).toBe("beforepartbehind");
    expect(log().length).toBe(4);
  });
});
