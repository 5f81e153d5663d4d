/**
 * The table of tunnels: finds the tunnel of a call by its id, makes it when it is new, and ends it when the host
 * gives a sign (a cancelled call) or when a limit is reached. The host has no message for either.
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

/** Limits of the table. Each stands against a host, or somebody who can reach the port, that opens without end. */
export const tunnelLimits = {
  /** Tunnels at the same time; the one that was quiet for longest goes first. */
  maxTunnels: 10_000,
  /** How long a tunnel may be quiet before it is forgotten, in ms. Later calls of it pass as unknown bytes. */
  maxIdleMs: 3_600_000,
  /** The longest id that is taken, in characters; the host's are UUIDs of 36. */
  maxIdLength: 128,
} as const;

export interface TunnelsOptions extends Omit<TunnelOptions, "pace" | "desk" | "interception"> {
  /** How HTTPS is opened; left out, it stays closed. */
  readonly intercept?: InterceptionOptions;
  /** One of its own unless given; forward mode wants the same. */
  readonly desk?: FaultDesk;
  /** The sides that the host has registered us on, as far as it is known now. */
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
        // Nobody has cancelled what is held: it has to be answered, or the host waits for ever.
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
   * @returns a function that says the host has cancelled the call: its tunnel is over.
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

  /** Forgets what has been quiet for too long; call it now and then (the table itself has no timer). */
  sweep(): void {
    this.#table.purgeStale();
  }

  /** Lets go of everything that faults hold, for a shutdown. New calls are still taken, and nothing is lost. */
  drain(): void {
    this.sweep();
    for (const tunnel of this.#table.values()) tunnel.drain();
  }

  /** Answers every call that is held, whatever for: nothing comes after it. */
  release(): void {
    for (const tunnel of this.#table.values()) tunnel.release();
  }

  /** Forgets everything. */
  close(): void {
    // Those that were quiet for too long are not among the values any more, and still hold timers.
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
