import { describe, expect, it } from "vitest";
import {
  createMachine,
  type EventSelector,
  type Fault,
  type FaultMachine,
  type MachineContext,
  type StreamAction,
} from "../../src/index.ts";
import { anthropicEvents, context, drive, resultOf } from "../support/streams.ts";

const all = anthropicEvents.join("");
const upTo = (count: number): string => anthropicEvents.slice(0, count).join("");

function machineFor(fault: Fault, more: Partial<MachineContext> = {}): FaultMachine {
  const created = createMachine(fault, context(more));
  if (created.kind === "none") throw new Error(created.reason);
  return created.machine;
}

/** What comes of `anthropicEvents`, however they are cut; the machine's last state besides. */
function run(fault: Fault, more: Partial<MachineContext> = {}) {
  const machine = machineFor(fault, more);
  const result = resultOf(drive(machine, anthropicEvents));
  const bytes = new TextEncoder().encode(all);
  for (const size of [1, 2, 3, 5, 16, 64, 1000, 5000]) {
    const again = machineFor(fault, more);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    expect(bytesOf(again, chunks), `chunks of ${size}`).toEqual(bytesOf(machineFor(fault, more), [bytes]));
    expect(again.outcome).toEqual(machine.outcome);
    expect(again.pendingBytes).toBe(0);
  }
  return { ...result, outcome: machine.outcome, isOver: machine.isOver };
}

/** All bytes that come out, as one text of bytes, and the end. */
function bytesOf(machine: FaultMachine, chunks: readonly Uint8Array[]): string {
  let text = "";
  const note = (actions: readonly StreamAction[]): void => {
    for (const action of actions)
      text += action.kind === "bytes" ? Buffer.from(action.bytes).toString("latin1") : `<${action.kind}>`;
  };
  for (const chunk of chunks) note(machine.push(chunk, 0));
  note(machine.finish(0));
  while (machine.wakeAtMs !== undefined) note(machine.wake(machine.wakeAtMs));
  return text;
}

const atEvents = (events: number) => ({ kind: "events", events }) as const;
const select = (more: Partial<EventSelector>): EventSelector => ({
  indices: null,
  types: null,
  every: null,
  probability: null,
  ...more,
});

