/**
 * What goes to a peer, in which order and when, and what is left of it at an end; and when nothing that waits will ever
 * go: the carrier may give the connection up then, and only then.
 */
import type { FaultMachine, StreamAction } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import type { Carrier } from "../../src/index.ts";
import { Outlet } from "../../src/outlet.ts";

function outlet() {
  const told: string[] = [];
  const clock = { nowMs: 0 };
  const carrier: Carrier = {
    now: () => clock.nowMs,
    send: (to, bytes, canWait) =>
      void told.push(`${bytes.join()} to the ${to}${canWait === true ? ", may wait" : ""}`),
    end: (to, how, { isUrgent } = {}) =>
      void told.push(`${how} to the ${to}${isUrgent === true ? ", now" : ""}`),
    whenGone: (_to, what) => void told.push(`${what}?`),
  };
  return { out: new Outlet("client", carrier, (how) => void told.push(`broken by ${how}`)), told, clock };
}

it("is not mute where nothing is held, or nothing waits for a hold that lasts for ever", () => {
  const { out } = outlet();
  expect(out.isMute).toBe(false);
  out.hold(null);
  expect(out.isMute).toBe(false);
});

it("is not mute where what waits has its time", () => {
  const { out } = outlet();
  out.hold(100);
  out.send(new Uint8Array(3));
  expect(out.isMute).toBe(false);
});

it.each([
  ["bytes wait", (out: Outlet) => out.send(new Uint8Array(3)), "0,0,0 to the client"],
  ["an end waits", (out: Outlet) => out.end("fin"), "fin to the client"],
])(
  "is mute where %s behind a hold that lasts for ever, and no longer once it is let go",
  (_what, act, goes) => {
    const { out, told } = outlet();
    out.hold(null);
    act(out);
    expect(out.isMute).toBe(true);
    expect(told).toEqual([]);
    out.release();
    expect(out.isMute).toBe(false);
    expect(told).toEqual([goes]);
  },
);

/** A machine that holds all that it is given until a time, and then gives it out, or ends the connection. */
class Holding implements FaultMachine {
  readonly outcome: FaultMachine["outcome"] = { kind: "waiting" };
  readonly isOver = false;
  #held: Uint8Array[] = [];
  readonly #untilMs: number;
  readonly #then: StreamAction["kind"];

  constructor(untilMs: number, then: StreamAction["kind"] = "bytes") {
    this.#untilMs = untilMs;
    this.#then = then;
  }
  get pendingBytes(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0);
  }
  get wakeAtMs(): number | undefined {
    return this.#held.length > 0 && Number.isFinite(this.#untilMs) ? this.#untilMs : undefined;
  }
  push(bytes: Uint8Array): StreamAction[] {
    this.#held.push(bytes);
    return [];
  }
  wake(): StreamAction[] {
    const bytes = this.#held.splice(0).map((each) => ({ kind: "bytes" as const, bytes: each }));
    return this.#then === "bytes" ? bytes : [...bytes, { kind: this.#then } as StreamAction];
  }
  finish(): StreamAction[] {
    return [];
  }
}

describe("a hold", () => {
  it("keeps bytes, questions and the end in their order, and lets them go together when its time is over", () => {
    const { out, told, clock } = outlet();
    out.hold(100);
    expect([out.heldUntilMs, out.wakeAtMs]).toEqual([100, undefined]);
    const bytes = Uint8Array.of(1, 2, 3);
    out.send(bytes, true);
    bytes.fill(9);
    out.whenGone("sent", (isGone) => told.push(`gone: ${isGone}`));
    out.send(Uint8Array.of(4));
    out.end("reset");
    out.send(Uint8Array.of(5));
    expect([out.pendingBytes, out.wakeAtMs, out.isClosed, told]).toEqual([4, 100, true, []]);
    clock.nowMs = 99;
    out.wake(99);
    expect(told).toEqual([]);
    clock.nowMs = 100;
    out.wake(100);
    expect(told).toEqual([
      "1,2,3 to the client, may wait",
      "sent?",
      "4 to the client",
      "reset to the client",
    ]);
    expect([out.pendingBytes, out.wakeAtMs, out.heldUntilMs]).toEqual([0, undefined, undefined]);
  });

  it("is as long as the longest that was asked for", () => {
    const { out, told, clock } = outlet();
    out.hold(100);
    out.hold(20);
    out.send(Uint8Array.of(1));
    clock.nowMs = 20;
    out.wake(20);
    expect([out.wakeAtMs, told]).toEqual([100, []]);
    out.hold(null);
    expect([out.heldUntilMs, out.wakeAtMs]).toEqual([Number.POSITIVE_INFINITY, undefined]);
  });

  it("that is over keeps nothing back, and what came while it held goes first", () => {
    const { out, told, clock } = outlet();
    out.hold(10);
    out.send(Uint8Array.of(1));
    clock.nowMs = 10;
    out.send(Uint8Array.of(2));
    expect(told).toEqual([]);
    out.wake(10);
    out.send(Uint8Array.of(3));
    expect(told).toEqual(["1 to the client", "2 to the client", "3 to the client"]);
  });

  it("has an end wait alone, too", () => {
    const { out, told, clock } = outlet();
    out.hold(10);
    out.end("fin");
    expect([out.wakeAtMs, told]).toEqual([10, []]);
    clock.nowMs = 10;
    out.wake(10);
    expect(told).toEqual(["fin to the client"]);
  });
});

