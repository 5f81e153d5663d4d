/** Every format at every cut: what is read, and what every fault makes of it, depends on no chunk. */
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createMachine,
  draw,
  EVENT_DAMAGES,
  type Fault,
  FORMAT_NAMES,
  type FormatName,
  STREAM_FORMATS,
  type StreamItem,
  type StreamPoint,
  streamLimits,
} from "../../src/index.ts";
import { type FormatStream, formatStreams } from "../support/format-streams.ts";
import { context, drive } from "../support/streams.ts";

const select = (indices: readonly number[] | null, every: number | null = null) => ({
  indices,
  types: null,
  every,
  probability: null,
});
const points: readonly StreamPoint[] = [
  { kind: "events", events: 0 },
  { kind: "events", events: 2 },
  { kind: "bytes", bytes: 61 },
  { kind: "first-delta", side: "before" },
  { kind: "first-delta", side: "after" },
  { kind: "before-end", events: 1 },
  { kind: "before", type: "terminal" },
];
const errorAt = (at: StreamPoint, stop: "clean" | "fin" | "mid-event" | "reset" | "none"): Fault => ({
  kind: "stream.error-event",
  at,
  type: "overloaded_error",
  message: "é",
  data: null,
  event: null,
  errorCode: null,
  stop,
});
const faults: readonly Fault[] = [
  ...points.flatMap((at) => [
    ...(["clean", "none", "fin"] as const).map((stop) => errorAt(at, stop)),
    ...(["clean", "fin", "mid-event", "reset"] as const).map(
      (stop): Fault => ({ kind: "stream.cut", at, stop }),
    ),
    ...[null, 50].map((forMs): Fault => ({ kind: "stream.stall", at, forMs, pingEveryMs: null })),
  ]),
  { kind: "stream.stall", at: { kind: "events", events: 1 }, forMs: 50, pingEveryMs: 20 },
  { kind: "stream.pace", firstEventMs: 5, eventMs: 3, jitterMs: 0 },
  ...[[0], [1], [0, 1], [2]].flatMap((indices): Fault[] => [
    { kind: "stream.drop", events: select(indices) },
    { kind: "stream.duplicate", events: select(indices) },
    { kind: "stream.reorder", events: select(indices) },
  ]),
  { kind: "stream.reorder", events: select(null, 1) },
  { kind: "stream.drop", events: select(null, 1) },
  ...EVENT_DAMAGES.map((how): Fault => ({ kind: "stream.damage", events: select(null, 2), how })),
  ...(["utf8", "json", "line"] as const).map(
    (where): Fault => ({ kind: "stream.split", events: select(null, 1), where, gapMs: 1 }),
  ),
  { kind: "model.stop-reason", reason: "refusal" },
  { kind: "model.empty-content" },
  { kind: "model.garble-tool-input" },
  { kind: "model.fallback", from: "a", to: "b", category: null },
];

/** What a fault makes of chunks: its bytes, its end and what became of it; a reason where it has no machine. */
function made(
  fault: Fault,
  { format, provider, path }: FormatStream,
  chunks: readonly Uint8Array[],
): { readonly outcome: string; readonly ends: string; readonly bytes: string } {
  const created = createMachine(fault, context({ format, provider, path }));
  if (created.kind === "none") return { outcome: `none: ${created.reason}`, ends: "", bytes: "" };
  const raw: Uint8Array[] = [];
  const ends = drive(created.machine, chunks, { raw })
    .map(([, what]) => what)
    .filter((what) => /^<(?:end|close|reset)>$/.test(what));
  const { outcome, pendingBytes } = created.machine;
  return {
    outcome: outcome.kind,
    ends: `${ends.join()} and ${pendingBytes} bytes are kept`,
    bytes: Buffer.concat(raw).toString("latin1"),
  };
}

/**
 * The cuts of one fault are so far apart, and those of the next fault lie between them: all of them are tried with every
 * fault in the long form alone, which takes minutes.
 */
const everyCut = Math.max(1, Math.round(19 / propertyRuns(1)));

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

