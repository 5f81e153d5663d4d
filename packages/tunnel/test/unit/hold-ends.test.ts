/** A hold of a fault ends, at whatever part of a millisecond its timer fires. */
import type { ConnectionSession } from "@faultwire/fault-session";
import { expect, it } from "vitest";
import { FaultRig } from "../../../fault-session/test/support/fault-rig.ts";
import { sampleFaults } from "../../../fault-session/test/support/sample-faults.ts";
import { Outlook } from "../../src/outlook.ts";
import { Prompter } from "../../src/prompter.ts";
import { Ticks } from "../../src/ticks.ts";
import type { Timers } from "../../src/timers.ts";
import { ascii, get } from "../support/quiet-host.ts";
import { ticks } from "../support/ticks-carrier.ts";

/** So long it takes from one look at the clock to the next, in ms. */
const lookMs = 0.01;

/** A clock that goes on between two looks at it, and timers that fire early, as those of Node do by a part of a millisecond. */
class RealClock implements Timers {
  #ms = 1000;
  readonly #earlyMs: number;
  readonly #due = new Set<{ readonly atMs: number; readonly action: () => void }>();

  constructor(earlyMs: number) {
    this.#earlyMs = earlyMs;
  }

  readonly now = (): number => {
    this.#ms += lookMs;
    return this.#ms;
  };

  readonly after = (delayMs: number, action: () => void): (() => void) => {
    const timer = { atMs: this.#ms + Math.max(0, delayMs - this.#earlyMs), action };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  };

  run(ms: number): void {
    const untilMs = this.#ms + ms;
    for (;;) {
      const [next] = [...this.#due].sort((one, other) => one.atMs - other.atMs);
      if (!next || next.atMs > untilMs) break;
      this.#due.delete(next);
      this.#ms = Math.max(this.#ms, next.atMs);
      next.action();
    }
    this.#ms = Math.max(this.#ms, untilMs);
  }
}

/** A session that passes what the client says, and keeps back what goes to the upstream for so long. */
function heldSession(carrier: Ticks, holdMs: number): ConnectionSession {
  let openAtMs = Number.NEGATIVE_INFINITY;
  const session = {
    receive(_from: string, bytes: Uint8Array): void {
      carrier.send("server", bytes);
      openAtMs = carrier.now() + holdMs;
    },
    outlet: (to: string) => ({
      heldUntilMs: to === "server" && openAtMs > carrier.now() ? openAtMs : undefined,
      isScheduled: false,
    }),
    isFull: () => false,
  };
  // Of a session the carrier asks no more than this, where nothing is read.
  return session as unknown as ConnectionSession;
}

it("lets the call go that waits for it", () => {
  const never: number[] = [];
  for (let earlyMs = 0; earlyMs < 0.5; earlyMs += lookMs / 2) {
    const clock = new RealClock(earlyMs);
    const carrier = new Ticks(
      clock,
      (error) => {
        throw error;
      },
      () => {},
    );
    const session = heldSession(carrier, 300);
    carrier.drive({ session, outlook: new Outlook(session), prompter: new Prompter("faultwire/test") });
    const answers: string[] = [];
    carrier.call("server", ascii(get), {
      forward: () => answers.push("forward"),
      canDrip: false,
      drip: () => answers.push("drip"),
      settleLast: () => {},
      swallow: () => answers.push("swallow"),
      close: () => answers.push("close"),
    });
    clock.run(250);
    expect(answers).toEqual([]);
    clock.run(1000);
    if (answers[0] !== "forward") never.push(earlyMs);
  }
  expect(never).toEqual([]);
});

it("does not begin for a request that goes nowhere, and nothing is told as done", async () => {
  const cut = { kind: "stream.cut", at: { kind: "events", events: 2 }, stop: "reset" } as const;
  const rig = new FaultRig({
    ...{ carrier: ticks, way: "plain", keepsOpen: true },
    requests: [null, cut, sampleFaults["connection.stall"]],
  });
  rig.send(get + get + get);
  await rig.run(50);
  expect(rig.upstreamRequests).toHaveLength(2);
  expect(rig.told("undone")).toContainEqual(
    expect.objectContaining({ reason: expect.stringMatching(/end/) }),
  );
});
