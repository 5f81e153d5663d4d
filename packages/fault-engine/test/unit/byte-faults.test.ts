import { chunksOf } from "@faultwire/testkit/chunkers";
import { usedBytes } from "@faultwire/testkit/used-memory";
import { describe, expect, it } from "vitest";
import {
  createMachine,
  draw,
  FAULT_KINDS,
  type Fault,
  type FaultMachine,
  type MachineContext,
  type StreamAction,
} from "../../src/index.ts";
import { drawDuration } from "../../src/internal.ts";
import { context, drive, resultOf } from "../support/streams.ts";

function machineFor(fault: Fault, more: Partial<MachineContext> = {}): FaultMachine {
  const created = createMachine(fault, context(more));
  if (created.kind === "none") throw new Error(created.reason);
  return created.machine;
}

const byteOf = (action: StreamAction): number[] => (action.kind === "bytes" ? [...action.bytes] : []);

const text = "The quick brown fox jumps over the lazy dog. ".repeat(20);

describe("connection.throttle", () => {
  it("lets so many bytes a second pass", () => {
    const machine = machineFor({ kind: "connection.throttle", from: "server", bytesPerSecond: 100 });
    const seen = drive(machine, [text]);
    expect(resultOf(seen)).toEqual({ text, end: "<end>" });
    let sent = 0;
    for (const [atMs, what] of seen.slice(0, -1)) {
      sent += what.length;
      expect(sent).toBeLessThanOrEqual((atMs * 100) / 1000 + 1e-6);
    }
    expect(seen.at(-1)?.[0]).toBeCloseTo(text.length * 10, 5);
  });

  it("does not save up what was not used", () => {
    const machine = machineFor({ kind: "connection.throttle", from: "server", bytesPerSecond: 1000 });
    machine.push(new Uint8Array(10), 0);
    machine.wake(10);
    machine.push(new Uint8Array(1000), 5000);
    expect(
      machine
        .wake(5500)
        .reduce((sum, action) => sum + (action.kind === "bytes" ? action.bytes.length : 0), 0),
    ).toBe(500);
    expect(machine.pendingBytes).toBe(500);
  });
});

describe("connection.slice", () => {
  it("makes a write of every piece, with gaps", () => {
    const machine = machineFor({ kind: "connection.slice", from: "server", bytes: 3, gapMs: 10 });
    expect(drive(machine, ["abcdefg", "hi"])).toEqual([
      [0, "abc"],
      [10, "def"],
      [20, "g"],
      [30, "hi"],
      [30, "<end>"],
    ]);
  });
});

describe("pieces that wait", () => {
  const waiting = 262_144;
  const kinds: readonly Fault[] = [
    { kind: "connection.slice", from: "server", bytes: 1, gapMs: 10 },
    { kind: "connection.throttle", from: "server", bytesPerSecond: 20 },
  ];

  it.each(kinds)("take no more memory than their bytes, however small they are ($kind)", async (fault) => {
    const machine = machineFor(fault);
    const before = await usedBytes();
    machine.push(new Uint8Array(waiting), 0);
    const used = (await usedBytes()) - before;
    expect(machine.pendingBytes).toBeGreaterThanOrEqual(waiting - 1);
    expect(used).toBeLessThan(8 * waiting);
  });

  it.each(kinds)("go out one by one, each at its time ($kind)", (fault) => {
    const machine = machineFor(fault);
    const stepMs = fault.kind === "connection.throttle" ? 50 : 10;
    const sizes = [...machine.push(Uint8Array.of(1, 2), 0), ...machine.push(Uint8Array.of(3), 0)].map(byteOf);
    for (const limitMs of [2 * stepMs, 3 * stepMs]) {
      while ((machine.wakeAtMs ?? Number.POSITIVE_INFINITY) <= limitMs)
        sizes.push(...machine.wake(machine.wakeAtMs ?? 0).map(byteOf));
    }
    expect(sizes).toEqual([[1], [2], [3]]);
    expect(machine.pendingBytes).toBe(0);
    expect(machine.wakeAtMs).toBeUndefined();
  });

  it.each(kinds)("come in one piece when the fault is over ($kind)", (fault) => {
    const machine = machineFor(fault);
    machine.push(Uint8Array.of(1), 0);
    machine.wake(50);
    machine.push(new Uint8Array(waiting), 50);
    const due = machine.pendingBytes;
    expect(machine.wake(Number.POSITIVE_INFINITY).map((action) => byteOf(action).length)).toEqual([due]);
  });

  it("are a copy: the caller may use its memory again", () => {
    const machine = machineFor({ kind: "connection.slice", from: "server", bytes: 1, gapMs: 10 });
    const data = Uint8Array.of(1, 2, 3);
    machine.push(data, 0);
    data.fill(9);
    expect([...machine.wake(10), ...machine.wake(20)].map(byteOf)).toEqual([[2], [3]]);
  });
});

