/**
 * What stream faults do to events, in every form that a stream may have: LF, CRLF and CR, a byte-order mark, comments
 * and pings between events, `id` and `retry` lines, a last event without its blank line. The outcome is read by a
 * reader of its own, as a client would.
 */
import { chunksOf } from "@faultwire/testkit/chunkers";
import { propertyRuns } from "@faultwire/testkit/property-runs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMachine, type EventSelector, type Fault } from "../../src/index.ts";
import { context, drive, resultOf } from "../support/streams.ts";

/** What a client makes of a block. */
interface Dispatched {
  readonly name: string | null;
  readonly data: string;
  readonly id: string | null;
}

/** Reads a stream as WHATWG HTML §9.2.6 says, but gives out an unfinished last block, too, as some clients do. */
function dispatched(text: string): Dispatched[] {
  const events: Dispatched[] = [];
  let block: { name: string | null; data: string[]; id: string | null } = { name: null, data: [], id: null };
  const end = (): void => {
    if (block.data.length > 0) events.push({ name: block.name, data: block.data.join("\n"), id: block.id });
    block = { name: null, data: [], id: null };
  };
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)) {
    if (line === "") end();
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "data") block.data.push(value);
    if (field === "event") block.name = value;
    if (field === "id") block.id = value;
  }
  end();
  return events;
}

const isPing = ({ name }: Dispatched): boolean => name === "ping";
const commentsOf = (text: string): string[] =>
  text.split(/\r\n|\r|\n/).filter((line) => line.startsWith(":"));

interface Stream {
  readonly text: string;
  readonly events: readonly Dispatched[];
}

/** Streams with 3 to 6 events; each event's data names its number. */
const stream: fc.Arbitrary<Stream> = fc
  .record({
    events: fc.array(
      fc.record({
        before: fc.array(
          fc.constantFrom(
            [": comment"],
            [": PROCESSING", ": still"],
            ["event: ping", "data: {}"],
            ["retry: 10"],
            [],
          ),
          { maxLength: 2 },
        ),
        name: fc.constantFrom(null, "content_block_delta", "é"),
        data: fc.constantFrom(
          (n: number): string[] => [`{"type":"content_block_delta","n":${n},"text":"é€"}`],
          (n: number): string[] => [`{"n":${n},`, `"more":"x"}`],
        ),
        id: fc.boolean(),
      }),
      { minLength: 3, maxLength: 6 },
    ),
    lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
    hasMark: fc.boolean(),
    tail: fc.constantFrom("whole", "no blank line", "no line end"),
    commentBehind: fc.boolean(),
  })
  .map(({ events, lineEnd, hasMark, tail, commentBehind }) => {
    const blocks: string[][] = [];
    for (const [n, { before, name, data, id }] of events.entries()) {
      blocks.push(...before.map((lines) => [...lines]));
      const lines = data(n).map((line) => `data: ${line}`);
      if (name !== null) lines.unshift(`event: ${name}`);
      if (id) lines.push(`id: ${n}`);
      blocks.push(lines);
    }
    if (commentBehind && tail === "whole") blocks.push([": behind"]);
    let text = blocks.map((lines) => `${lines.map((line) => line + lineEnd).join("")}${lineEnd}`).join("");
    if (tail !== "whole") text = text.slice(0, -lineEnd.length);
    if (tail === "no line end") text = text.slice(0, -lineEnd.length);
    text = (hasMark ? "\ufeff" : "") + text;
    return { text, events: dispatched(text) };
  });

const chosen = (more: Partial<EventSelector>): EventSelector => ({
  indices: null,
  types: null,
  every: null,
  probability: null,
  ...more,
});

/** The text that comes out, the same for every chunking. */
function outcomeOf(fault: Fault, text: string): { text: string; outcome: string; end: string | undefined } {
  const bytes = new TextEncoder().encode(text);
  const results = [bytes.length, 1, 2, 7].map((size) => {
    const created = createMachine(fault, context({ provider: "anthropic" }));
    if (created.kind === "none") throw new Error(created.reason);
    const seen: Uint8Array[] = [];
    const { machine } = created;
    const wrapped = drive(machine, [...chunksOf(bytes, size)], { raw: seen });
    return {
      text: Buffer.concat(seen).toString(),
      outcome: machine.outcome.kind,
      end: resultOf(wrapped).end,
    };
  });
  for (const result of results) expect(result).toEqual(results[0]);
  return results[0]!;
}