describe("stream.cut", () => {
  it.each([
    ["clean", "<end>"],
    ["fin", "<close>"],
    ["reset", "<reset>"],
  ] as const)("%s after three events, of which a ping is none", (stop, end) => {
    const result = run({ kind: "stream.cut", at: atEvents(3), stop });
    expect(result).toEqual({ text: upTo(4), end, outcome: { kind: "done" }, isOver: true });
  });

  it("is undone behind the last event, where a clean end is what the client would have had", () => {
    const last = atEvents(anthropicEvents.length - 1);
    expect(run({ kind: "stream.cut", at: last, stop: "clean" })).toEqual({
      text: all,
      end: "<end>",
      outcome: { kind: "undone", reason: "the stream was complete at the point of the cut" },
      isOver: true,
    });
    // An end of the connection shows itself there, too.
    expect(run({ kind: "stream.cut", at: last, stop: "fin" })).toMatchObject({
      end: "<close>",
      outcome: { kind: "done" },
    });
  });

  it("before everything", () => {
    expect(run({ kind: "stream.cut", at: atEvents(0), stop: "fin" })).toMatchObject({
      text: "",
      end: "<close>",
    });
  });

  it("in the middle of the event after", () => {
    const result = run({ kind: "stream.cut", at: atEvents(3), stop: "mid-event" });
    const next = anthropicEvents[4] ?? "";
    expect(result.end).toBe("<close>");
    expect(result.text.startsWith(upTo(4))).toBe(true);
    const rest = result.text.slice(upTo(4).length);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.length).toBeLessThan(next.length);
    expect(next.startsWith(rest.replace(/\ufffd$/, ""))).toBe(true);
  });

  it("at a byte", () => {
    for (const bytes of [0, 1, 100, 101])
      expect(run({ kind: "stream.cut", at: { kind: "bytes", bytes }, stop: "fin" })).toMatchObject({
        text: all.slice(0, bytes),
        end: "<close>",
      });
  });

  it("at a moment, though the source is silent", () => {
    const machine = machineFor({ kind: "stream.cut", at: { kind: "time", ms: 500 }, stop: "fin" });
    expect(machine.wakeAtMs).toBe(500);
    const seen = drive(machine, anthropicEvents.slice(0, 2), { finish: false });
    expect(seen.map(([atMs]) => atMs)).toEqual([0, 0, 500]);
    expect(resultOf(seen)).toEqual({ text: upTo(2), end: "<close>" });
    expect(machine.push(new Uint8Array(5), 600)).toEqual([]);
  });

  it("before and after the first delta", () => {
    const cut = (side: "before" | "after") =>
      run({ kind: "stream.cut", at: { kind: "first-delta", side }, stop: "clean" });
    expect(cut("before")).toMatchObject({ text: upTo(3), end: "<end>" });
    expect(cut("after")).toMatchObject({ text: upTo(4), end: "<end>" });
  });

  it("in mid-event is done when the event was cut, not when its point has come", () => {
    const machine = machineFor({ kind: "stream.cut", at: atEvents(2), stop: "mid-event" });
    machine.push(new TextEncoder().encode(upTo(2)), 0);
    expect(machine.outcome).toEqual({ kind: "waiting" });
    machine.push(new TextEncoder().encode(anthropicEvents.slice(2, 4).join("")), 0);
    expect(machine.outcome).toEqual({ kind: "done" });
  });

  it.each([
    ["clean", anthropicEvents.slice(0, 7).join(""), "<end>"],
    ["reset", anthropicEvents.slice(0, 7).join(""), "<reset>"],
  ] as const)("before the last event: %s", (stop, text, end) => {
    const fault: Fault = { kind: "stream.cut", at: { kind: "before-end", events: 1 }, stop };
    expect(run(fault)).toEqual({ text, end, outcome: { kind: "done" }, isOver: true });
  });

  it("before the last three, in the middle of the first of them", () => {
    const fault: Fault = { kind: "stream.cut", at: { kind: "before-end", events: 3 }, stop: "mid-event" };
    const { text, end } = run(fault);
    expect(end).toBe("<close>");
    expect(text.startsWith(upTo(5))).toBe(true);
    expect(text.length).toBeGreaterThan(upTo(5).length);
    expect(text.length).toBeLessThan(upTo(6).length);
  });

  it("before more events than there are", () => {
    const fault: Fault = { kind: "stream.cut", at: { kind: "before-end", events: 8 }, stop: "fin" };
    expect(run(fault)).toMatchObject({ text: all, end: "<end>", outcome: { kind: "undone" } });
  });

  it("before the end holds no more than so many bytes", () => {
    const machine = machineFor({ kind: "stream.cut", at: { kind: "before-end", events: 3 }, stop: "fin" });
    const event = `data: ${"x".repeat(500_000)}\n\n`;
    const { text, end } = resultOf(drive(machine, [event, event, event, event]));
    expect({ same: text === event.repeat(4), end }).toEqual({ same: true, end: "<end>" });
    expect(machine.outcome).toMatchObject({ kind: "undone", reason: expect.stringContaining("larger") });
  });

  it("that never came says why", () => {
    const result = run({ kind: "stream.cut", at: atEvents(50), stop: "fin" });
    expect(result).toMatchObject({ text: all, end: "<end>" });
    expect(result.outcome).toMatchObject({ kind: "undone", reason: expect.stringContaining("7 events") });
  });
});