describe("events of a paced stream that wait", () => {
  const fault = { kind: "stream.pace", firstEventMs: 0, eventMs: 10, jitterMs: 0 } as const;
  const events = (count: number): Uint8Array =>
    new TextEncoder().encode(Array.from({ length: count }, (_, at) => `data:${at % 10}\n\n`).join(""));
  const bytes = 8;

  it("take little more memory than their bytes, however small they are", async () => {
    const machine = machineFor(fault);
    const all = events(131_072);
    machine.push(events(1), 0);
    const before = await usedBytes();
    machine.push(all, 0);
    const used = (await usedBytes()) - before;
    expect(machine.pendingBytes).toBe(all.length);
    expect(used).toBeLessThan(6 * all.length);
    // What has gone is let go of while the rest still waits.
    for (let at = 1; at <= 120_000; at++) machine.wake(at * 10);
    expect((await usedBytes()) - before).toBeLessThan(2 * all.length);
  });

  it("go out one by one, each at its time, and are a copy", () => {
    const machine = machineFor(fault);
    const all = events(1000);
    const expected = Array.from({ length: 1000 }, (_, at) => [...all.subarray(at * bytes, (at + 1) * bytes)]);
    const gone = machine.push(all, 0).map(byteOf);
    all.fill(0);
    for (let wakes = 0; machine.wakeAtMs !== undefined && wakes < 2000; wakes++) {
      expect(machine.wakeAtMs).toBe(gone.length * 10);
      gone.push(...machine.wake(machine.wakeAtMs).map(byteOf));
    }
    expect(gone).toEqual(expected);
    expect(machine.pendingBytes).toBe(0);
  });

  it("keep their order among long ones, parts and ends", () => {
    const machine = machineFor(fault);
    const said = ["data:0\n\n", `data:${"x".repeat(5000)}\n\n`, "data:1\n", "\ndata:2\n\n", "data:3"];
    const gone = said.flatMap((text) => machine.push(new TextEncoder().encode(text), 0));
    gone.push(...machine.finish(0), ...machine.wake(Number.POSITIVE_INFINITY));
    expect(gone.at(-1)).toEqual({ kind: "end" });
    expect(Buffer.from(gone.flatMap(byteOf)).toString()).toBe(said.join(""));
    expect(machine.isOver).toBe(true);
  });
});

