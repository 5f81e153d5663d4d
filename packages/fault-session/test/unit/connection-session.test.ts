/** What a carrier asks of a session, and what it is told and sent: ends, what is kept, going on without looking. */
import type { Fault } from "@faultwire/fault-engine";
import { describe, expect, it } from "vitest";
import {
  type Carrier,
  ConnectionSession,
  FaultDesk,
  type SessionEvent,
  type Side,
  sessionLimits,
} from "../../src/index.ts";
import { post, sampleFaults } from "../support/sample-faults.ts";
import { scriptedPolicy } from "../support/scripted-policy.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A session whose carrier writes down all that it is asked for. Each question is answered when the test says so. */
function session(connection: Fault | null = null, request: Fault | null = null, more: Partial<Carrier> = {}) {
  const clock = { nowMs: 0 };
  let done: string[] = [];
  let last = "";
  const told: SessionEvent[] = [];
  const questions: ((isGone: boolean) => void)[] = [];
  const policy = scriptedPolicy({ connection: () => connection, request: () => request });
  const carrier: Carrier = {
    now: () => clock.nowMs,
    send: (to, bytes) => {
      const text = new TextDecoder("latin1").decode(bytes);
      if (last === to) done.push(`${done.pop()}${text}`);
      else done.push(`${to}: ${text}`);
      last = to;
    },
    end: (to, how, { isUrgent } = {}) => {
      done.push(`${to}: <${how}${isUrgent ? ", now" : ""}>`);
      last = "";
    },
    whenGone: (_to, _what, tell) => void questions.push(tell),
    ...more,
  };
  const made = new ConnectionSession({
    carrier,
    policy,
    desk: new FaultDesk(() => clock.nowMs),
    tell: (event) => told.push(event),
  });
  const says = (from: Side, text: string): void => made.receive(from, ascii(text));
  const events = () => policy.events.map(({ type }) => type);
  const outcomes = () =>
    policy.events.flatMap((event) =>
      event.type === "undone" ? [event.reason] : event.type === "done" ? ["done"] : [],
    );
  /** What was sent, and which ends were asked for, since it was looked at. */
  const take = (): string[] => {
    const since = done;
    done = [];
    last = "";
    return since;
  };
  return { made, says, clock, take, told, questions, events, outcomes, policy };
}