describe("a fault of the bytes", () => {
  it("has what is asked, and the end, wait for all that it holds", () => {
    const { out, told, clock } = outlet();
    out.setMachine(new Holding(50));
    expect([out.hasMachine, out.isScheduled]).toEqual([true, false]);
    out.send(Uint8Array.of(1));
    out.whenGone("ended", (isGone) => told.push(`gone: ${isGone}`));
    out.end("fin");
    expect([out.isScheduled, out.pendingBytes, out.wakeAtMs, told]).toEqual([true, 1, 50, []]);
    clock.nowMs = 49;
    out.wake(49);
    expect(told).toEqual([]);
    clock.nowMs = 50;
    out.wake(50);
    expect(told).toEqual(["1 to the client", "ended?", "fin to the client"]);
    expect(out.wakeAtMs).toBeUndefined();
  });

  it("that holds for ever makes the outlet mute, until it is over and all goes at once", () => {
    const { out, told } = outlet();
    out.setMachine(new Holding(Number.POSITIVE_INFINITY));
    expect(out.isMute).toBe(false);
    out.send(Uint8Array.of(1));
    expect([out.isMute, out.wakeAtMs, told]).toEqual([true, undefined, []]);
    out.clearMachine();
    expect([out.isMute, out.hasMachine, told]).toEqual([false, false, ["1 to the client"]]);
  });

  it.each([
    ["close", "fin"],
    ["reset", "reset"],
  ] as const)("ends the connection by a %s, once, and nothing goes behind it", (kind, how) => {
    const { out, told, clock } = outlet();
    out.setMachine(new Holding(5, kind));
    out.send(Uint8Array.of(1));
    clock.nowMs = 5;
    out.wake(5);
    out.send(Uint8Array.of(2));
    expect([told, out.isClosed]).toEqual([["1 to the client", `broken by ${how}`], true]);
  });
});

it("a fault of the bytes that is at its end has not ended the connection by that", () => {
  const { out, told, clock } = outlet();
  out.setMachine(new Holding(5, "end"));
  out.send(Uint8Array.of(1));
  clock.nowMs = 5;
  out.wake(5);
  expect([told, out.isClosed]).toEqual([["1 to the client"], false]);
});

describe("an end", () => {
  it("comes once, and nothing goes behind it", () => {
    const { out, told } = outlet();
    out.send(new Uint8Array(0));
    out.end("fin");
    out.end("reset");
    out.cut("reset");
    out.send(Uint8Array.of(1));
    expect([told, out.isMute]).toEqual([["fin to the client"], false]);
  });

  it("that is cut is urgent, and drops what waits and who asks for it", () => {
    const { out, told, clock } = outlet();
    out.setMachine(new Holding(50));
    out.send(Uint8Array.of(1));
    out.whenGone("sent", () => told.push("told"));
    out.cut("fin");
    expect([told, out.pendingBytes, out.hasMachine, out.wakeAtMs, out.isClosed]).toEqual([
      ["fin to the client, now"],
      0,
      false,
      undefined,
      true,
    ]);
    clock.nowMs = 50;
    out.wake(50);
    expect(told).toHaveLength(1);
    const held = outlet();
    held.out.hold(50);
    held.out.send(Uint8Array.of(1));
    held.out.cut("reset");
    expect([held.told, held.out.pendingBytes, held.out.isMute]).toEqual([
      ["reset to the client, now"],
      0,
      false,
    ]);
  });

  it("of the peer's own leaves nothing to send, to end or to ask", () => {
    const { out, told } = outlet();
    out.hold(50);
    out.send(Uint8Array.of(1));
    out.forget();
    out.send(Uint8Array.of(2));
    out.end("fin");
    out.cut("fin");
    out.whenGone("sent", () => told.push("told"));
    out.release();
    expect([told, out.pendingBytes, out.isClosed, out.wakeAtMs]).toEqual([[], 0, true, undefined]);
  });

  it("of the session's own can still be asked for", () => {
    const { out, told } = outlet();
    out.end("fin");
    out.whenGone("ended", () => {});
    expect(told).toEqual(["fin to the client", "ended?"]);
  });
});
