/** Compressed bodies: faults in any coding, at any chunking, make what they make of the same body in clear; and any bytes. */
import { createMachine, draw, type FaultMachine, type StreamAction } from "@faultwire/fault-engine";
import { CodedMachine, codedBodyLimits } from "@faultwire/fault-engine/internal";
import { formatStreams } from "../../packages/fault-engine/test/support/format-streams.ts";
import { sampleFaults } from "../../packages/fault-session/test/support/sample-faults.ts";
import { contentCodings } from "../../packages/runtime/src/codings/content-codings.ts";
import { type CodingUnderTest, codingsUnderTest } from "../../packages/runtime/test/support/coded.ts";
import { chunked, holds, same, seed, type Target } from "../contract/target.ts";

const codings = [...codingsUnderTest.values()];
const faults = [
  sampleFaults["stream.cut"],
  sampleFaults["stream.drop"],
  sampleFaults["stream.duplicate"],
  sampleFaults["stream.split"],
  sampleFaults["stream.pace"],
  sampleFaults["stream.error-event"],
  sampleFaults["model.stop-reason"],
] as const;

const formats = formatStreams.map(([, stream]) => stream);

function machineFor(which: number): FaultMachine | null {
  const fault = faults[which % faults.length]!;
  const { format, provider, path } = formats[which % formats.length]!;
  const created = createMachine(fault, {
    startMs: 0,
    random: (purpose, index) => draw(which, purpose, index),
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
  readonly ends: readonly string[];
}

/** All that a machine makes of chunks, and of all the time that it asks for. */
function run(machine: FaultMachine, chunks: readonly Uint8Array[]): Made {
  const actions: StreamAction[] = [];
  let nowMs = 0;
  const note = (made: readonly StreamAction[]): void => {
    for (const action of made)
      actions.push(
        action.kind === "bytes" ? { kind: "bytes", bytes: Uint8Array.from(action.bytes) } : action,
      );
  };
  for (const chunk of chunks) {
    note(machine.push(chunk, nowMs));
    chunk.fill(0);
  }
  note(machine.finish(nowMs));
  for (let wakes = 0; machine.wakeAtMs !== undefined; wakes++) {
    holds(wakes < 20_000, "a machine comes to rest");
    nowMs = Math.max(nowMs, machine.wakeAtMs);
    note(machine.wake(nowMs));
  }
  const end = actions.findIndex(({ kind }) => kind !== "bytes");
  holds(end === -1 || end === actions.length - 1, "nothing comes behind the end");
  return {
    bytes: Buffer.concat(actions.flatMap((action) => (action.kind === "bytes" ? [action.bytes] : []))),
    ends: actions.flatMap(({ kind }) => (kind === "bytes" ? [] : [kind])),
  };
}

/** A body of ours: its faults are those of the same body in clear. */
function checkOurs(content: Uint8Array, which: number, how: number): void {
  const clear = machineFor(which);
  const inner = machineFor(which);
  const coding = codings[how % codings.length]!;
  const made = contentCodings(coding.codings);
  if (!clear || !inner || typeof made === "string") return;
  const expected = run(clear, [content.slice()]);
  const found = run(new CodedMachine(inner, made), chunked(coding.code(content), which));
  same(found.ends, expected.ends, "a coded body ends as the same body in clear");
  same(
    coding.read(found.bytes).toString("latin1"),
    expected.bytes.toString("latin1"),
    "a client reads what it would read in clear",
  );
}

/** Reads as a client does: `deflate` is there with its head and without it (RFC 9110 section 8.4.1.2). */
function readAny({ header, read }: CodingUnderTest, bytes: Buffer): void {
  const isRaw = header === "deflate" && (bytes[0]! & 15) !== 8;
  (isRaw ? codingsUnderTest.get("raw deflate")!.read : read)(bytes);
}

/** Bytes that say that they are so coded: they pass, or what a client can read of them is what it could read before. */
function checkTheirs(coded: Uint8Array, which: number, how: number): void {
  const coding = codings[how % codings.length]!;
  const made = contentCodings(coding.codings);
  const inner = machineFor(which);
  if (!inner || typeof made === "string") return;
  const machine = new CodedMachine(inner, made);
  const chunks = chunked(coded, which);
  const { bytes, ends } = run(machine, chunks);
  holds(ends.length === 1, `a body has one end: ${ends.join()}`);
  holds(
    machine.pendingBytes <= codedBodyLimits.maxUnopenedBytes,
    `${machine.pendingBytes} bytes are kept behind the end`,
  );
  holds(machine.outcome.kind !== "waiting", "it is known what became of the fault");
  if (machine.failure === null) return;
  const isPassed = bytes.equals(coded);
  holds(isPassed || ends[0] !== "end", "what broke off does not look whole");
  if (!isPassed && bytes.length > 0) readAny(coding, bytes);
}

export const target: Target = {
  maxBytes: 1500,
  maxSteps: 3_000_000,
  words: ["\x1f\x8b\x08\0\0\0\0\0\0\x03", "\x78\x9c", "\x28\xb5\x2f\xfd", "data: [DONE]\n\n", "\n\n"],
  seeds: () =>
    formats.flatMap(({ bytes }, at) =>
      codings.flatMap((coding, number) => [
        seed(at, Uint8Array.of(2 * number), bytes.subarray(0, 900)),
        seed(at, Uint8Array.of(2 * number + 1), coding.code(bytes.subarray(0, 900)).subarray(0, 1400)),
        seed(at, Uint8Array.of(2 * number + 1), coding.code(bytes.subarray(0, 90)).subarray(0, 60)),
      ]),
    ),
  run(input) {
    const [which = 0, how = 0] = input;
    const bytes = input.subarray(2);
    if ((how & 1) === 0) checkOurs(bytes, which, how >> 1);
    else checkTheirs(bytes, which, how >> 1);
  },
};