describe("what nobody knows", () => {
  it("waits while it is too short to tell, is counted as the client's, and passes at an end", () => {
    const { made, says, take } = session();
    says("client", "G");
    expect([take(), made.heldBytes("client"), made.heldBytes("server")]).toEqual([[], 1, 0]);
    made.ended("client", "fin");
    expect([take(), made.heldBytes("client")]).toEqual([["server: G", "server: <fin>"], 0]);
  });

  it("is told once by its kind and by whom, and everything passes", () => {
    for (const [from, text, reason] of [
      ["client", "\u0000\u0000 nothing", "other-protocol"],
      ["server", "220 mail", "other-protocol"],
      ["client", "HTTP/1.1 200 OK\r\n", "other-protocol"],
    ] as const) {
      const { made, says, take, told, policy } = session();
      says(from, text);
      const to = from === "client" ? "server" : "client";
      expect(take()).toEqual([`${to}: ${text}`]);
      expect(told).toEqual([
        { type: "detected", protocol: "other", host: undefined, alpnProtocols: [], target: false },
        { type: "unread", host: undefined, from, reason },
      ]);
      expect(policy.events).toEqual([
        { type: "unread", atMs: 0, connection: null, client: null, host: null, from, reason },
      ]);
      says(from, "more");
      says(to, "back");
      expect(take()).toEqual([`${to}: more`, `${from}: back`]);
      expect([made.hasChanged, made.exchanges, made.openedTls, made.upstreamTls]).toEqual([
        false,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it("has nothing said twice where the server speaks behind a beginning that waits", () => {
    const { says, take } = session();
    says("client", "G");
    says("server", "220 mail");
    says("client", "ET");
    expect(take()).toEqual(["server: G", "client: 220 mail", "server: ET"]);
  });
});

describe("a session that is left", () => {
  it("tells how what was under way ended, and lets everything pass unread", () => {
    const { made, says, take, events } = session();
    says("client", post);
    expect(made.exchanges?.upstreamOwes).toBe(true);
    made.leave();
    says("server", ok);
    says("client", post);
    expect(take()).toEqual([`server: ${post}`, `client: ${ok}`, `server: ${post}`]);
    expect(events()).toEqual(["connection", "request", "end"]);
    const early = session();
    early.says("client", "G");
    early.made.leave();
    early.says("client", "ET");
    expect(early.take()).toEqual(["server: GET"]);
  });

  it("goes on where something of ours threw and nothing was changed; what it had to tell is told", () => {
    const { made, says, take, events } = session();
    says("client", post);
    expect(made.abandon()).toBe(true);
    says("server", ok);
    expect(take()).toEqual([`server: ${post}`, `client: ${ok}`]);
    expect(events()).toEqual(["connection", "request", "end"]);
  });

  it.each([
    ["something was changed", sampleFaults["http.error"], true],
    ["a part of what was said is lost", null, false],
  ])("ends both ways at once where %s", (_, fault, isWhole) => {
    const { made, says, take } = session(null, fault);
    says("client", post);
    take();
    expect(made.hasChanged).toBe(fault !== null);
    expect(made.abandon(isWhole)).toBe(false);
    says("server", ok);
    expect(take()).toEqual(["client: <fin, now>", "server: <fin, now>"]);
  });

  it("goes on though what it has to tell throws", () => {
    const { made, says, take, policy } = session();
    says("client", post);
    policy.record = () => {
      throw new Error("no room");
    };
    expect(made.abandon()).toBe(true);
    says("server", ok);
    expect(take().at(-1)).toBe(`client: ${ok}`);
  });
});

describe("a session that is over", () => {
  it("says of a fault of its bytes why it was not done, once", () => {
    const at = { kind: "bytes", from: "server", bytes: ok.length + 5 } as const;
    const { made, says, outcomes } = session({ kind: "connection.close", at });
    says("client", post);
    says("server", ok);
    expect(outcomes()).toEqual([]);
    made.finish();
    made.finish();
    expect(outcomes()).toEqual(["the connection ended 5 bytes before that"]);
  });

  it("keeps nothing", () => {
    const { made, says } = session();
    says("client", "G");
    made.finish();
    expect(made.heldBytes("client")).toBe(0);
    const open = session();
    open.says("client", post.slice(0, -3));
    open.made.finish();
    expect([open.made.exchanges, open.made.isBusy, open.made.wakeAtMs]).toEqual([
      undefined,
      false,
      undefined,
    ]);
  });
});

describe("a fault of the connection's bytes", () => {
  const at = { kind: "bytes", from: "server", bytes: 4 } as const;

  it("ends the client's connection at once; the upstream's only when the client's has, and is done only then", () => {
    const { made, says, take, questions, outcomes } = session({ kind: "connection.close", at });
    says("client", post);
    says("server", ok);
    expect(take().slice(1)).toEqual(["client: HTTP", "client: <fin, now>"]);
    expect([made.hasChanged, made.isCut, outcomes()]).toEqual([true, true, []]);
    for (const tell of questions) tell(true);
    expect(take()).toEqual(["server: <fin, now>"]);
    expect(outcomes()).toEqual(["done"]);
  });

  it("is not done where its carrier can't carry the end out, in the carrier's words, and the upstream stays", () => {
    const unsentReason = "the host asked no more";
    const { says, take, questions, outcomes } = session({ kind: "connection.reset", at }, null, {
      unsentReason,
    });
    says("client", post);
    says("server", ok);
    for (const tell of questions) tell(false);
    expect(outcomes()).toEqual([unsentReason]);
    expect(take().slice(1)).toEqual(["client: HTTP", "client: <reset, now>"]);
    const plain = session({ kind: "connection.reset", at });
    plain.says("client", post);
    plain.says("server", ok);
    for (const tell of plain.questions) tell(false);
    expect(plain.outcomes()).toEqual(["the connection ended first"]);
  });

  it("that holds is woken at its time, counts what it keeps, and is full at the limit to the byte", () => {
    const { made, says, clock, take, outcomes } = session({ kind: "connection.stall", at, forMs: 50 });
    says("client", post);
    says("server", ok);
    expect([take().slice(1), made.wakeAtMs, outcomes()]).toEqual([["client: HTTP"], 50, ["done"]]);
    expect([made.heldBytes("server"), made.heldBytes("client")]).toEqual([ok.length - 4, 0]);
    made.receive("server", new Uint8Array(sessionLimits.maxHeldBytes - (ok.length - 4) - 1));
    expect(made.isFull("server")).toBe(false);
    made.receive("server", new Uint8Array(1));
    expect([made.isFull("server"), made.isFull("client")]).toEqual([true, false]);
    clock.nowMs = 49;
    made.wake();
    expect(take()).toEqual([]);
    clock.nowMs = 50;
    made.wake();
    expect(take()[0]?.startsWith(`client: ${ok.slice(4)}\0`)).toBe(true);
    expect([made.wakeAtMs, made.heldBytes("server")]).toEqual([undefined, 0]);
  });

  it("lets go of what it holds for a shutdown", () => {
    const { made, says, take } = session({ kind: "connection.stall", at, forMs: null });
    says("client", post);
    says("server", ok);
    expect(made.wakeAtMs).toBeUndefined();
    made.release();
    expect(take().slice(1)).toEqual([`client: ${ok}`]);
  });

  it("that is silent for ever ends once both peers have", () => {
    const { made, says, take } = session({ kind: "connection.stall", at, forMs: null });
    says("client", post);
    says("server", ok);
    made.ended("server", "fin");
    expect(take().slice(1)).toEqual(["client: HTTP"]);
    made.ended("client", "fin");
    expect(take()).toEqual(["server: <fin>", "client: <fin, now>"]);
  });

  it("of what a client says that never arrives needs no wait for the upstream's end", () => {
    const from = { kind: "bytes", from: "client", bytes: 4 } as const;
    const { made, says, take } = session({ kind: "connection.stall", at: from, forMs: null });
    says("client", post);
    expect(take()).toEqual(["server: POST"]);
    made.ended("client", "fin");
    expect(take()).toEqual(["server: <fin, now>"]);
  });
});

describe("an end of a peer", () => {
  it("by a reset of the client is one to the upstream at once, and nothing goes to the client any more", () => {
    const { made, says, take } = session();
    says("client", post);
    made.ended("client", "reset");
    says("server", ok);
    expect(take()).toEqual([`server: ${post}`, "server: <reset, now>"]);
  });

  it("by a reset of the upstream is one to the client", () => {
    const { made, says, take } = session();
    says("client", post);
    made.ended("server", "reset");
    expect(take()).toEqual([`server: ${post}`, "client: <reset>"]);
    const unread = session();
    unread.says("client", "\u0000\u0000 nothing");
    unread.made.ended("server", "reset");
    expect(unread.take().at(-1)).toBe("client: <reset>");
  });

  it("that could never be reached is told to a client that speaks HTTP, and just ends any other", () => {
    const http = session();
    http.says("client", post);
    http.made.unreachable("api.test is not there");
    const told = http.take();
    expect(told[1]).toMatch(/^client: HTTP\/1\.1 502 .*api\.test is not there/s);
    expect(told[2]).toBe("client: <fin>");
    const other = session();
    other.says("client", "\u0000\u0000 nothing");
    other.made.unreachable("api.test is not there");
    expect(other.take().at(-1)).toBe("client: <fin>");
    expect(other.made.upstreamIsLate()).toBe(false);
  });
});

it("a request that waits by rule has its time asked for, and goes on at it", () => {
  const { made, says, clock, take } = session(null, sampleFaults["connection.stall"]);
  says("client", post);
  expect([take(), made.wakeAtMs, made.heldBytes("client") >= post.length]).toEqual([[], 300, true]);
  clock.nowMs = 300;
  made.wake();
  expect([take(), made.wakeAtMs]).toEqual([[`server: ${post}`], undefined]);
});
