/** A tunnel in the reference host's own copy loops, in memory: the host loses, tops up and forgets what the real one does. */
import type { EndKind, Side } from "@faultwire/fault-session";
import { concatBytes } from "@faultwire/testkit/chunkers";
import { type ManualTimers, manualTimers } from "@faultwire/testkit/manual-timers";
import { type MemorySocket, SimulatedTunnel } from "../../../fault-host/test/support/simulated-tunnel.ts";
import type { Link } from "../../../fault-session/test/support/link.ts";
import { type TunnelEvent, Tunnels, type TunnelsOptions } from "../../src/index.ts";

/** Turns of the host in a millisecond of the clock. A real host has hundreds; with few, nothing is left undone. */
const turnsPerMs = 8;

export type HostLinkOptions = Partial<TunnelsOptions> &
  Pick<TunnelsOptions, "policy"> & {
    /** The sides that the plugin is registered on. */
    readonly sides?: readonly Side[];
  };

export class HostLink implements Link {
  readonly timers: ManualTimers = manualTimers();
  readonly events: TunnelEvent[] = [];
  readonly tunnels: Tunnels;
  readonly host: SimulatedTunnel;

  constructor({ sides = ["server", "client"], ...options }: HostLinkOptions) {
    this.tunnels = new Tunnels({
      timers: this.timers,
      userAgent: "faultwire/test",
      registeredSides: () => sides,
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    this.host = new SimulatedTunnel(sides, (call, reply) => this.tunnels.handle({ id: "t", ...call }, reply));
  }

  says(from: Side, bytes: Uint8Array | string): void {
    this.#socket(from).says(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  }

  ends(from: Side): void {
    this.#socket(from).ends();
  }

  got(to: Side): Uint8Array {
    return concatBytes(this.#socket(to).writes);
  }

  gotBytes(to: Side): number {
    return this.#socket(to).writes.reduce((sum, { length }) => sum + length, 0);
  }

  writeSizes(to: Side): readonly number[] {
    return this.#socket(to).writes.map(({ length }) => length);
  }

  endOf(to: Side): EndKind | undefined {
    return this.#socket(to).hasEnded ? "fin" : undefined;
  }

  async run(ms: number): Promise<void> {
    for (let at = 0; at < ms; at++) {
      for (let turn = 0; turn < turnsPerMs; turn++) await new Promise((resolve) => setImmediate(resolve));
      this.timers.advance(1);
    }
  }

  close(): void {
    this.host.stop();
    this.tunnels.close();
  }

  get remains(): number {
    return this.timers.armed + this.tunnels.size;
  }

  #socket(side: Side): MemorySocket {
    return this.host[side];
  }
}
