/** Where each event of a tunnel goes: what the host did to the log, at its level; what a session tells to the runtime. */
import type { CarrierRuntime } from "@faultwire/runtime";
import type { TunnelEvent } from "@faultwire/tunnel";
import { expect, it } from "vitest";
import { logTunnelEvent } from "../../src/log-tunnel-event.ts";

const closed = { type: "closed", bytesFromClient: 1, bytesFromServer: 2, tookMs: 3 } as const;

/** What is logged of an event, and what is told on. */
function takenOf(event: TunnelEvent): unknown[] {
  const taken: unknown[] = [];
  const at = (level: string) => (entry: object, text: string) => taken.push([level, entry, text]);
  const logger = { debug: at("debug"), warn: at("warn"), error: at("error") };
  const tell = (told: unknown, facts: unknown): void => void taken.push(["told", told, facts]);
  logTunnelEvent({ logger, tell } as unknown as CarrierRuntime, event);
  return taken;
}

it.each([
  [{ type: "unpaired" }, "debug", "the host wrapped one side of this tunnel"],
  [{ type: "recovered", bytes: 7 }, "debug", "the host had dropped 7 bytes; given again"],
  [
    { type: "mismatch", expectedBytes: 2, foundBytes: 1 },
    "error",
    "bytes were lost or changed on the way through the host; tunnel closed",
  ],
  [{ ...closed, why: "idle" }, "debug", "tunnel over (idle)"],
  [
    { ...closed, why: "memory" },
    "warn",
    "a tunnel was given up: all tunnels together held too many bytes (docs/fault-host.md)",
  ],
] as const)("is in the log: %j", (event, level, text) => {
  const { type, ...fields } = event;
  const whole = { tunnel: "t1", ...event } as unknown as TunnelEvent;
  expect(takenOf(whole)).toEqual([[level, { event: type, tunnel: "t1", ...fields }, text]]);
});

it("is the runtime's, with the tunnel's id, where a session tells it", () => {
  const event = { tunnel: "t1", type: "bug", message: "thrown" } as const;
  expect(takenOf(event)).toEqual([["told", event, { tunnel: "t1" }]]);
});
