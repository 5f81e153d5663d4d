/** A gate on a response's way: what passes when, behind which byte it closes, and what it says of itself. */
import { describe, expect, it } from "vitest";
import { BytePoint, type PointFault } from "../../../src/byte-point.ts";
import { ResponseGate } from "../../../src/http/response-gate.ts";
import { PointMachine } from "../../../src/wire-fault.ts";

type Mark = { readonly kind: "head" } | { readonly kind: "end" };
const from = (bytes: number) => ({ kind: "bytes", from: "server", bytes }) as const;
const bytes = (text: string) => ({ kind: "bytes", bytes: new TextEncoder().encode(text) }) as const;
const show = (actions: readonly { readonly kind: string; readonly bytes?: Uint8Array }[]): string =>
  actions.map((one) => (one.bytes ? new TextDecoder().decode(one.bytes) : `<${one.kind}>`)).join("");
const gateOf = (openAtMs: number, fault?: PointFault, after = 0): ResponseGate<Mark> =>
  new ResponseGate<Mark>(openAtMs, fault ? new BytePoint(fault, after) : null);
const head = { kind: "head" } as const;
const end = { kind: "end" } as const;

/** What it says of itself: passed, over, cut, holds, bytes, when to wake. */
const stateOf = (gate: ResponseGate<Mark>) => [
  gate.hasPassed,
  gate.isOver,
  gate.isCut,
  gate.holds,
  gate.pendingBytes,
  gate.wakeAtMs,
];

describe("a gate", () => {
  it("that opens late lets everything pass then, in its order", () => {
    const gate = gateOf(10);
    expect(stateOf(gate)).toEqual([false, false, false, false, 0, undefined]);
    expect(show(gate.pass([head, bytes("ab")], 0))).toBe("");
    expect(stateOf(gate)).toEqual([false, false, false, true, 2, 10]);
    expect(show(gate.wake(9))).toBe("");
    expect(show(gate.pass([bytes("c"), end], 10))).toBe("<head>abc<end>");
    expect(stateOf(gate)).toEqual([true, true, false, false, 0, undefined]);
    expect(show(gate.pass([bytes("d")], 11))).toBe("");
  });

  it("that is opened keeps nothing back any more", () => {
    const gate = gateOf(10);
    gate.pass([bytes("ab")], 0);
    gate.open();
    expect(show(gate.wake(0))).toBe("ab");
    expect(gate.openAtMs).toBe(Number.NEGATIVE_INFINITY);
  });

  it.each([
    ["connection.close", "close"],
    ["connection.reset", "reset"],
  ] as const)("with a point of %s ends behind its last byte, and not before", (kind, act) => {
    const gate = gateOf(0, { kind, at: from(3) }, 3);
    expect(show(gate.pass([head, bytes("ab")], 0))).toBe("<head>ab");
    expect(stateOf(gate)).toEqual([true, false, false, false, 0, undefined]);
    expect(show(gate.pass([bytes("cd")], 0))).toBe(`c<${act}>`);
    expect(stateOf(gate)).toEqual([true, true, true, false, 0, undefined]);
    const none = gateOf(0, { kind, at: from(0) }, 0);
    expect(show(none.pass([head], 0))).toBe(`<${act}>`);
    expect([none.hasPassed, none.isCut]).toEqual([false, true]);
  });

  it("with a stall goes on with what came behind its point once that is over", () => {
    const gate = gateOf(0, { kind: "connection.stall", at: from(2), forMs: 5 }, 2);
    expect(show(gate.pass([head, bytes("ab")], 7))).toBe("<head>ab");
    expect(show(gate.pass([bytes("cd")], 8))).toBe("");
    expect(stateOf(gate)).toEqual([true, false, false, true, 2, 13]);
    expect(show(gate.pass([end], 12))).toBe("");
    expect(show(gate.wake(13))).toBe("cd<end>");
    expect(gate.isCut).toBe(false);
  });

  it("with a stall for ever keeps nothing of what still comes", () => {
    const gate = gateOf(0, { kind: "connection.stall", at: from(0), forMs: null }, 0);
    expect(show(gate.pass([head, bytes("ab"), end], 0))).toBe("");
    expect(gate.openAtMs).toBe(Number.POSITIVE_INFINITY);
    expect(stateOf(gate)).toEqual([false, false, false, false, 0, undefined]);
  });
});

describe("a point in a connection's bytes", () => {
  const machineOf = (fault: PointFault, after: number): PointMachine => new PointMachine(fault, after);

  it("closes behind its last byte, and says what became of it", () => {
    const machine = machineOf({ kind: "connection.close", at: from(3) }, 3);
    expect(show(machine.push(bytes("ab").bytes, 0))).toBe("ab");
    expect([machine.isOver, machine.outcome]).toEqual([false, { kind: "waiting" }]);
    expect(show(machine.push(bytes("cd").bytes, 0))).toBe("c<close>");
    expect([machine.isOver, machine.outcome, machine.pendingBytes]).toEqual([true, { kind: "done" }, 0]);
    expect(machine.push(bytes("e").bytes, 0)).toEqual([]);
    machine.finish();
    expect(machine.outcome).toEqual({ kind: "done" });
  });

  it("that is not reached says how many bytes it was away", () => {
    const machine = machineOf({ kind: "connection.reset", at: from(5) }, 5);
    machine.push(bytes("ab").bytes, 0);
    machine.finish();
    expect(machine.outcome).toEqual({ kind: "undone", reason: "the connection ended 3 bytes before that" });
  });

  it("stalls for its time, and all that came meanwhile goes on behind it", () => {
    const machine = machineOf({ kind: "connection.stall", at: from(1), forMs: 20 }, 1);
    expect(show(machine.push(bytes("a").bytes, 0))).toBe("a");
    expect(machine.outcome).toEqual({ kind: "waiting" });
    expect(show(machine.push(bytes("b").bytes, 10))).toBe("");
    expect(show(machine.push(bytes("cd").bytes, 29))).toBe("");
    expect([machine.pendingBytes, machine.wakeAtMs, machine.outcome]).toEqual([3, 30, { kind: "done" }]);
    expect(machine.wake(29)).toEqual([]);
    expect(show(machine.wake(30))).toBe("bcd");
    expect([machine.pendingBytes, machine.wakeAtMs]).toEqual([0, undefined]);
    expect(show(machine.push(bytes("e").bytes, 31))).toBe("e");
  });

  it("that stalls for ever is never woken", () => {
    const machine = machineOf({ kind: "connection.stall", at: from(0), forMs: null }, 0);
    machine.push(bytes("ab").bytes, 0);
    expect([machine.pendingBytes, machine.wakeAtMs, machine.isOver]).toEqual([2, undefined, false]);
  });
});
