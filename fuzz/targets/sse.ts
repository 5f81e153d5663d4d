/** Event streams: read as the standard says, at any chunking, byte-exact; and machines on them come to their end. */
import { createMachine, draw, FAULT_KINDS, PROVIDER_NAMES, SseReader } from "@faultwire/fault-engine";
import { anthropicEvents } from "../../packages/fault-engine/test/support/streams.ts";
import { sampleFaults } from "../../packages/fault-session/test/support/sample-faults.ts";
import { runToRest } from "../contract/machine.ts";
import { chunked, holds, same, seed, type Target } from "../contract/target.ts";

const kinds = FAULT_KINDS.filter((kind) =>
  /^(?:stream|model|http\.(?:truncate|delay)|connection\.(?:latency|throttle|slice|corrupt))/.test(kind),
);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Whole events of a stream as WHATWG HTML §9.2.6 has them, read in another way: by lines, and all at once. */
function dispatched(stream: string): { name: string | null; data: string }[] {
  const events: { name: string | null; data: string }[] = [];
  let name: string | null = null;
  let data: string[] = [];
  const lines = stream.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  // Behind the last line end there is no line.
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      if (data.length > 0) events.push({ name, data: data.join("\n") });
      name = null;
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    if (field === "event") name = value;
  }
  return events;
}

function read(
  chunks: readonly Uint8Array[],
  maxEventBytes: number | undefined,
): { out: string; events: unknown[]; isOpaque: boolean } {
  const reader = new SseReader(maxEventBytes === undefined ? {} : { maxEventBytes });
  const out: Buffer[] = [];
  const events: unknown[] = [];
  let isOpaque = false;
  for (const chunk of chunks) {
    for (const item of reader.push(chunk)) {
      out.push(Buffer.from(item.bytes));
      if (item.kind === "opaque") isOpaque = true;
      if (item.kind === "event") events.push({ ...item.event, whole: text(item.whole) });
    }
    if (maxEventBytes !== undefined)
      holds(reader.pendingBytes <= maxEventBytes, `${reader.pendingBytes} bytes are kept`);
    chunk.fill(0);
  }
  return { out: Buffer.concat(out).toString("latin1"), events, isOpaque };
}

/** Runs a machine to its end. */
function run(bytes: Uint8Array, kind: (typeof kinds)[number], how: number, number: number): void {
  const created = createMachine(sampleFaults[kind], {
    startMs: 0,
    random: (purpose, index) => draw(number, purpose, index),
    provider: PROVIDER_NAMES[how % PROVIDER_NAMES.length] ?? null,
    requestId: "req_1",
    format: (how & 8) === 0 ? "sse" : null,
    path: "",
    bodyBytes: (how & 16) === 0 ? null : bytes.length,
  });
  if (created.kind === "none") return;
  const { out } = runToRest(created.machine, chunked(bytes, number));
  const outBytes = out.reduce((sum, { length }) => sum + length, 0);
  holds(outBytes <= 4 * bytes.length + 20_000, "what comes out stands in proportion to what came in");
}

export const target: Target = {
  maxBytes: 1500,
  maxSteps: 2_000_000,
  words: [
    "\n\n",
    "\r\n\r\n",
    "\r\r",
    "data: ",
    "event: ",
    ": ping\n\n",
    "\xef\xbb\xbf",
    "data: [DONE]\n\n",
    "id: 1\n",
    "retry: 5\n",
    "data\n",
    '{"type":"',
    '"delta":{"text":"',
  ],
  seeds: () => [
    ...PROVIDER_NAMES.map((_name, at) => seed(at, Uint8Array.of(at), anthropicEvents.join(""))),
    ...kinds.map((_kind, at) =>
      seed(
        at * 8,
        Uint8Array.of(at),
        anthropicEvents
          .slice(0, 5)
          .join("")
          .replaceAll("\n", at % 2 ? "\r\n" : "\n"),
      ),
    ),
    seed(1, "\x03", 'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n'),
    seed(2, "\x07", "\xef\xbb\xbf: c\r\rdata: x\rdata:y\r\revent: e\n\n"),
    seed(3, "\x09", 'data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\r\n\r\n'),
  ],
  run(input) {
    const [how = 0, which = 0] = input;
    const bytes = input.subarray(2);
    const limit = (how & 128) !== 0 ? 64 : undefined;
    const whole = read([bytes.slice()], limit);
    const parts = read(chunked(bytes, which), limit);
    holds(parts.out === Buffer.from(bytes).toString("latin1") || bytes.at(-1) === 13, "every byte comes out");
    if (!whole.isOpaque && !parts.isOpaque && bytes.at(-1) !== 13) {
      // Whether an LF behind a CR belongs to it is known one byte later; events are the same.
      const shown = (events: readonly unknown[]): unknown =>
        (events as { name: string | null; data: string | null }[])
          .filter(({ data }) => data !== null)
          .map(({ name, data }) => ({ name, data }));
      same(shown(parts.events), shown(whole.events), "events at any chunking");
      same(shown(whole.events), dispatched(text(bytes)), "events as the standard has them");
    }
    run(bytes, kinds[which % kinds.length]!, how, which);
  },
};
