import { seededBytes } from "@faultwire/testkit/byte-origin";
import { concatBytes } from "@faultwire/testkit/chunkers";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import { beforeEach, describe, expect, it } from "vitest";
import { HostPace } from "../../src/host-pace.ts";
import { Lane, type LaneNews } from "../../src/lane.ts";

const bytes = (length: number, first = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + i * 7) & 255);

describe("a lane of a tunnel that is wrapped on both sides", () => {
  let timers: ManualTimers;
  let pace: HostPace;
  let lane: Lane;
  let news: LaneNews[];
  let answers: { call: string; answer: string; bytes?: Uint8Array }[];

  beforeEach(() => {
    timers = manualTimers(1000);
    pace = new HostPace();
    news = [];
    answers = [];
    lane = new Lane({ timers, pace, echoTimeoutMs: 1000 }, (item) => news.push(item));
  });

  const read = (call: string, chunk: Uint8Array): void =>
    lane.read(chunk, chunk.length, {
      forward: (given) => answers.push({ call, answer: "forward", bytes: given }),
    });
  const write = (call: string, chunk: Uint8Array): void =>
    lane.write(chunk, {
      release: () => answers.push({ call, answer: "release" }),
      offerAgain: () => answers.push({ call, answer: "offerAgain" }),
      replace: (given) => answers.push({ call, answer: "replace", bytes: given }),
      refuse: () => answers.push({ call, answer: "refuse" }),
    });
  const log = (): string[] => answers.splice(0).map(({ call, answer }) => `${call} ${answer}`);

  it("answers the first read and the write call that shows it at once", () => {
    read("r1", bytes(100));
    write("w1", bytes(100));
    expect(log()).toEqual(["r1 forward", "w1 replace"]);
    expect(lane.unseenBytes).toBe(0);
    expect(timers.armed).toBe(0);
  });

  it("holds a read that follows a small write for the guard, because the host may not have written it yet", () => {
    read("r1", bytes(100));
    write("w1", bytes(100));
    log();
    timers.advance(2);
    read("r2", bytes(50));
    expect(log()).toEqual([]);
    timers.advance(2.9);
    expect(log()).toEqual([]);
    timers.advance(0.2);
    expect(log()).toEqual(["r2 forward"]);
  });

  it("waits longer than the guard where the host has shown to be slow", () => {
    read("r1", bytes(100));
    timers.advance(40);
    write("w1", bytes(100));
    log();
    timers.advance(1);
    read("r2", bytes(50));
    timers.advance(118);
    expect(log()).toEqual([]);
    timers.advance(2);
    expect(log()).toEqual(["r2 forward"]);
  });

  it("releases a small write call with its own bytes, so that what was topped up unseen is known to be lost", () => {
    read("r1", bytes(100));
    write("w1", bytes(100));
    expect(answers[1]).toEqual({ call: "w1", answer: "replace", bytes: bytes(100) });
  });

  it("fences a write call until the host shows all that was answered while it was in flight", () => {
    const first = bytes(4096);
    const second = bytes(4096, 9);
    read("r1", first);
    write("w1", first);
    expect(log()).toEqual(["r1 forward"]);
    read("r2", second);
    expect(log()).toEqual(["r2 forward", "w1 offerAgain"]);
    write("w1'", first);
    expect(log()).toEqual(["w1' offerAgain"]);
    write("w1''", concatBytes([first, second]));
    expect(log()).toEqual(["w1'' release"]);
    read("r3", bytes(4096, 3));
    expect(log()).toEqual(["r3 forward"]);
  });

  it("answers a read that arrives before the write call of the one before only after it", () => {
    read("r1", bytes(4096));
    read("r2", bytes(4096, 9));
    expect(log()).toEqual(["r1 forward"]);
    write("w1", bytes(4096));
    expect(log()).toEqual(["r2 forward", "w1 offerAgain"]);
  });

  it("lets the write call of a full chunk wait a moment for the next read to ride along, and no longer", () => {
    read("r1", bytes(4096));
    write("w1", bytes(4096));
    expect(log()).toEqual(["r1 forward"]);
    timers.advance(1.1);
    expect(log()).toEqual(["w1 replace"]);
  });

  it("releases full buffers one after the other without a wait", () => {
    const long = bytes(20_000);
    lane.read(long, 100, { forward: () => answers.push({ call: "r1", answer: "forward" }) });
    write("w1", long.subarray(0, 8192));
    write("w2", long.subarray(8192, 16_384));
    write("w3", long.subarray(16_384));
    expect(log()).toEqual(["r1 forward", "w1 release", "w2 release", "w3 replace"]);
    expect(lane.unseenBytes).toBe(0);
  });

  it("spins no more than a few times without pause while the missing bytes are on their way", () => {
    read("r1", bytes(10));
    write("w", bytes(10));
    timers.advance(10);
    read("r2", bytes(10));
    read("r3", bytes(10));
    log();
    write("w", bytes(10));
    for (let i = 0; i < 3; i++) write("w", bytes(10));
    expect(log()).toEqual(["r3 forward", "w offerAgain", "w offerAgain", "w offerAgain", "w offerAgain"]);
    write("w", bytes(10));
    expect(log()).toEqual([]);
    timers.advance(1.1);
    expect(log()).toEqual(["w offerAgain"]);
  });

  it("gives bytes again that the host dropped from its buffer", () => {
    read("r1", bytes(10));
    write("w1", bytes(10));
    timers.advance(10);
    read("r2", bytes(20, 1));
    expect(log()).toEqual(["r1 forward", "w1 replace", "r2 forward"]);
    read("r3", bytes(5, 2));
    timers.advance(999);
    expect(log()).toEqual([]);
    timers.advance(1.5);
    expect(answers[0]?.bytes).toEqual(concatBytes([bytes(20, 1), bytes(5, 2)]));
    expect(log()).toEqual(["r3 forward"]);
    expect(news).toEqual([{ kind: "recovered", bytes: 20 }]);
  });

  it("mends a hole: the host shows the end of an answer whose beginning it dropped", () => {
    read("r1", bytes(10));
    write("w1", bytes(10));
    timers.advance(10);
    read("r2", bytes(300, 1));
    log();
    write("w2", bytes(300, 1).subarray(120));
    expect(answers[0]).toMatchObject({ call: "w2", answer: "replace", bytes: bytes(300, 1) });
    expect(news).toEqual([{ kind: "recovered", bytes: 120 }]);
  });

  it("mends a hole in a long answer: the host dropped as much of it as its buffer had room for", () => {
    const long = seededBytes(16_455, 1);
    read("r1", bytes(71));
    write("w1", bytes(71));
    timers.advance(10);
    read("r2", long);
    log();
    const room = 8192 - 71;
    write("w2", long.subarray(room, room + 8192));
    expect(answers[0]).toEqual({ call: "w2", answer: "replace", bytes: long.subarray(0, room + 8192) });
    expect(news).toEqual([{ kind: "recovered", bytes: room }]);
    write("w3", long.subarray(room + 8192));
    timers.advance(50);
    expect(answers.at(-1)).toMatchObject({ call: "w3", bytes: long.subarray(room + 8192) });
    expect(lane.unseenBytes).toBe(0);
  });

  describe("with filler", () => {
    const pad = (call: string, chunk: Uint8Array): void =>
      lane.pad(chunk, { forward: (given) => answers.push({ call, answer: "forward", bytes: given }) });
    const padded = (content: Uint8Array, length: number): Uint8Array => {
      const all = new Uint8Array(length);
      all.set(content);
      return all;
    };

    it("fills an answer up to whole buffers, and takes its bytes alone in the write call", () => {
      pad("r1", bytes(100));
      expect(answers).toEqual([{ call: "r1", answer: "forward", bytes: new Uint8Array(8192) }]);
      write("w1", new Uint8Array(8192));
      expect(answers[1]).toEqual({ call: "w1", answer: "replace", bytes: bytes(100) });
      expect(lane.unseenBytes).toBe(0);
      expect(lane.hasFiller).toBe(false);
    });

    it("needs no wait before the next answer, however small the last one was", () => {
      for (let round = 0; round < 5; round++) {
        pad(`r${round}`, bytes(7));
        write(`w${round}`, new Uint8Array(8192));
      }
      expect(answers).toHaveLength(10);
      expect(timers.armed).toBe(0);
    });

    it("releases the buffers that hold nothing but the answer's own bytes", () => {
      const long = seededBytes(20_000, 1);
      pad("r1", long);
      const given = padded(long, 24_576);
      for (const at of [0, 8192, 16_384]) write(`w${at}`, given.subarray(at, at + 8192));
      expect(answers.map(({ answer }) => answer)).toEqual(["forward", "release", "release", "replace"]);
      expect(answers.at(-1)?.bytes).toEqual(long.subarray(16_384));
    });

    it("comes through whole where the host drops filler after all", () => {
      const long = seededBytes(10_000, 1);
      read("r0", bytes(71));
      write("w0", bytes(71));
      timers.advance(10);
      pad("r1", long);
      const given = padded(long, 16_384);
      log();
      // The host had room for so much behind w0, and counted it as written with it.
      const rest = given.subarray(8192 - 71);
      write("w1", rest.subarray(0, 8192));
      expect(answers).toEqual([{ call: "w1", answer: "replace", bytes: long.subarray(0, 8192) }]);
      for (let offers = 0; offers < 200 && answers.length < 2; offers++) {
        write("w2", rest.subarray(8192));
        timers.advance(2);
        if (answers.at(-1)?.answer === "offerAgain") answers.pop();
      }
      expect(answers.at(-1)).toEqual({ call: "w2", answer: "replace", bytes: long.subarray(8192) });
      expect(lane.unseenBytes).toBe(0);
    });
  });

  it("refuses a write call that shows something else than what was answered", () => {
    read("r1", bytes(10));
    write("w1", bytes(10, 1));
    expect(log()).toEqual(["r1 forward", "w1 refuse"]);
    expect(news).toEqual([{ kind: "mismatch", expectedBytes: 10, foundBytes: 10 }]);
  });

  it("goes on without echoes when none comes for the first answer", () => {
    read("r1", bytes(10));
    read("r2", bytes(10));
    timers.advance(1001);
    expect(log()).toEqual(["r1 forward", "r2 forward"]);
    expect(news).toEqual([{ kind: "unpaired" }]);
    read("r3", bytes(10));
    expect(log()).toEqual(["r3 forward"]);
  });
});
