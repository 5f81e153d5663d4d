import type { Side } from "@faultwire/fault-session";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import { beforeEach, describe, expect, it } from "vitest";
import { scriptedPolicy } from "../../../fault-session/test/support/scripted-policy.ts";
import { type TunnelEvent, Tunnels, type TunnelsOptions, tunnelLimits } from "../../src/index.ts";
import { TunnelProbe } from "../support/tunnel-probe.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the table of tunnels", () => {
  let timers: ManualTimers;
  let events: TunnelEvent[];
  let answers: string[];

  beforeEach(() => {
    timers = manualTimers(1);
    events = [];
    answers = [];
  });

  const table = (more: Partial<TunnelsOptions> = {}): Tunnels =>
    new Tunnels({
      policy: scriptedPolicy({ isTarget: () => false }),
      timers,
      userAgent: "test",
      registeredSides: () => ["server", "client"],
      onEvent: (event) => events.push(event),
      ...more,
    });
  const read = (tunnels: Tunnels, id: string, side: Side = "client", text = "\u0001hello"): (() => void) =>
    tunnels.handle({ id, side, kind: "read", chunk: bytes(text) }, ({ action }) =>
      answers.push(`${id} ${action.case}`),
    );
  const ends = (): string[] =>
    events.flatMap((event) => (event.type === "closed" ? [`${event.tunnel} ${event.why}`] : []));

  it("forgets a tunnel when a call of its is cancelled, and tells what it has carried", () => {
    const tunnels = table();
    read(tunnels, "a");
    const cancel = read(tunnels, "a");
    expect(answers).toEqual(["a replace"]);
    timers.advance(30);
    cancel();
    cancel();
    expect(ends()).toEqual(["a cancelled"]);
    expect(events.at(-1)).toMatchObject({ bytesFromClient: 12, bytesFromServer: 0, ageMs: 30 });
    expect(tunnels.size).toBe(0);
    expect(timers.armed).toBe(0);
  });

  it("forgets the tunnel that was quiet for longest when there are too many, and answers what it holds", () => {
    const tunnels = table({ maxTunnels: 2 });
    read(tunnels, "a");
    read(tunnels, "a");
    read(tunnels, "b");
    expect(answers).toEqual(["a replace", "b replace"]);
    read(tunnels, "c");
    expect(ends()).toEqual(["a evicted"]);
    expect(answers).toEqual(["a replace", "b replace", "a replace", "c replace"]);
    expect(tunnels.size).toBe(2);
  });

  it("forgets a tunnel that was quiet for too long, and keeps one that was not", () => {
    const tunnels = table({ maxIdleMs: 60_000 });
    read(tunnels, "a");
    read(tunnels, "b", "server");
    timers.advance(40_000);
    read(tunnels, "b", "client");
    timers.advance(40_000);
    tunnels.sweep();
    expect(ends()).toEqual(["a idle"]);
    expect(tunnels.size).toBe(1);
  });

  it("ends those that were quiet for too long at a close, too, and leaves no timer behind", () => {
    const tunnels = table({ maxIdleMs: 1000 });
    read(tunnels, "a");
    read(tunnels, "a");
    expect(timers.armed).toBe(1);
    timers.advance(2000);
    tunnels.close();
    expect(ends()).toEqual(["a idle"]);
    expect(timers.armed).toBe(0);
  });

  it("refuses an id that no host gives", () => {
    const tunnels = table();
    read(tunnels, "");
    read(tunnels, "x".repeat(tunnelLimits.maxIdLength + 1));
    expect(answers.map((answer) => answer.split(" ")[1])).toEqual(["close", "close"]);
    expect(tunnels.size).toBe(0);
  });

  describe("when the plugin is about to go", () => {
    it("closes a tunnel that rests when its client speaks, and waits for it no longer", () => {
      const tunnels = table({ registeredSides: () => [] });
      const waiting = { maxRestMs: 10_000, forAnswers: true };
      read(tunnels, "a");
      read(tunnels, "a", "server");
      read(tunnels, "b");
      timers.advance(5000);
      tunnels.drain();
      tunnels.farewell("new");
      expect(tunnels.awaited(waiting)).toBe(2);
      answers = [];
      read(tunnels, "a");
      read(tunnels, "b");
      expect(answers).toEqual(["a close", "b replace"]);
      expect(tunnels.awaited(waiting)).toBe(1);
      expect(tunnels.unended).toBe(1);
    });

    it.each([
      ["on both sides", ["client", "server"] as const],
      ["on one", [] as const],
    ])(
      "closes every tunnel at its next byte in the end, also one that is new: registered %s",
      (_sides, registered) => {
        const tunnels = table({ registeredSides: () => registered });
        read(tunnels, "a", "server");
        tunnels.drain();
        tunnels.farewell("all");
        answers = [];
        read(tunnels, "a", "server");
        read(tunnels, "b", "server");
        read(tunnels, "c", "client");
        expect(answers).toEqual(["a close", "b close", "c close"]);
        expect(tunnels.unended).toBe(0);
      },
    );
  });

  it("answers everything that is held when it is released", () => {
    const tunnels = table();
    for (const id of ["a", "b"]) {
      read(tunnels, id);
      read(tunnels, id);
    }
    expect(answers).toHaveLength(2);
    tunnels.release();
    expect(answers).toHaveLength(4);
    tunnels.close();
    expect(ends().sort()).toEqual(["a shutdown", "b shutdown"]);
  });

  it("takes write calls before anything was read for another stream than ours: a TCP mapping with TLS of the host's", () => {
    const tunnels = table();
    tunnels.handle(
      { id: "a", side: "server", kind: "write", chunk: bytes("\u0016host's own TLS") },
      ({ action }) => answers.push(`server ${action.case}`),
    );
    read(tunnels, "a", "client", "in clear");
    expect(answers).toEqual(["server passThrough", "a replace"]);
    expect(events.map(({ type }) => type)).toEqual(["unpaired", "detected", "unread", "detected"]);
  });
});

describe("a tunnel of which the host has wrapped one side, where both are registered", () => {
  it.each(["client", "server"] as const)("gives nobody any filler (%s side)", async (side) => {
    const probe = new TunnelProbe({ policy: scriptedPolicy({ isTarget: () => false }), wraps: [side] });
    const said = { client: "\u0001hello", server: "\u0002welcome" };
    const sent = { client: "", server: "" };
    for (let round = 0; round < 3; round++) {
      for (const from of ["client", "server"] as const) {
        probe.says(from, said[from]);
        sent[from] += said[from];
        await probe.run(50);
      }
      // Its first answer never comes back, which takes a while to be sure of.
      if (round === 0) await probe.run(11_000);
    }
    expect(probe.take("server")).toBe(sent.client);
    expect(probe.take("client")).toBe(sent.server);
  });
});

it("tells of no missing echo where it gives a tunnel up itself", async () => {
  const probe = new TunnelProbe({ policy: scriptedPolicy() });
  probe.says("client", "GET / HTTP/1.1\r\nHost: api.test\r\n\r\n");
  await probe.run(30);
  expect(probe.got("server").length).toBeGreaterThan(0);
  probe.tunnels.release();
  expect(probe.events.map(({ type }) => type)).not.toContain("unpaired");
});
