/** Every format in every coding, at every cut: a fault makes of a compressed body what it makes of the same body in clear. */
import {
  createMachine,
  type Fault,
  type FaultMachine,
  type StreamAction,
  type StreamPoint,
} from "@faultwire/fault-engine";
import { CodedMachine } from "@faultwire/fault-engine/internal";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import { describe, expect, it } from "vitest";
import { type FormatStream, formatStreams } from "../../../fault-engine/test/support/format-streams.ts";
import { contentCodings } from "../../src/codings/content-codings.ts";
import { type CodingUnderTest, codingsUnderTest } from "../support/coded.ts";

const every = (nth: number) => ({ indices: null, types: null, every: nth, probability: null });
const cutAt = (at: StreamPoint, stop: "clean" | "fin" | "mid-event"): Fault => ({
  kind: "stream.cut",
  at,
  stop,
});
const faults: readonly Fault[] = [
  cutAt({ kind: "events", events: 2 }, "fin"),
  cutAt({ kind: "events", events: 2 }, "clean"),
  cutAt({ kind: "bytes", bytes: 61 }, "fin"),
  cutAt({ kind: "before-end", events: 1 }, "fin"),
  cutAt({ kind: "events", events: 1 }, "mid-event"),
  { kind: "stream.drop", events: every(2) },
  { kind: "stream.duplicate", events: every(1) },
  { kind: "stream.reorder", events: every(2) },
  { kind: "stream.split", events: every(1), where: "utf8", gapMs: 1 },
  { kind: "stream.stall", at: { kind: "events", events: 1 }, forMs: 50, pingEveryMs: 20 },
  { kind: "stream.pace", firstEventMs: 5, eventMs: 3, jitterMs: 0 },
  { kind: "model.stop-reason", reason: "refusal" },
];

function machineFor(fault: Fault, { format, provider, path }: FormatStream): FaultMachine | null {
  const created = createMachine(fault, {
    startMs: 0,
    random: () => 0.5,
    provider,
    requestId: "req_1",
    format,
    path,
    bodyBytes: null,
  });
  return created.kind === "machine" ? created.machine : null;
}

interface Made {
  readonly bytes: Buffer;
  readonly ends: string;
  readonly outcome: string;
}

/** All that a machine makes of chunks, and of all the time that it asks for. */
function run(machine: FaultMachine, chunks: readonly Uint8Array[]): Made {
  const actions: StreamAction[] = [];
  for (const chunk of chunks) actions.push(...machine.push(chunk, 0));
  actions.push(...machine.finish(0));
  for (let nowMs = machine.wakeAtMs; nowMs !== undefined && !machine.isOver; nowMs = machine.wakeAtMs)
    actions.push(...machine.wake(nowMs));
  const { outcome } = machine;
  return {
    bytes: Buffer.concat(actions.flatMap((action) => (action.kind === "bytes" ? [action.bytes] : []))),
    ends: actions.flatMap((action) => (action.kind === "bytes" ? [] : [action.kind])).join(),
    outcome: outcome.kind === "undone" ? outcome.reason : outcome.kind,
  };
}

function coded(fault: Fault, stream: FormatStream, { codings }: CodingUnderTest): CodedMachine {
  const coding = contentCodings(codings);
  const machine = machineFor(fault, stream);
  if (typeof coding === "string" || !machine) throw new Error("no machine");
  return new CodedMachine(machine, coding);
}

/** Compared by hand: thousands of calls of `expect` take minutes. */
function isSame(found: Made, read: Buffer, clear: Made, isWhole: boolean): boolean {
  const isEnd = clear.ends === "end";
  return (
    found.ends === clear.ends &&
    found.outcome === clear.outcome &&
    read.equals(clear.bytes) &&
    isWhole === isEnd
  );
}

/** All cuts are tried with one fault; those of the others are so far apart, and lie between each other. */
const apart = Math.max(1, Math.round(199 / propertyRuns(1)));

describe.each([...codingsUnderTest])("in %s", (_name, coding) => {
  describe.each(formatStreams)("%s", (_format, stream) => {
    const body = coding.code(stream.bytes);
    const meant = faults.filter((fault) => machineFor(fault, stream));

    it.each(meant.map((fault, number) => [JSON.stringify(fault), fault, number] as const))(
      "%s",
      (_fault, fault, number) => {
        const clear = run(machineFor(fault, stream)!, [stream.bytes]);
        const [from, step] = number === 0 ? [0, 1] : [number % apart, apart];
        const ways = [Array.from(body, (byte) => Uint8Array.of(byte)), [body]];
        for (let cut = from; cut < body.length; cut += step)
          ways.push([body.subarray(0, cut), body.subarray(cut)]);
        for (const chunks of ways) {
          const found = run(coded(fault, stream, coding), chunks);
          const read = coding.read(found.bytes);
          const isWhole = coding.isWhole(found.bytes);
          if (!isSame(found, read, clear, isWhole))
            expect(
              { ...found, bytes: String(read), isWhole },
              `in ${chunks.length} chunks, the first of ${chunks[0]?.length}`,
            ).toEqual({ ...clear, bytes: String(clear.bytes), isWhole: clear.ends === "end" });
        }
        expect(ways.length).toBeGreaterThan(2);
      },
    );
  });
});