describe("stream.error-event", () => {
  it("stands between two events, in the provider's form", () => {
    const fault: Fault = {
      kind: "stream.error-event",
      at: atEvents(3),
      type: "overloaded_error",
      message: null,
      data: null,
      event: null,
      errorCode: null,
      stop: "clean",
    };
    expect(run(fault)).toMatchObject({
      text: `${upTo(4)}event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}\n\n`,
      end: "<end>",
    });
  });

  it("waits for the end of an event that has begun", () => {
    const fault: Fault = {
      kind: "stream.error-event",
      at: { kind: "bytes", bytes: 10 },
      type: "x",
      message: "m",
      data: null,
      event: null,
      errorCode: null,
      stop: "fin",
    };
    const { text, end } = run(fault);
    expect(text.startsWith(`${upTo(1)}event: error\n`)).toBe(true);
    expect(end).toBe("<close>");
  });

  it("before the first delta", () => {
    const fault: Fault = {
      kind: "stream.error-event",
      at: { kind: "first-delta", side: "before" },
      type: "x",
      message: "m",
      data: null,
      event: null,
      errorCode: null,
      stop: "clean",
    };
    expect(run(fault).text.startsWith(`${upTo(3)}event: error\n`)).toBe(true);
  });

  it.each([
    ["data alone", { data: '{"type":"error"}' }, 'event: error\ndata: {"type":"error"}\n\n'],
    ["data and a name", { data: "a\r\nb\rc", event: "oops" }, "event: oops\ndata: a\ndata: b\ndata: c\n\n"],
    ["data without a name", { data: "a", event: "" }, "data: a\n\n"],
    [
      "a name alone",
      { type: "x", message: "m", event: "e" },
      'event: e\ndata: {"type":"error","error":{"type":"x","message":"m"},"request_id":"req_1"}\n\n',
    ],
  ] as const)("has %s of the user's own", (_what, given, event) => {
    const fault: Fault = {
      kind: "stream.error-event",
      at: atEvents(1),
      type: null,
      message: null,
      data: null,
      event: null,
      errorCode: null,
      stop: "clean",
      ...given,
    };
    expect(run(fault)).toMatchObject({ text: upTo(1) + event, end: "<end>" });
  });

  it("before the last event", () => {
    const fault: Fault = {
      kind: "stream.error-event",
      at: { kind: "before-end", events: 1 },
      type: "x",
      message: null,
      data: "{}",
      event: null,
      errorCode: null,
      stop: "clean",
    };
    expect(run(fault)).toMatchObject({ text: `${upTo(7)}event: error\ndata: {}\n\n`, end: "<end>" });
  });

  it("has OpenAI's form in OpenAI's stream", () => {
    const fault: Fault = {
      kind: "stream.error-event",
      at: atEvents(1),
      type: "server_error",
      message: "no",
      data: null,
      event: null,
      errorCode: null,
      stop: "clean",
    };
    const event = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n';
    expect(resultOf(drive(machineFor(fault), [event, event])).text).toBe(
      `${event}data: {"error":{"message":"no","type":"server_error","param":null,"code":"server_error"}}\n\n`,
    );
  });
});

describe("stream.stall", () => {
  it("for ever: nothing comes any more, not even the end", () => {
    const machine = machineFor({ kind: "stream.stall", at: atEvents(2), forMs: null, pingEveryMs: null });
    expect(resultOf(drive(machine, anthropicEvents))).toEqual({ text: upTo(2), end: undefined });
    expect(machine.wakeAtMs).toBeUndefined();
    expect(machine.pendingBytes).toBe(0);
  });

  it("for a time: then all the rest comes, in order", () => {
    const machine = machineFor({ kind: "stream.stall", at: atEvents(2), forMs: 1000, pingEveryMs: null });
    const seen = drive(machine, anthropicEvents);
    expect(seen.slice(0, 2).map(([atMs]) => atMs)).toEqual([0, 0]);
    expect(new Set(seen.slice(2).map(([atMs]) => atMs))).toEqual(new Set([1000]));
    expect(resultOf(seen)).toEqual({ text: all, end: "<end>" });
  });

  it("with pings, which go on for ever or until it is over", () => {
    const ping = 'event: ping\ndata: {"type": "ping"}\n\n';
    const ever = machineFor({ kind: "stream.stall", at: atEvents(1), forMs: null, pingEveryMs: 100 });
    const seen = drive(ever, anthropicEvents, { untilMs: 350 });
    expect(seen.slice(1)).toEqual([100, 200, 300].map((atMs) => [atMs, ping]));
    const once = machineFor({ kind: "stream.stall", at: atEvents(1), forMs: 250, pingEveryMs: 100 });
    const over = drive(once, anthropicEvents);
    expect(over.filter(([, what]) => what === ping).map(([atMs]) => atMs)).toEqual([100, 200]);
    expect(over.at(-1)).toEqual([250, "<end>"]);
    expect(once.wakeAtMs).toBeUndefined();
  });
});

