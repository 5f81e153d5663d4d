/**
 * The table of tunnels. It finds the tunnel of a call by its id, and makes one for a new id. The host has no message for
 * the end of a tunnel: the table ends a tunnel when the host cancels one of its calls, or when a limit is reached.
 */

import { close } from "@faultwire/fault-protocol";
import {
  FaultDesk,
  Interception,
  type InterceptionOptions,
  type Side,
  withoutThrowing,
} from "@faultwire/fault-session";
import { LRUCache } from "lru-cache";
import type { TunnelEvent } from "./events.ts";
import { HostPace } from "./host-pace.ts";
import { type Reply, Tunnel, type TunnelCall, type TunnelOptions } from "./tunnel.ts";

/** Limits of the table, against a host, or another program that reaches the port, that opens tunnels without end. */
export const tunnelLimits = {
  /** Tunnels at the same time. Beyond it the tunnel that was quiet for longest is forgotten. */
  maxTunnels: 10_000,
  /** How long a tunnel may be quiet before it is forgotten, in ms. The bytes of its later calls pass unread. */
  maxIdleMs: 3_600_000,
  /** The longest id that is accepted, in characters. The host's ids are UUIDs of 36 characters. */
  maxIdLength: 128,
} as const;

export interface TunnelsOptions extends Omit<TunnelOptions, "pace" | "desk" | "interception"> {
  /** How HTTPS is opened; left out, it stays closed. */
  readonly intercept?: InterceptionOptions;
  /** Default: a desk of its own. Forward mode has to get the same. */
  readonly desk?: FaultDesk;
  /** The sides on which the host has registered us, as far as we know now. */
  readonly registeredSides: () => readonly Side[];
  readonly onEvent?: (event: TunnelEvent) => void;
  readonly maxTunnels?: number;
  readonly maxIdleMs?: number;
}

export class Tunnels {
  readonly #options: Omit<TunnelsOptions, "intercept"> & TunnelOptions;
  readonly #table: LRUCache<string, Tunnel>;
  /** The tunnel whose call is being handled. */
  #inHand = "";

  constructor(options: TunnelsOptions) {
    const { intercept, timers } = options;
    this.#options = {
      ...options,
      policy: withoutThrowing(options.policy, (question, message) =>
        options.onEvent?.({ tunnel: this.#inHand, type: "policy-bug", question, message }),
      ),
      pace: new HostPace(),
      desk: options.desk ?? new FaultDesk(),
      interception: intercept && new Interception(intercept, timers.now),
    };
    this.#table = new LRUCache<string, Tunnel>({
      max: options.maxTunnels ?? tunnelLimits.maxTunnels,
      ttl: options.maxIdleMs ?? tunnelLimits.maxIdleMs,
      // No cached time: that would take a timer of its own.
      ttlResolution: 0,
      updateAgeOnGet: true,
      perf: { now: () => options.timers.now() },
      dispose: (tunnel, _id, reason) => {
        if (reason !== "evict" && reason !== "expire") return;
        // The host has not cancelled the calls that are held. Without an answer it would wait for ever.
        tunnel.release();
        this.#ended(tunnel, reason === "evict" ? "evicted" : "idle");
      },
    });
  }

  /** Tunnels that are known now. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * Takes one call; `reply` gets its one answer, now or later.
   *
   * @returns a function to call when the host has cancelled the call: its tunnel is over.
   */
  handle(call: TunnelCall, reply: Reply): () => void {
    if (call.id.length === 0 || call.id.length > tunnelLimits.maxIdLength) {
      reply(
        close(`faultwire: an id of ${call.id.length} characters, expected 1 to ${tunnelLimits.maxIdLength}`),
      );
      return nothing;
    }
    let tunnel = this.#table.get(call.id);
    if (!tunnel) {
      const sides = this.#options.registeredSides();
      const paired = sides.includes("client") && sides.includes("server");
      const tell = this.#options.onEvent;
      tunnel = new Tunnel(call.id, paired, this.#options, (event) => tell?.({ tunnel: call.id, ...event }));
      this.#table.set(call.id, tunnel);
    }
    this.#inHand = call.id;
    tunnel.handle(call, reply);
    return () => this.#cancelled(call.id);
  }

  /** Forgets tunnels that were quiet for too long. Call it now and then: the table has no timer. */
  sweep(): void {
    this.#table.purgeStale();
  }

  /** Ends the holds of faults, for a shutdown. New calls are still taken, and no byte is lost. */
  drain(): void {
    this.sweep();
    for (const tunnel of this.#table.values()) tunnel.drain();
  }

  /** Answers every call that is held. No call may come after this. */
  release(): void {
    for (const tunnel of this.#table.values()) tunnel.release();
  }

  /** Forgets everything. */
  close(): void {
    // Tunnels that were quiet for too long are no longer among the values, but still have timers.
    this.sweep();
    for (const tunnel of this.#table.values()) this.#ended(tunnel, "shutdown");
    this.#table.clear();
  }

  #cancelled(id: string): void {
    const tunnel = this.#table.peek(id);
    if (!tunnel) return;
    this.#table.delete(id);
    this.#ended(tunnel, "cancelled");
  }

  #ended(tunnel: Tunnel, why: "cancelled" | "idle" | "evicted" | "shutdown"): void {
    tunnel.end();
    this.#options.onEvent?.({
      tunnel: tunnel.id,
      type: "closed",
      why,
      bytesFromClient: tunnel.bytesFrom.client,
      bytesFromServer: tunnel.bytesFrom.server,
      ageMs: this.#options.timers.now() - tunnel.createdAtMs,
    });
  }
}

const nothing = (): void => {};