describe.each(formatStreams)("%s", (_, stream) => {
  const { bytes, format, units } = stream;

  function read(chunks: readonly Uint8Array[]): { out: string; items: StreamItem[] } {
    const reader = STREAM_FORMATS[format].reader();
    const items = [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.finish()];
    return { out: latin1(Buffer.concat(items.map((item) => item.bytes))), items };
  }
  const wholes = (items: readonly StreamItem[]): string[] =>
    items.flatMap((item) => (item.kind === "event" ? [latin1(item.whole)] : []));

  it("is read into its units, byte-exact, at every cut", () => {
    const expected = units.map(latin1);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { out, items } = read([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(out).toBe(latin1(bytes));
      expect(wholes(items)).toEqual(expected);
    }
    const { out, items } = read(Array.from(bytes, (byte) => Uint8Array.of(byte)));
    expect(out).toBe(latin1(bytes));
    expect(wholes(items)).toEqual(expected);
  });

  it.each(faults.map((fault, at) => [JSON.stringify(fault), fault, at] as const))(
    "%s: the same at every cut",
    (_name, fault, number) => {
      const whole = made(fault, stream, [bytes]);
      for (let cut = 1 + (number % everyCut); cut < bytes.length; cut += everyCut) {
        const {
          outcome,
          ends,
          bytes: out,
        } = made(fault, stream, [bytes.subarray(0, cut), bytes.subarray(cut)]);
        // Compared by hand: thousands of calls of `expect` take minutes.
        if (outcome !== whole.outcome || ends !== whole.ends || out !== whole.bytes)
          expect({ cut, outcome, ends, bytes: out }).toEqual({ cut, ...whole });
      }
      expect(
        made(
          fault,
          stream,
          Array.from(bytes, (byte) => Uint8Array.of(byte)),
        ),
      ).toEqual(whole);
    },
  );

  it("goes out as it came where a fault is undone, and is told so", () => {
    for (const fault of faults) {
      const { outcome, bytes: out } = made(fault, stream, [bytes]);
      if (outcome === "undone" && fault.kind !== "stream.reorder")
        expect(out, JSON.stringify(fault)).toBe(latin1(bytes));
    }
  });
});

describe("readers of any format, for any bytes", () => {
  const word = fc.constantFrom(
    ...["[", "]", "{", "}", ",", '"', "\\", "\n", "1", "null", '{"a":"]"}', "data: x\n\n", "\ufeff", " "].map(
      (text) => new TextEncoder().encode(text),
    ),
    ...formatStreams.flatMap(([, { units }]) => units.slice(0, 2)),
    Uint8Array.of(0, 0, 0, 16, 0, 0, 0, 0),
  );

  it("give every byte out once, hold no more than the limit, and read the same at any chunking", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<FormatName>(...FORMAT_NAMES),
        fc.array(word, { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        (format, words, size) => {
          const bytes = Uint8Array.from(Buffer.concat(words));
          const readBy = (step: number): { out: string; units: string[] } => {
            const reader = STREAM_FORMATS[format].reader();
            const items: StreamItem[] = [];
            for (let at = 0; at < bytes.length; at += step) {
              items.push(...reader.push(bytes.subarray(at, at + step)));
              expect(reader.pendingBytes).toBeLessThanOrEqual(streamLimits.maxUnitBytes);
            }
            items.push(...reader.finish());
            const units = items.flatMap((item) =>
              item.kind === "event" ? [JSON.stringify(item.event)] : [],
            );
            return { out: latin1(Buffer.concat(items.map((item) => item.bytes))), units };
          };
          const whole = readBy(Math.max(1, bytes.length));
          expect(whole.out).toBe(latin1(bytes));
          expect(readBy(size)).toEqual(whole);
        },
      ),
      { numRuns: propertyRuns(200) },
    );
  });

  it("machines on them come to their end, and say what became of them", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<FormatName>(...FORMAT_NAMES),
        fc.constantFrom(...faults),
        fc.array(word, { maxLength: 10 }),
        fc.nat(),
        (format, fault, words, seed) => {
          const random = (purpose: string, index: number): number => draw(seed, purpose, index);
          const created = createMachine(fault, context({ format, random }));
          if (created.kind === "none") return;
          drive(created.machine, words, { everyMs: 3 });
          expect(created.machine.outcome.kind).not.toBe("waiting");
          expect(created.machine.pendingBytes).toBe(0);
        },
      ),
      { numRuns: propertyRuns(200) },
    );
  });
});
