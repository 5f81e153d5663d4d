/** A machine on a compressed body: how its coding ends, what is told, and when the memory of the coding goes back. */
import { describe, expect, it } from "vitest";
import { createMachine, type Fault, type StreamAction } from "../../src/index.ts";
import { CodedMachine } from "../../src/internal.ts";
import { context } from "../support/streams.ts";

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const event = (at: number): string => `data: ${at}\n\n`;
const events = [0, 1, 2].map(event).join("");
const broken = "!";
const failure = "the response is compressed, and its braces can't be read: no braces";
const none = new Uint8Array(0);

/** A coding that can be read by eye: `{` before each part and `}` behind the last; `!` is none of it. */
function coded(fault: Fault) {
  const state = { closed: 0, isWhole: true };
  const created = createMachine(fault, context());
  if (created.kind === "none") throw new Error(created.reason);
  const machine = new CodedMachine(created.machine, {
    name: "braces",
    opener: {
      push: (part, take) => {
        const text = Buffer.from(part).toString("latin1");
        const content = text.split(broken, 1)[0] ?? "";
        if (content !== "") take(bytesOf(content));
        return content === text ? null : "no braces";
      },
      finish: () => state.isWhole,
      trailing: none,
    },
    closer: {
      push: (part) => bytesOf(`{${Buffer.from(part).toString("latin1")}`),
      finish: () => bytesOf("}"),
    },
    close: () => void state.closed++,
  });
  const seen = (actions: readonly StreamAction[]): string =>
    actions
      .map((action) =>
        action.kind === "bytes" ? Buffer.from(action.bytes).toString("latin1") : `<${action.kind}>`,
      )
      .join("");
  return {
    machine,
    state,
    push: (text: string) => seen(machine.push(bytesOf(text), 0)),
    finish: () => seen(machine.finish(0)),
  };
}

const duplicate: Fault = {
  kind: "stream.duplicate",
  events: { indices: [0], types: null, every: null, probability: null },
};
const cut = (stop: "clean" | "fin" | "reset"): Fault => ({
  kind: "stream.cut",
  at: { kind: "events", events: 1 },
  stop,
});

describe("the coding of a body that is coded anew", () => {
  it("ends with its body, once, and gives its memory back then", () => {
    const { machine, state, push, finish } = coded(duplicate);
    expect(push(events).replaceAll("{", "")).toBe(event(0) + events);
    expect([state.closed, machine.isOver]).toEqual([0, false]);
    expect([finish(), finish(), push("more")]).toEqual(["}<end>", "", ""]);
    expect([state.closed, machine.isOver, machine.pendingBytes]).toEqual([1, true, 0]);
    expect(machine.outcome).toEqual({ kind: "done" });
  });

  it.each([
    ["clean", "}<end>"],
    ["fin", "<close>"],
    ["reset", "<reset>"],
  ] as const)("by a cut that is %s ends as that, and gives its memory back at once", (stop, end) => {
    const { machine, state, push } = coded(cut(stop));
    expect(push(events)).toBe(`{${event(0)}${end}`);
    expect([state.closed, machine.isOver]).toEqual([1, true]);
  });

  it("never looks whole where the upstream's breaks behind what has gone, and says why the fault was not done", () => {
    const { machine, state, push, finish } = coded({
      ...cut("fin"),
      at: { kind: "events", events: 9 },
    } as Fault);
    expect(push(event(0))).toBe(`{${event(0)}`);
    expect(push(event(1) + broken)).toBe(`{${event(1)}<close>`);
    expect([state.closed, machine.isOver, finish()]).toEqual([1, true, ""]);
    expect([machine.outcome, machine.failure]).toEqual([{ kind: "undone", reason: failure }, failure]);
  });

  it("lacks its end where the upstream's does", () => {
    const { state, push, finish } = coded(duplicate);
    push(events);
    state.isWhole = false;
    expect([finish(), state.closed]).toEqual(["<end>", 1]);
  });

  it("is left alone where nothing of it can be read: all passes as it came, and nothing is kept", () => {
    const { machine, state, push, finish } = coded(duplicate);
    expect(push(broken)).toBe(broken);
    expect([state.closed, machine.pendingBytes, machine.wakeAtMs]).toEqual([1, 0, undefined]);
    expect([push(events), finish()]).toEqual([events, "<end>"]);
    expect([state.closed, machine.isOver, machine.outcome]).toEqual([
      1,
      true,
      { kind: "undone", reason: failure },
    ]);
  });
});