describe("connection.corrupt", () => {
  const random = (purpose: string, index: number): number => draw(42, purpose, index);
  const bytes = new Uint8Array(10_000);
  const corrupted = (size: number, more: object = {}): Uint8Array => {
    const machine = machineFor(
      { kind: "connection.corrupt", from: "server", rate: 0.1, fromByte: 0, toByte: null, ...more },
      { random },
    );
    const parts: Uint8Array[] = [];
    for (const chunk of chunksOf(bytes, size))
      for (const action of machine.push(chunk, 0)) if (action.kind === "bytes") parts.push(action.bytes);
    return Uint8Array.from(Buffer.concat(parts));
  };

  it("flips one bit in a share of the bytes, the same ones at any chunking", () => {
    const result = corrupted(10_000);
    const changed = result.filter((byte) => byte !== 0);
    expect(changed.length).toBeGreaterThan(900);
    expect(changed.length).toBeLessThan(1100);
    for (const byte of changed) expect(byte & (byte - 1)).toBe(0);
    expect(new Set(changed).size).toBe(8);
    for (const size of [1, 7, 4096]) expect(corrupted(size)).toEqual(result);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it("keeps to its range", () => {
    const result = corrupted(64, { fromByte: 100, toByte: 200, rate: 1 });
    expect([...result.entries()].filter(([, byte]) => byte !== 0).map(([at]) => at)).toEqual(
      Array.from({ length: 100 }, (_, at) => 100 + at),
    );
  });
});

describe("http.truncate", () => {
  it.each([
    [{ kind: "bytes", bytes: 10 }, 10],
    [{ kind: "bytes", bytes: 0 }, 0],
    [{ kind: "share", share: 0.5 }, 450],
    [{ kind: "share", share: 0.999 }, 899],
  ] as const)("%j", (after, length) => {
    for (const size of [1, 7, 1000]) {
      const machine = machineFor({ kind: "http.truncate", after }, { bodyBytes: 900 });
      const chunks = [...chunksOf(new TextEncoder().encode(text), size)];
      expect(resultOf(drive(machine, chunks))).toEqual({ text: text.slice(0, length), end: "<close>" });
    }
  });

  it.each([
    [{ kind: "share", share: 1 }, 0],
    [{ kind: "bytes", bytes: 900 }, 0],
    [{ kind: "bytes", bytes: 1000 }, 100],
  ] as const)("is undone at the end of a body, where nothing is left to be cut: %j", (after, missing) => {
    const whole = new TextEncoder().encode(text).subarray(0, 900);
    for (const size of [1, 7, 1000]) {
      const machine = machineFor({ kind: "http.truncate", after }, { bodyBytes: 900 });
      expect(resultOf(drive(machine, [...chunksOf(whole, size)]))).toMatchObject({ end: "<end>" });
      expect(machine.outcome).toEqual({
        kind: "undone",
        reason: `the body ended ${missing} bytes before the cut`,
      });
    }
  });

  it("says so where the body is too short or of unknown length", () => {
    const machine = machineFor({ kind: "http.truncate", after: { kind: "bytes", bytes: 10 } });
    expect(resultOf(drive(machine, ["short"]))).toEqual({ text: "short", end: "<end>" });
    expect(machine.outcome).toEqual({ kind: "undone", reason: "the body ended 5 bytes before the cut" });
    expect(
      createMachine({ kind: "http.truncate", after: { kind: "share", share: 0.5 } }, context()),
    ).toMatchObject({
      kind: "none",
      reason: expect.stringContaining("not known"),
    });
  });
});

describe("delays", () => {
  it("before the body and before every chunk; none overtakes another", () => {
    const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
    const machine = machineFor({
      kind: "http.delay",
      beforeHead: null,
      beforeBody: fixed(100),
      perChunk: fixed(10),
    });
    expect(drive(machine, ["a", "b"], { everyMs: 20 })).toEqual([
      [110, "a"],
      [110, "b"],
      [110, "<end>"],
    ]);
    const latency = machineFor({ kind: "connection.latency", per: "chunk", duration: fixed(50) });
    expect(drive(latency, ["a", "b"], { everyMs: 20 }).map(([atMs]) => atMs)).toEqual([50, 70, 70]);
  });

  it("come from the distribution that was asked for", () => {
    const sample = (duration: Parameters<typeof drawDuration>[0]): number[] =>
      Array.from({ length: 4000 }, (_, at) =>
        drawDuration(duration, (index) => draw(1, "d", at * 2 + index)),
      );
    const mean = (list: readonly number[]): number =>
      list.reduce((sum, value) => sum + value, 0) / list.length;
    expect(new Set(sample({ kind: "fixed", ms: 5 }))).toEqual(new Set([5]));
    const uniform = sample({ kind: "uniform", minMs: 10, maxMs: 20 });
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...uniform)).toBeLessThan(20);
    expect(mean(uniform)).toBeCloseTo(15, 0);
    const normal = sample({ kind: "normal", meanMs: 100, sdMs: 10 });
    expect(Math.abs(mean(normal) - 100)).toBeLessThan(1);
    expect(Math.abs(Math.sqrt(mean(normal.map((value) => (value - 100) ** 2))) - 10)).toBeLessThan(1);
    expect(Math.min(...sample({ kind: "normal", meanMs: 0, sdMs: 10 }))).toBe(0);
    const median =
      sample({ kind: "lognormal", medianMs: 100, sigma: 1 }).toSorted((a, b) => a - b)[2000] ?? 0;
    expect(Math.abs(median - 100)).toBeLessThan(10);
  });
});

