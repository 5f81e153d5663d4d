/** Which connection gives way to a new one when there are too many. */
import { EventEmitter } from "node:events";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import { describe, expect, it } from "vitest";
import { HostConnections } from "../../src/host-connections.ts";
import { pollValidityMs } from "../../src/registration.ts";

/** A connection, as far as it is looked at. */
class Session extends EventEmitter {
  isDestroyed = false;
  windowBytes = 0;

  setLocalWindowSize(bytes: number): void {
    this.windowBytes = bytes;
  }
  destroy(): void {
    this.isDestroyed = true;
    this.emit("close");
  }
}

/** Room for three connections. */
function rig(inUse: readonly string[] = []) {
  let nowMs = 1000;
  let full = 0;
  const server = new EventEmitter();
  const sessions = new Map<string, Session>();
  const nameOf = (session: unknown): string =>
    [...sessions].find(([, each]) => each === session)?.[0] ?? "unknown";
  const connections = new HostConnections(server as unknown as Http2Server, {
    maxConnections: 3,
    maxSilentMs: pollValidityMs,
    isInUse: (session: ServerHttp2Session) => inUse.includes(nameOf(session)),
    now: () => nowMs,
    windowBytes: 77,
    onFull: () => full++,
  });
  return {
    connections,
    sessions,
    open: (...names: readonly string[]): void => {
      for (const name of names) {
        const session = new Session();
        sessions.set(name, session);
        server.emit("session", session);
      }
    },
    call: (name: string): unknown => sessions.get(name)?.emit("stream"),
    wait: (ms: number): void => {
      nowMs += ms;
    },
    gone: (): string[] => [...sessions].flatMap(([name, { isDestroyed }]) => (isDestroyed ? [name] : [])),
    full: (): number => full,
  };
}

describe("too many connections", () => {
  it("cost the oldest that has never made a call its place, however long others were silent", () => {
    const { open, call, wait, gone, full, connections } = rig();
    open("a", "b", "c");
    call("a");
    wait(10 * pollValidityMs);
    expect([gone(), full()]).toEqual([[], 0]);
    open("d");
    expect([gone(), full(), connections.size]).toEqual([["b"], 1, 3]);
    open("e");
    expect(gone()).toEqual(["b", "c"]);
  });

  it("that have all made calls cost the one that has made none for longest its place", () => {
    const { open, call, wait, gone } = rig();
    open("a", "b", "c");
    call("a");
    call("c");
    wait(1);
    call("b");
    call("a");
    wait(pollValidityMs);
    open("d");
    expect(gone()).toEqual(["c"]);
  });

  it("that have all made calls of late refuse the new one, to the millisecond", () => {
    const { open, call, wait, gone, connections } = rig();
    open("a", "b", "c");
    for (const name of ["a", "b", "c"]) call(name);
    wait(pollValidityMs);
    open("d");
    expect([gone(), connections.size]).toEqual([["d"], 3]);
    wait(1);
    open("e");
    expect([gone(), connections.size]).toEqual([["a", "d"], 3]);
  });

  it("that carry whole connections stay, however few calls come", () => {
    const { open, call, wait, gone } = rig(["a"]);
    open("a", "b", "c");
    for (const name of ["a", "b", "c"]) call(name);
    wait(pollValidityMs + 1);
    open("d");
    expect(gone()).toEqual(["b"]);
  });
});

it("a connection that has ended, or failed, leaves its place", () => {
  const { open, sessions, connections, gone, call } = rig();
  open("a", "b", "c");
  call("c");
  expect([connections.size, connections.hosts, sessions.get("a")?.windowBytes]).toEqual([3, 1, 77]);
  sessions.get("a")?.emit("close");
  sessions.get("b")?.emit("error", new Error("broken off"));
  expect([connections.size, connections.hosts]).toEqual([1, 1]);
  open("d", "e");
  expect(gone()).toEqual(["b"]);
});
