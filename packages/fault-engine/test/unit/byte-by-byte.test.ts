/** What comes byte by byte costs its bytes: nothing is copied again for each, and no object is kept for each. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { createMachine, type Fault, SseReader } from "../../src/index.ts";
import { context } from "../support/streams.ts";

const length = 100_000;
const event = new TextEncoder().encode(`data: {"type":"x","text":"${"a".repeat(length)}"}\n\n`);
const answer = new TextEncoder().encode(`{"type":"message","text":"${"a".repeat(length)}"}`);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Bytes that are copied, and arrays that are made for copies, while `act` gets the bytes one by one. */
function costOf(bytes: Uint8Array, act: (byte: Uint8Array) => void): { copied: number; arrays: number } {
  const cost = { copied: 0, arrays: 0 };
  const set: (this: Uint8Array, from: ArrayLike<number>, at?: number) => void = Reflect.get(
    Uint8Array.prototype,
    "set",
  );
  const slice: (this: Uint8Array, from?: number, to?: number) => Uint8Array<ArrayBuffer> = Reflect.get(
    Uint8Array.prototype,
    "slice",
  );
  vi.spyOn(Uint8Array.prototype, "set").mockImplementation(function (this: Uint8Array, from, at) {
    cost.copied += from.length;
    set.call(this, from, at);
  });
  vi.spyOn(Uint8Array.prototype, "slice").mockImplementation(function (this: Uint8Array, from, to) {
    const made = slice.call(this, from, to);
    cost.copied += made.length;
    cost.arrays++;
    return made;
  });
  for (let at = 0; at < bytes.length; at++) act(bytes.subarray(at, at + 1));
  vi.restoreAllMocks();
  return cost;
}

const select = { indices: [0], types: null, every: null, probability: null };
const faults: readonly Fault[] = [
  { kind: "stream.drop", events: select },
  { kind: "stream.damage", events: select, how: "invalid-json" },
  { kind: "stream.cut", at: { kind: "first-delta", side: "before" }, stop: "fin" },
  { kind: "stream.cut", at: { kind: "bytes", bytes: 1 }, stop: "mid-event" },
  { kind: "model.stop-reason", reason: "refusal" },
];

describe("one long event, byte by byte", () => {
  it("is read in linear time", () => {
    const reader = new SseReader();
    const cost = costOf(event, (byte) => reader.push(byte));
    expect(cost.copied).toBeLessThan(8 * event.length);
    expect(cost.arrays).toBeLessThan(100);
  });

  it.each(faults)("goes through $kind in linear time", (fault) => {
    const created = createMachine(fault, context({ format: "sse" }));
    if (created.kind === "none") throw new Error(created.reason);
    const cost = costOf(event, (byte) => created.machine.push(byte, 0));
    expect(cost.copied).toBeLessThan(16 * event.length);
    expect(cost.arrays).toBeLessThan(100);
  });
});

it("a plain answer, byte by byte, is held in linear time", () => {
  const fault = { kind: "model.stop-reason", reason: "refusal" } as const;
  const created = createMachine(fault, context({ format: null }));
  if (created.kind === "none") throw new Error(created.reason);
  const cost = costOf(answer, (byte) => created.machine.push(byte, 0));
  expect(created.machine.pendingBytes).toBe(answer.length);
  expect(cost.copied).toBeLessThan(8 * answer.length);
  expect(cost.arrays).toBeLessThan(100);
});