describe("stream.pace", () => {
  it("gives every event its time, and the first its own", () => {
    const machine = machineFor({ kind: "stream.pace", firstEventMs: 500, eventMs: 100, jitterMs: 0 });
    const seen = drive(machine, anthropicEvents);
    expect(seen.map(([atMs]) => atMs)).toEqual([500, 600, 700, 700, 800, 900, 1000, 1100, 1100]);
    expect(resultOf(seen)).toEqual({ text: all, end: "<end>" });
  });

  it("does not slow what is slow anyhow", () => {
    const machine = machineFor({ kind: "stream.pace", firstEventMs: 0, eventMs: 100, jitterMs: 0 });
    const seen = drive(machine, anthropicEvents, { everyMs: 150 });
    expect(seen.slice(0, 8).map(([atMs]) => atMs)).toEqual([0, 150, 300, 450, 600, 750, 900, 1050]);
  });

  it("keeps the parts of an event together", () => {
    const machine = machineFor({ kind: "stream.pace", firstEventMs: 0, eventMs: 100, jitterMs: 0 });
    const seen = drive(machine, ["data: a\n\nda", "ta: b", "\n\n"]);
    expect(seen.map(([atMs]) => atMs)).toEqual([0, 100, 100, 100, 100]);
  });

  it("jitters by the decision's own draws", () => {
    const machine = machineFor(
      { kind: "stream.pace", firstEventMs: 0, eventMs: 100, jitterMs: 50 },
      { random: (_purpose, index) => (index % 2) / 2 },
    );
    const seen = drive(
      machine,
      anthropicEvents.filter((event) => !event.includes("ping")),
    );
    expect(seen.map(([atMs]) => atMs)).toEqual([0, 125, 225, 350, 450, 575, 675, 675]);
  });
});

describe("chosen events", () => {
  const [start, block, ping, one, two, stop, delta, last] = anthropicEvents as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  it.each<[string, Fault, string]>([
    [
      "drop by number",
      { kind: "stream.drop", events: select({ indices: [2, 3] }) },
      start + block + ping + stop + delta + last,
    ],
    [
      "drop by type",
      { kind: "stream.drop", events: select({ types: ["message_stop"] }) },
      start + block + ping + one + two + stop + delta,
    ],
    [
      "drop pings",
      { kind: "stream.drop", events: select({ types: ["ping"] }) },
      start + block + one + two + stop + delta + last,
    ],
    [
      "duplicate every third",
      { kind: "stream.duplicate", events: select({ every: 3 }) },
      start + block + ping + one + one + two + stop + delta + delta + last,
    ],
    [
      "reorder",
      { kind: "stream.reorder", events: select({ indices: [2] }) },
      start + block + ping + two + one + stop + delta + last,
    ],
    [
      "reorder two in a row",
      { kind: "stream.reorder", events: select({ indices: [2, 3] }) },
      start + block + ping + two + one + stop + delta + last,
    ],
    [
      "type and number both have to hold",
      { kind: "stream.drop", events: select({ indices: [0], types: ["message_stop"] }) },
      all,
    ],
    [
      "missing-event-line",
      { kind: "stream.damage", events: select({ indices: [0] }), how: "missing-event-line" },
      all.replace("event: message_start\n", ""),
    ],
    [
      "invalid-json",
      { kind: "stream.damage", events: select({ indices: [6] }), how: "invalid-json" },
      all.replace('{"type":"message_stop"}', '{"type":"message_stop"'),
    ],
    [
      "unknown-event-type",
      { kind: "stream.damage", events: select({ indices: [6] }), how: "unknown-event-type" },
      all.replace(last, last.replaceAll("message_stop", "faultwire_unknown")),
    ],
  ])("%s", (_what, fault, text) => {
    expect(run(fault)).toMatchObject({
      text,
      end: "<end>",
      outcome: { kind: text === all ? "undone" : "done" },
    });
  });

  it("by draws of the decision", () => {
    const fault: Fault = { kind: "stream.drop", events: select({ probability: 0.5 }) };
    const result = run(fault, { random: (_purpose, index) => (index === 0 ? 0.1 : 0.9) });
    expect(result.text).toBe(all.slice(start.length));
  });

  it("an event that waits for the next one is not lost at the end", () => {
    const result = run({ kind: "stream.reorder", events: select({ indices: [6] }) });
    expect(result).toMatchObject({ text: all, outcome: { kind: "undone" } });
  });

  it("an event that waits changes places with an unfinished last one, which is completed", () => {
    const machine = machineFor({ kind: "stream.reorder", events: select({ indices: [0] }) });
    expect(resultOf(drive(machine, ["data: a\n\n", "data: b"]))).toEqual({
      text: "data: b\n\ndata: a\n\n",
      end: "<end>",
    });
  });

  it("truncates tool input, and nothing else", () => {
    const tool = `event: content_block_delta\ndata: ${JSON.stringify({ type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: '{"city":"Rome"}' } })}\n\n`;
    const fault: Fault = { kind: "stream.damage", events: select({ every: 1 }), how: "truncated-tool-input" };
    const { text } = resultOf(drive(machineFor(fault), [start, tool, last]));
    expect(text).toBe(start + tool.replace('{\\"city\\":\\"Rome\\"}', '{\\"city\\"') + last);
  });
});

