/** Machines on the messages of a gRPC call: what passes, byte for byte, and how the call ends; at every chunking. */
import { encodePrefix } from "@faultwire/grpc";
import { chunksOf, concatBytes, splitsOf } from "@faultwire/testkit/chunkers";
import { describe, expect, it } from "vitest";
import { createMachine, type Fault, type FaultMachine, type StreamAction } from "../../src/index.ts";

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const message = (text: string, flag = 0): Uint8Array =>
  concatBytes([encodePrefix(text.length, flag), bytesOf(text)]);
const [one, two, three] = [message("one"), message("second"), message("3")];
const all = concatBytes([one, two, three]);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const machineFor = (fault: Fault, isGrpc = true): FaultMachine => {
  const created = createMachine(fault, {
    ...{
      startMs: 0,
      random: () => 0,
      provider: null,
      requestId: "",
      format: null,
      path: "",
      bodyBytes: null,
    },
    ...{ isGrpc, marker: "r" },
  });
  if (created.kind === "none") throw new Error(created.reason);
  return created.machine;
};

interface Seen {
  readonly wire: string;
  /** How it ended: `end` with the source's trailers, else the last action. */
  readonly end: string;
  readonly outcome: string;
}

function play(fault: Fault, chunks: readonly Uint8Array[]): Seen {
  const machine = machineFor(fault);
  const actions: StreamAction[] = [];
  const take = (some: StreamAction[]): void => {
    // Memory of a chunk is used again.
    for (const action of some)
      actions.push("bytes" in action ? { ...action, bytes: action.bytes.slice() } : action);
  };
  if (machine.wakeAtMs !== undefined) take(machine.wake(machine.wakeAtMs));
  for (const chunk of chunks) {
    const used = new Uint8Array(chunk);
    take(machine.push(used, 0));
    used.fill(0xee);
    expect(machine.pendingBytes).toBeLessThan(5);
  }
  take(machine.finish(0));
  expect(machine.isOver).toBe(true);
  const ends = actions.filter(({ kind }) => kind !== "bytes");
  expect(ends.length).toBe(1);
  expect(actions.at(-1)).toBe(ends[0]);
  const [end] = ends;
  const wire = concatBytes(actions.flatMap((action) => (action.kind === "bytes" ? [action.bytes] : [])));
  const { outcome } = machine;
  return {
    wire: hex(wire),
    end: end?.kind === "end" && end.trailers ? JSON.stringify(end.trailers) : (end?.kind ?? ""),
    outcome: outcome.kind === "undone" ? outcome.reason : outcome.kind,
  };
}

const status = (afterMessages: number): Fault => ({
  kind: "grpc.status",
  ...{ code: 14, message: "50 %", details: [], retryDelayMs: null, pushback: 250, afterMessages },
});
const trailers = JSON.stringify([
  ["grpc-status", "14"],
  ["grpc-message", "50 %25"],
  ["grpc-retry-pushback-ms", "250"],
  ["x-faultwire", "r"],
]);
type Cut = Extract<Fault, { kind: "grpc.cut" }>;
const cut = (afterMessages: number, more: Partial<Cut> = {}): Fault => ({
  kind: "grpc.cut",
  ...{ afterMessages, midMessage: false, stop: "reset", ...more },
});
const garbage = (afterMessages: number, how: Extract<Fault, { kind: "grpc.garbage" }>["how"]): Fault => ({
  kind: "grpc.garbage",
  ...{ afterMessages, how },
});
const done = (wire: Uint8Array, end: string): Seen => ({ wire: hex(wire), end, outcome: "done" });
const late = (count: string): string => `the call ended after ${count}, before the point of the fault`;

const cases: readonly (readonly [does: string, fault: Fault, wire: Uint8Array, seen: Seen])[] = [
  ["a status behind the head", status(0), all, done(new Uint8Array(0), trailers)],
  ["a status behind two messages", status(2), all, done(concatBytes([one, two]), trailers)],
  ["a status behind all messages", status(3), all, done(all, trailers)],
  [
    "a status that comes too late",
    status(4),
    all,
    { wire: hex(all), end: "end", outcome: late("3 messages") },
  ],
  ["a reset behind a message", cut(1), all, done(one, "reset")],
  ["an end without trailers", cut(1, { stop: "no-trailers" }), all, done(one, "[]")],
  ["a connection that is closed", cut(1, { stop: "fin" }), all, done(one, "close")],
  // A prefix of 5 bytes and a message of 6: the half of it.
  [
    "a cut in the middle of a message",
    cut(1, { midMessage: true }),
    all,
    done(all.subarray(0, one.length + 5), "reset"),
  ],
  [
    "a cut in the first message",
    cut(0, { midMessage: true, stop: "no-trailers" }),
    all,
    done(all.subarray(0, 4), "[]"),
  ],
  [
    "a cut in a message that never comes",
    cut(1, { midMessage: true }),
    one,
    { wire: hex(one), end: "end", outcome: late("1 message") },
  ],
  [
    "a flag of compression",
    garbage(1, "compressed-flag"),
    all,
    done(concatBytes([one, message("second", 1), three]), "end"),
  ],
  [
    "the flag of a compressed message taken away",
    garbage(0, "compressed-flag"),
    message("zip", 1),
    done(message("zip"), "end"),
  ],
  ["a flag that is reserved", garbage(0, "reserved-flag"), one, done(message("one", 2), "end")],
  [
    "a length of 4 GiB",
    garbage(0, "oversized-length"),
    one,
    done(concatBytes([Uint8Array.of(0, 255, 255, 255, 255), bytesOf("one")]), "end"),
  ],
  [
    "a length of a byte more",
    garbage(0, "long-length"),
    one,
    done(concatBytes([encodePrefix(4), bytesOf("one")]), "end"),
  ],
  [
    "what is no message",
    garbage(1, "long-length"),
    bytesOf("\x07none"),
    { wire: hex(bytesOf("\x07none")), end: "end", outcome: "the messages of the response can't be read" },
  ],
  [
    "a prefix that breaks off",
    status(1),
    bytesOf("\0\0\0"),
    { wire: "000000", end: "end", outcome: "the messages of the response can't be read" },
  ],
];

describe("a fault of a gRPC call", () => {
  it.each(cases)("%s: whole, byte by byte, split at every point", (_does, fault, wire, seen) => {
    expect(play(fault, [wire])).toEqual(seen);
    expect(play(fault, chunksOf(wire, 1))).toEqual(seen);
    for (const split of splitsOf(wire)) expect(play(fault, split)).toEqual(seen);
  });

  it("lets what it does not touch go on in the chunks in which it came", () => {
    const machine = machineFor(status(3));
    const chunk = concatBytes([one, two]);
    const [action] = machine.push(chunk, 0);
    expect(action).toEqual({ kind: "bytes", bytes: chunk });
  });

  it("strikes behind the head without a message of the upstream's", () => {
    const machine = machineFor(status(0));
    expect(machine.wakeAtMs).toBe(0);
    expect(machine.wake(0).map(({ kind }) => kind)).toEqual(["end"]);
    expect(machine.wakeAtMs).toBeUndefined();
    expect(machine.push(all, 1)).toEqual([]);
    expect(machine.finish(2)).toEqual([]);
  });

  it("is none of a response without messages", () => {
    expect(() => machineFor(cut(0), false)).toThrow("the response has no gRPC messages");
  });
});
