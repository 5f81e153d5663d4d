import { randomChunks, seededRandom } from "@faultwire/testkit/chunkers";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMachine, draw, type Fault, type FaultMachine, type StreamAction } from "../../src/index.ts";
import { context } from "../support/streams.ts";

const fixed = (ms: number) => ({ kind: "fixed", ms }) as const;
const select = { indices: null, types: null, every: 2, probability: null };
const points = [
  { kind: "events", events: 2 },
  { kind: "bytes", bytes: 25 },
  { kind: "time", ms: 30 },
  { kind: "first-delta", side: "before" },
  { kind: "first-delta", side: "after" },
  { kind: "before-end", events: 2 },
] as const;

/** Faults that change when and in which pieces bytes come, but not the bytes. */
const delaying: readonly Fault[] = [
  { kind: "connection.throttle", from: "server", bytesPerSecond: 400 },
  { kind: "connection.slice", from: "server", bytes: 3, gapMs: 7 },
  { kind: "connection.latency", per: "chunk", duration: { kind: "uniform", minMs: 0, maxMs: 90 } },
  {
    kind: "http.delay",
    beforeHead: null,
    beforeBody: fixed(40),
    perChunk: { kind: "lognormal", medianMs: 5, sigma: 1 },
  },
  { kind: "stream.pace", firstEventMs: 50, eventMs: 9, jitterMs: 4 },
  { kind: "stream.split", events: select, where: "json", gapMs: 11 },
  { kind: "stream.split", events: select, where: "utf8", gapMs: 11 },
  ...points.map((at): Fault => ({ kind: "stream.stall", at, forMs: 60, pingEveryMs: null })),
];

/** Faults after which the client has a beginning of what was sent, and nothing else. */
const cutting: readonly Fault[] = [
  { kind: "http.truncate", after: { kind: "bytes", bytes: 30 } },
  ...points.flatMap((at) =>
    (["clean", "fin", "mid-event", "reset"] as const).map(
      (stop): Fault => ({ kind: "stream.cut", at, stop }),
    ),
  ),
  ...points.map((at): Fault => ({ kind: "stream.stall", at, forMs: null, pingEveryMs: null })),
];

const changing: readonly Fault[] = [
  { kind: "stream.drop", events: select },
  { kind: "stream.duplicate", events: select },
  { kind: "stream.reorder", events: select },
  { kind: "stream.damage", events: select, how: "invalid-json" },
  { kind: "stream.damage", events: select, how: "unknown-event-type" },
  { kind: "stream.damage", events: select, how: "missing-event-line" },
  { kind: "stream.damage", events: select, how: "truncated-tool-input" },
  { kind: "model.stop-reason", reason: "refusal" },
  { kind: "model.empty-content" },
  { kind: "model.garble-tool-input" },
  { kind: "connection.corrupt", from: "server", rate: 0.2, fromByte: 5, toByte: null },
  ...points.map(
    (at): Fault => ({
      kind: "stream.error-event",
      at,
      type: "api_error",
      message: null,
      data: null,
      event: null,
      errorCode: null,
      stop: "clean",
    }),
  ),
];

const streamText = fc
  .array(
    fc.constantFrom(
      "data: a\n\n",
      'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"é€😀"}}\n\n',
      "event: ping\r\ndata: {}\r\n\r\n",
      ": comment\n\n",
      "\ufeff",
      "data: [DONE]\n\n",
      "data: {\r\r",
      "garbage",
      "\n",
      "\r",
    ),
    { maxLength: 12 },
  )
  .map((parts) => new TextEncoder().encode(parts.join("")));

interface Run {
  readonly bytes: Uint8Array;
  readonly machine: FaultMachine;
  /** Ends (`end`, `close`, `reset`), of which there can be one. */
  readonly ends: readonly string[];
}

/** Runs a machine on chunks and moments drawn from `seed`, then lets time pass; checks what holds for all machines. */
function run(fault: Fault, input: Uint8Array, seed: number): Run {
  const random = seededRandom(seed);
  const created = createMachine(
    fault,
    context({ random: (purpose, index) => draw(seed, purpose, index), bodyBytes: input.length }),
  );
  if (created.kind === "none") throw new Error(created.reason);
  const { machine } = created;
  const out: Uint8Array[] = [];
  const ends: string[] = [];
  let nowMs = 0;
  const note = (actions: readonly StreamAction[]): void => {
    for (const action of actions) {
      expect(ends, "an action after the end").toEqual([]);
      if (action.kind === "bytes") {
        expect(action.bytes.length).toBeGreaterThan(0);
        out.push(action.bytes.slice());
      } else ends.push(action.kind);
    }
  };
  for (const chunk of randomChunks(input, 1, 1 + Math.floor(random() * 40), random)) {
    const own = chunk.slice();
    note(machine.push(own, nowMs));
    own.fill(0);
    nowMs += Math.floor(random() * 30);
    if (machine.wakeAtMs !== undefined && machine.wakeAtMs <= nowMs) note(machine.wake(nowMs));
  }
  note(machine.finish(nowMs));
  for (let guard = 0; machine.wakeAtMs !== undefined; guard++) {
    expect(guard).toBeLessThan(5000);
    nowMs = Math.max(nowMs, machine.wakeAtMs);
    note(machine.wake(nowMs));
  }
  expect(machine.pendingBytes).toBe(0);
  expect(machine.outcome.kind).not.toBe("waiting");
  expect(machine.isOver).toBe(ends.length === 1);
  return { bytes: Uint8Array.from(Buffer.concat(out)), machine, ends };
}

const anyOf = (faults: readonly Fault[]): fc.Arbitrary<Fault> => fc.constantFrom(...faults);

describe("machines, for any bytes at any chunking and any moments", () => {
  it("that delay change no byte", () => {
    fc.assert(
      fc.property(anyOf(delaying), streamText, fc.nat(), (fault, input, seed) => {
        const { bytes, ends } = run(fault, input, seed);
        expect(bytes).toEqual(input);
        expect(ends).toEqual(["end"]);
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  it("that cut give a beginning", () => {
    fc.assert(
      fc.property(anyOf(cutting), streamText, fc.nat(), (fault, input, seed) => {
        const { bytes, ends } = run(fault, input, seed);
        expect(bytes).toEqual(input.subarray(0, bytes.length));
        expect(ends.length).toBeLessThanOrEqual(1);
        if (ends.length === 0) expect(fault.kind).toBe("stream.stall");
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  it("that change something come to an end, and say what became of them", () => {
    fc.assert(
      fc.property(anyOf(changing), streamText, fc.nat(), (fault, input, seed) => {
        const { ends, machine, bytes } = run(fault, input, seed);
        expect(ends).toHaveLength(1);
        // An event that waited in vain to change places let pings pass: a keep-alive held back is none.
        if (machine.outcome.kind === "undone" && fault.kind === "stream.reorder")
          expect(bytes.toSorted()).toEqual(input.toSorted());
        else if (machine.outcome.kind === "undone") expect(bytes).toEqual(input);
      }),
      { numRuns: propertyRuns(150) },
    );
  });
});