const holdsFor = (check: (given: Stream) => void): void => {
  fc.assert(fc.property(stream, check), { numRuns: propertyRuns(80) });
};

describe("in a stream of any form", () => {
  it("reorder changes places with the next event, not with a comment or a ping", () => {
    holdsFor(({ text, events }) => {
      const { text: out, outcome } = outcomeOf(
        { kind: "stream.reorder", events: chosen({ indices: [1] }) },
        text,
      );
      const kept = events.filter((event) => !isPing(event));
      const [first, second, third, ...rest] = kept;
      expect(dispatched(out).filter((event) => !isPing(event))).toEqual([first, third, second, ...rest]);
      expect(commentsOf(out)).toEqual(commentsOf(text));
      expect(outcome).toBe("done");
    });
  });

  it("reorder of the first event leaves the byte-order mark where it is", () => {
    holdsFor(({ text, events }) => {
      const { text: out } = outcomeOf({ kind: "stream.reorder", events: chosen({ indices: [0] }) }, text);
      const [first, second, ...rest] = events.filter((event) => !isPing(event));
      expect(dispatched(out).filter((event) => !isPing(event))).toEqual([second, first, ...rest]);
      expect(out.startsWith("\ufeff")).toBe(text.startsWith("\ufeff"));
      expect(out.lastIndexOf("\ufeff")).toBeLessThanOrEqual(0);
    });
  });

  it("drop leaves out the chosen ones, the last one too", () => {
    holdsFor(({ text, events }) => {
      const kept = events.filter((event) => !isPing(event));
      for (const index of [0, kept.length - 1]) {
        const { text: out, outcome } = outcomeOf(
          { kind: "stream.drop", events: chosen({ indices: [index] }) },
          text,
        );
        expect(dispatched(out).filter((event) => !isPing(event))).toEqual(
          kept.filter((_event, at) => at !== index),
        );
        expect(outcome).toBe("done");
      }
    });
  });

  it("duplicate sends the chosen ones twice, without a second byte-order mark", () => {
    holdsFor(({ text, events }) => {
      const kept = events.filter((event) => !isPing(event));
      for (const index of [0, kept.length - 1]) {
        const { text: out, outcome } = outcomeOf(
          { kind: "stream.duplicate", events: chosen({ indices: [index] }) },
          text,
        );
        expect(dispatched(out).filter((event) => !isPing(event))).toEqual(
          kept.flatMap((event, at) => (at === index ? [event, event] : [event])),
        );
        expect(out.lastIndexOf("\ufeff")).toBeLessThanOrEqual(0);
        expect(outcome).toBe("done");
      }
    });
  });

  it("damage changes the data of the chosen one and nothing else of it", () => {
    holdsFor(({ text, events }) => {
      const kept = events.filter((event) => !isPing(event));
      for (const index of [0, kept.length - 1]) {
        const { text: out, outcome } = outcomeOf(
          { kind: "stream.damage", events: chosen({ indices: [index] }), how: "invalid-json" },
          text,
        );
        const after = dispatched(out).filter((event) => !isPing(event));
        expect(
          after.map((event, at) => (at === index ? { ...event, data: `${event.data}}` } : event)),
        ).toEqual(kept);
        expect(/\r\n|\r|\n/.exec(out)?.[0]).toBe(/\r\n|\r|\n/.exec(text)?.[0]);
        expect(outcome).toBe("done");
      }
    });
  });

  it("a missing event line is that of the chosen one alone", () => {
    holdsFor(({ text, events }) => {
      const { text: out } = outcomeOf(
        { kind: "stream.damage", events: chosen({ every: 1 }), how: "missing-event-line" },
        text,
      );
      expect(dispatched(out)).toEqual(
        events.map((event) => (isPing(event) ? event : { ...event, name: null })),
      );
    });
  });

  it.each(["utf8", "json", "line"] as const)("split (%s) changes no byte, and finds its place", (where) => {
    holdsFor(({ text }) => {
      const { text: out, outcome } = outcomeOf(
        { kind: "stream.split", events: chosen({ every: 1 }), where, gapMs: 0 },
        text,
      );
      expect(out).toBe(text);
      if (where !== "utf8" || /[é€]/.test(text)) expect(outcome).toBe("done");
    });
  });

  it("cut counts events alone, an unfinished last one too", () => {
    holdsFor(({ text, events }) => {
      const kept = events.filter((event) => !isPing(event));
      for (const count of [1, kept.length]) {
        const { text: out, outcome } = outcomeOf(
          { kind: "stream.cut", at: { kind: "events", events: count }, stop: "clean" },
          text,
        );
        expect(dispatched(out).filter((event) => !isPing(event))).toEqual(kept.slice(0, count));
        expect(text.startsWith(out)).toBe(true);
        expect(outcome).toBe("done");
      }
    });
  });

  it("an error event stands between whole events", () => {
    holdsFor(({ text, events }) => {
      const kept = events.filter((event) => !isPing(event));
      for (const at of [
        { kind: "events", events: kept.length } as const,
        { kind: "bytes", bytes: new TextEncoder().encode(text).length - 3 } as const,
      ]) {
        const { text: out, outcome } = outcomeOf(
          {
            kind: "stream.error-event",
            at,
            type: "overloaded_error",
            message: "x",
            data: null,
            event: null,
            errorCode: null,
            stop: "clean",
          },
          text,
        );
        const seen = dispatched(out).filter((event) => !isPing(event));
        expect(seen.at(-1)).toMatchObject({ name: "error" });
        expect(seen.slice(0, -1)).toEqual(kept);
        expect(outcome).toBe("done");
      }
    });
  });

  it("pings of a stall stand between whole events", () => {
    holdsFor(({ text, events }) => {
      const bytes = new TextEncoder().encode(text);
      const created = createMachine(
        {
          kind: "stream.stall",
          at: { kind: "bytes", bytes: bytes.length - 10 },
          forMs: 100,
          pingEveryMs: 40,
        },
        context({ provider: "anthropic" }),
      );
      if (created.kind === "none") throw new Error(created.reason);
      const seen: Uint8Array[] = [];
      drive(created.machine, [bytes], { raw: seen });
      const out = Buffer.concat(seen).toString();
      expect(dispatched(out).filter((event) => !isPing(event))).toEqual(
        events.filter((event) => !isPing(event)),
      );
    });
  });

  it("pace counts an unfinished last event, too", () => {
    holdsFor(({ text }) => {
      const fault: Fault = { kind: "stream.pace", firstEventMs: 10, eventMs: 5, jitterMs: 0 };
      expect(outcomeOf(fault, text)).toMatchObject({ text, outcome: "done", end: "<end>" });
      const only = "data: [DONE]\n";
      expect(outcomeOf(fault, only)).toMatchObject({ text: only, outcome: "done" });
    });
  });

  it("a changed model answer keeps the other lines of its event", () => {
    const lines = [
      "event: message_delta",
      "id: 7",
      'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}',
    ];
    for (const lineEnd of ["\n", "\r\n", "\r"])
      for (const tail of [lineEnd + lineEnd, lineEnd, ""]) {
        const { text: out, outcome } = outcomeOf(
          { kind: "model.stop-reason", reason: "refusal" },
          `\ufeff${lines.join(lineEnd)}${tail}`,
        );
        expect(outcome).toBe("done");
        expect(out.startsWith("\ufeff")).toBe(true);
        const [event] = dispatched(out);
        expect(event).toMatchObject({ name: "message_delta", id: "7" });
        expect(JSON.parse(event?.data ?? "")).toMatchObject({ delta: { stop_reason: "refusal" } });
      }
  });
});
