import { chunksOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import {
  createMachine,
  draw,
  drawDuration,
  FAULT_KINDS,
  type Fault,
  type FaultMachine,
  type MachineContext,
} from "../../src/index.ts";
import { context, drive, resultOf } from "../support/streams.ts";

function machineFor(fault: Fault, more: Partial<MachineContext> = {}): FaultMachine {
  const created = createMachine(fault, context(more));
  if (created.kind === "none") throw new Error(created.reason);
  return created.machine;
}

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
    ]);
    const cut: Fault = { kind: "stream.cut", at: { kind: "events", events: 1 }, stop: "fin" };
    expect(createMachine(cut, context({ isEventStream: false }))).toEqual({
      kind: "none",
      reason: "the response is no event stream",
    });
  });
});
