/** Streams of every format: read byte-exact at any chunking within their limits; and machines on them come to their end. */
import {
  createMachine,
  draw,
  FAULT_KINDS,
  FORMAT_NAMES,
  PROVIDER_NAMES,
  STREAM_FORMATS,
  streamLimits,
} from "@faultwire/fault-engine";
import { formatStreams } from "../../packages/fault-engine/test/support/format-streams.ts";
import { sampleFaults } from "../../packages/fault-session/test/support/sample-faults.ts";
import { runToRest } from "../contract/machine.ts";
import { chunked, holds, same, seed, type Target } from "../contract/target.ts";

const kinds = FAULT_KINDS.filter((kind) => /^(?:stream|model)/.test(kind));

function read(format: (typeof FORMAT_NAMES)[number], chunks: readonly Uint8Array[]) {
  const reader = STREAM_FORMATS[format].reader();
  const out: Buffer[] = [];
  const units: unknown[] = [];
  const note = (items: ReturnType<typeof reader.push>): void => {
    for (const item of items) {
      out.push(Buffer.from(item.bytes));
      if (item.kind === "event")
        units.push({ ...item.event, whole: Buffer.from(item.whole).toString("latin1") });
    }
  };
  for (const chunk of chunks) {
    note(reader.push(chunk));
    holds(reader.pendingBytes <= streamLimits.maxUnitBytes, `${reader.pendingBytes} bytes are kept`);
    chunk.fill(0);
  }
  note(reader.finish());
  return { out: Buffer.concat(out).toString("latin1"), units };
}

/** Runs a machine to its end. */
function run(bytes: Uint8Array, format: (typeof FORMAT_NAMES)[number], which: number): void {
  const created = createMachine(sampleFaults[kinds[which % kinds.length]!], {
    startMs: 0,
    random: (purpose, index) => draw(which, purpose, index),
    provider: PROVIDER_NAMES[which % PROVIDER_NAMES.length] ?? null,
    requestId: "req_1",
    format,
    path: "",
    bodyBytes: null,
  });
  if (created.kind === "none") return;
  const { machine } = created;
  const { out } = runToRest(machine, chunked(bytes, which));
  const { outcome } = machine;
  if (outcome.kind === "undone" && kinds[which % kinds.length] !== "stream.reorder")
    same(
      Buffer.concat(out).toString("latin1"),
      Buffer.from(bytes).toString("latin1"),
      "undone changes no byte",
    );
}

export const target: Target = {
  maxBytes: 1500,
  maxSteps: 3_000_000,
  words: [
    "[",
    "]",
    "{",
    "}",
    ",\r\n",
    '"',
    "\\",
    "\n",
    '{"done":true}',
    "\xef\xbb\xbf",
    "\0\0\0\x10\0\0\0\0",
  ],
  seeds: () =>
    formatStreams.flatMap(([, { format, bytes }]) =>
      kinds.map((_kind, at) =>
        seed(FORMAT_NAMES.indexOf(format), Uint8Array.of(at), bytes.subarray(0, 1200)),
      ),
    ),
  run(input) {
    const [how = 0, which = 0] = input;
    const bytes = input.subarray(2);
    const format = FORMAT_NAMES[how % FORMAT_NAMES.length]!;
    const whole = read(format, [bytes.slice()]);
    const parts = read(format, chunked(bytes, which));
    const text = Buffer.from(bytes).toString("latin1");
    same(parts.out, text, "every byte comes out");
    same(whole.out, text, "every byte comes out");
    // Whether an LF behind a CR belongs to a server-sent event is known one byte later.
    if (format !== "sse") same(parts.units, whole.units, "units at any chunking");
    run(bytes, format, which);
  },
};
