/** Compressed bodies: faults in any coding, at any chunking, make what they make of the same body in clear; and any bytes. */
import { createMachine, draw, type FaultMachine } from "@faultwire/fault-engine";
import { CodedMachine, codedBodyLimits } from "@faultwire/fault-engine/internal";
import { formatStreams } from "../../packages/fault-engine/test/support/format-streams.ts";
import { sampleFaults } from "../../packages/fault-session/test/support/sample-faults.ts";
import { contentCodings } from "../../packages/runtime/src/codings/content-codings.ts";
import { type CodingUnderTest, codingsUnderTest } from "../../packages/runtime/test/support/coded.ts";
import { runToRest } from "../contract/machine.ts";
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

/** A body of ours: its faults are those of the same body in clear. */
function checkOurs(content: Uint8Array, which: number, how: number): void {
  const clear = machineFor(which);
  const inner = machineFor(which);
  const coding = codings[how % codings.length]!;
  const made = contentCodings(coding.codings);
  if (!clear || !inner || typeof made === "string") return;
  const expected = runToRest(clear, [content.slice()]);
  const coded = chunked(coding.code(content), which);
  const found = runToRest(new CodedMachine(inner, made), coded, codedBodyLimits.maxUnopenedBytes);
  same(found.end, expected.end, "a coded body ends as the same body in clear");
  same(
    coding.read(Buffer.concat(found.out)).toString("latin1"),
    Buffer.concat(expected.out).toString("latin1"),
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
  const { out, end } = runToRest(machine, chunks, codedBodyLimits.maxUnopenedBytes);
  const bytes = Buffer.concat(out);
  holds(end !== undefined, "a body has an end");
  if (machine.failure === null) return;
  const isPassed = bytes.equals(coded);
  holds(isPassed || end !== "end", "what broke off does not look whole");
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
