/** What machines of open WebSockets keep, and what they say of faults that could not be carried out. */
import { encodeClose, encodeFrame, FrameReader } from "@faultwire/websocket";
import { describe, expect, it } from "vitest";
import { draw, type WebSocketFault } from "../../src/index.ts";
import {
  createWebSocketMachine,
  type WebSocketAction,
  type WebSocketMachine,
  webSocketLimits,
} from "../../src/internal.ts";

const text = (length: number): Uint8Array =>
  encodeFrame({ type: "text", payload: new Uint8Array(length).fill(97) });
const each = { indices: null, types: null, every: 1, probability: null };

/** A machine that is given bytes. */
class Run {
  readonly machine: WebSocketMachine;
  readonly toClient: Uint8Array[] = [];
  ends = 0;
  readonly #readers = {
    client: new FrameReader({ from: "client" }),
    server: new FrameReader({ from: "server" }),
  };

  constructor(fault: WebSocketFault) {
    const random = (purpose: string, index: number): number => draw(1, purpose, index);
    this.machine = createWebSocketMachine(fault, { startMs: 0, random });
  }

  get bytes(): number {
    return this.toClient.reduce((sum, part) => sum + part.length, 0);
  }

  says(from: "client" | "server", bytes: Uint8Array, nowMs = 0): void {
    this.note(this.machine.push(from, this.#readers[from].push(bytes), nowMs));
  }

  note(actions: readonly WebSocketAction[]): void {
    for (const action of actions) {
      if (action.kind === "end") this.ends++;
      else if (action.to === "client") this.toClient.push(action.bytes.slice());
    }
  }
}

const undone = ({ machine }: Run): string => {
  machine.ended("server", 0);
  const { outcome } = machine;
  return outcome.kind === "undone" ? outcome.reason : outcome.kind;
};

describe("what is kept", () => {
  it("a message that is to be sent twice, up to its limit: a longer one is sent once", () => {
    const run = new Run({ kind: "websocket.duplicate", from: "server", messages: each });
    const long = text(webSocketLimits.maxDuplicateBytes + 1);
    for (let at = 0; at < long.length; at += 65_536) {
      run.says("server", long.subarray(at, at + 65_536));
      expect(run.machine.pendingBytes("server")).toBeLessThanOrEqual(webSocketLimits.maxDuplicateBytes);
    }
    expect(run.bytes).toBe(long.length);
    expect(undone(run)).toBe("a message is larger than can be held");
  });

  it("nothing of a message without an end that is dropped, and nothing behind a silence for ever", () => {
    const drop = new Run({ kind: "websocket.drop", from: "server", messages: each });
    drop.says("server", encodeFrame({ type: "text", fin: false }));
    const at = { kind: "messages", messages: 0, from: "server" } as const;
    const stall = new Run({ kind: "websocket.stall", at, of: "server", forMs: null });
    for (let count = 0; count < 5000; count++) {
      drop.says("server", encodeFrame({ type: "continuation", fin: false, payload: new Uint8Array(100) }));
      stall.says("server", encodeFrame({ type: "ping", payload: new Uint8Array(100) }));
    }
    expect([drop.bytes, drop.machine.pendingBytes("server")]).toEqual([0, 0]);
    expect([stall.bytes, stall.machine.pendingBytes("server")]).toEqual([0, 0]);
  });

  it.each([
    { kind: "websocket.pace", from: "server", firstMessageMs: 100, messageMs: 100, jitterMs: 0 },
    {
      kind: "websocket.stall",
      at: { kind: "messages", messages: 0, from: "server" },
      of: "server",
      forMs: 100,
    },
  ] as const)("so many parts of frames that wait: then it is full ($kind)", (fault) => {
    const run = new Run(fault);
    let count = 0;
    while (!run.machine.isFull("server") && count < 100_000) {
      run.says("server", encodeFrame({ type: "text" }));
      count++;
    }
    expect(count).toBeLessThanOrEqual(webSocketLimits.maxQueuedParts);
    run.note(run.machine.wake(1_000_000));
    expect(run.machine.isFull("server")).toBe(false);
  });
});

describe("a fault that can't be carried out says why", () => {
  const at = { kind: "messages", messages: 3, from: "server" } as const;
  it.each([
    [
      { kind: "websocket.cut", at, stop: "fin" },
      /^the WebSocket ended after 0 messages of the client and 1 of/,
    ],
    [
      { kind: "websocket.drop", from: "client", messages: each },
      /^of the client's 0 messages none was chosen$/,
    ],
    [{ kind: "websocket.no-pong", from: "server", afterPongs: 0 }, /^the server sent no pong$/],
    [
      { kind: "websocket.pace", from: "client", firstMessageMs: 1, messageMs: 1, jitterMs: 0 },
      /^the client sent no message$/,
    ],
  ] as const)("%j", (fault, reason) => {
    const run = new Run(fault);
    run.says("server", text(1));
    expect(undone(run)).toMatch(reason);
  });

  it("where frames can't be read, or the peers have closed before", () => {
    const lost = new Run({ kind: "websocket.close", at: { kind: "time", ms: 10 }, code: 1011, reason: "" });
    lost.says("server", Uint8Array.of(0x83, 0));
    lost.note(lost.machine.wake(10));
    expect([undone(lost), lost.bytes]).toEqual(["frames of the WebSocket can't be read", 2]);
    const closed = new Run({ kind: "websocket.close", at: { kind: "time", ms: 10 }, code: 1011, reason: "" });
    const bye = encodeFrame({ type: "close", payload: encodeClose(1000) });
    closed.says("server", bye);
    closed.note(closed.machine.wake(10));
    expect(undone(closed)).toMatch(/^the WebSocket ended after/);
    expect(closed.bytes).toBe(bye.length);
  });
});

describe("a close", () => {
  const fault = { kind: "websocket.close", at: { kind: "time", ms: 10 }, code: 1012, reason: "" } as const;

  it("waits for the end of the frame that is under way, and then for the client, but not for ever", () => {
    const run = new Run(fault);
    const message = text(4);
    run.says("server", message.subarray(0, 3));
    run.note(run.machine.wake(10));
    expect(run.bytes).toBe(3);
    run.says("server", message.subarray(3), 11);
    expect(run.bytes).toBe(message.length + 4);
    expect(run.machine.holdsEnd).toBe(true);
    run.note(run.machine.wake(11 + webSocketLimits.maxCloseWaitMs));
    expect([run.ends, run.machine.holdsEnd]).toEqual([1, false]);
  });

  it("is over with a client that goes away", () => {
    const run = new Run(fault);
    run.note(run.machine.wake(10));
    run.note(run.machine.ended("client", 11));
    expect(run.ends).toBe(1);
  });
});