describe("OpenAI's end marker", () => {
  const chunk = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n';
  it.each(["data: [DONE]\n\n", "data:[DONE]\n\n", "data: [DONE]", "data: [DONE]\r\n"])(
    "is dropped by its own name: %j",
    (marker) => {
      for (const types of [["[DONE]"], ["done"]]) {
        const machine = machineFor({ kind: "stream.drop", events: select({ types }) });
        expect(resultOf(drive(machine, [chunk, marker]))).toEqual({ text: chunk, end: "<end>" });
        expect(machine.outcome).toEqual({ kind: "done" });
      }
    },
  );
});

describe("stream.split", () => {
  it.each([
    ["utf8", "Gr\ufffd"],
    ["json", undefined],
    ["line", "event: content_block_delta\n"],
  ] as const)("%s: two writes with a gap", (where, firstEndsWith) => {
    const fault: Fault = { kind: "stream.split", events: select({ indices: [2] }), where, gapMs: 30 };
    const machine = machineFor(fault);
    const sent: [number, Uint8Array][] = [];
    for (const action of machine.push(new TextEncoder().encode(anthropicEvents.join("")), 0))
      if (action.kind === "bytes") sent.push([0, action.bytes.slice()]);
    while (machine.wakeAtMs !== undefined) {
      const atMs = machine.wakeAtMs;
      for (const action of machine.wake(atMs))
        if (action.kind === "bytes") sent.push([atMs, action.bytes.slice()]);
    }
    expect(Buffer.concat(sent.map(([, bytes]) => bytes)).toString()).toBe(all);
    const [, first] = sent.findLast(([atMs]) => atMs === 0) ?? [0, new Uint8Array(0)];
    expect(sent.some(([atMs]) => atMs === 30)).toBe(true);
    if (firstEndsWith) expect(Buffer.from(first).toString().endsWith(firstEndsWith)).toBe(true);
    expect(machine.outcome).toEqual({ kind: "done" });
  });
});

describe("a stream without a fault's chance", () => {
  it("passes bytes at once where the fault need not know them", () => {
    const machine = machineFor({ kind: "stream.cut", at: atEvents(5), stop: "fin" });
    expect(machine.push(new TextEncoder().encode("data: half an ev"), 0)).toHaveLength(1);
    expect(machine.pendingBytes).toBe(0);
  });

  it("passes an event that is larger than can be held", () => {
    const machine = machineFor({ kind: "stream.drop", events: select({ indices: [0] }) });
    const large = `data: ${"x".repeat(1_100_000)}\n\n`;
    const { text } = resultOf(drive(machine, [large.slice(0, 500_000), large.slice(500_000)]));
    expect(text === large).toBe(true);
    expect(machine.outcome).toMatchObject({ kind: "undone", reason: expect.stringContaining("larger") });
  });
});