describe("what is told of a fault of bytes once its body has ended", () => {
  const slow = { kind: "fixed", ms: 5 } as const;
  const faults: readonly Fault[] = [
    { kind: "connection.throttle", from: "server", bytesPerSecond: 1000 },
    { kind: "connection.slice", from: "server", bytes: 3, gapMs: 10 },
    { kind: "connection.latency", per: "chunk", duration: slow },
    { kind: "http.delay", beforeHead: null, beforeBody: slow, perChunk: null },
  ];
  it.each(faults)("$kind: done where there was a byte, and not where there was none", (fault) => {
    const machine = machineFor(fault);
    expect(machine.outcome).toEqual({ kind: "waiting" });
    expect(resultOf(drive(machine, ["a"]))).toEqual({ text: "a", end: "<end>" });
    expect(machine.outcome).toEqual({ kind: "done" });
    const empty = machineFor(fault);
    expect(drive(empty, [""])).toEqual([[0, "<end>"]]);
    expect(empty.outcome).toEqual({ kind: "undone", reason: "the body was empty" });
  });

  it("connection.corrupt: done where a byte of its range was hit, and not where none was", () => {
    const corrupt = {
      kind: "connection.corrupt",
      from: "server",
      rate: 0.6,
      fromByte: 2,
      toByte: 3,
    } as const;
    for (const [body, drawn, outcome] of [
      ["abc", 0.5, { kind: "done" }],
      ["ab", 0.5, { kind: "undone", reason: "no byte of the range was drawn" }],
      ["abc", 0.6, { kind: "undone", reason: "no byte of the range was drawn" }],
    ] as const) {
      const machine = machineFor(corrupt, { random: () => drawn });
      drive(machine, [body]);
      expect(machine.outcome).toEqual(outcome);
    }
  });
});

describe("createMachine", () => {
  it("has a machine for what is done to bytes, and a reason for the rest", () => {
    const withMachine = FAULT_KINDS.filter((kind) => {
      const fault = {
        kind,
        per: "request",
        duration: { kind: "fixed", ms: 1 },
        after: { kind: "bytes", bytes: 1 },
      };
      const created = createMachine(
        { ...fault, at: { kind: "events", events: 1 } } as unknown as Fault,
        context(),
      );
      if (created.kind === "none") expect(created.reason).not.toBe("");
      return created.kind === "machine";
    });
    expect(withMachine).toEqual([
      "connection.latency",
      "connection.throttle",
      "connection.slice",
      "connection.corrupt",
      "http.delay",
      "http.truncate",
      "stream.error-event",
      "stream.cut",
      "stream.stall",
      "stream.pace",
      "stream.drop",
      "stream.duplicate",
      "stream.reorder",
      "stream.split",
      "stream.damage",
      "model.stop-reason",
      "model.empty-content",
      "model.garble-tool-input",
      "model.fallback",
    ]);
    const cut: Fault = { kind: "stream.cut", at: { kind: "events", events: 1 }, stop: "fin" };
    expect(createMachine(cut, context({ format: null }))).toEqual({
      kind: "none",
      reason: "the response is no event stream",
    });
  });
});
