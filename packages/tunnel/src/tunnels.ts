/**
 * The table of tunnels. It finds the tunnel of a call by its id, and makes one for a new id. The host has no message for
 * the end of a tunnel: the table ends a tunnel when the host cancels one of its calls, when both of its directions have been
 * closed here, when the host does not come for what it was sure to come for, or when a limit is reached.
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
import type { TunnelEnd, TunnelEvent } from "./events.ts";
import { Farewell, type Waiting } from "./farewell.ts";
import { HeldTotal } from "./held-total.ts";
import { HostPace } from "./host-pace.ts";
import { type SignOfEnd, Tunnel, type TunnelOptions } from "./tunnel.ts";
import type { TunnelAtRest } from "./tunnel-at-rest.ts";
import type { Reply, TunnelCall } from "./tunnel-call.ts";

/** Limits of the table, against a host, or another program that reaches the port, that opens tunnels without end. */
export const tunnelLimits = {
  /** Tunnels at the same time. Beyond it the tunnel that was quiet for longest is forgotten. */
  maxTunnels: 10_000,
  /** How long a tunnel may be quiet before it is forgotten, in ms. The bytes of its later calls pass unread. */
  maxIdleMs: 3_600_000,
  /**
   * How long the host may leave an answer unclaimed, in ms: it shows each answer to a read call again in a write call, as soon
   * as the receiver's socket has room. With less than {@link socketBytes} sent since the receiver last spoke, there is room,
   * unless the receiver has gone.
   */
  maxUnclaimedMs: 5000,
  /** The same where the receiver may have stopped reading, and is alive. */
  maxPausedMs: 300_000,
  /** How long a tunnel may be quiet behind the farewell of its upstream by TLS, of which the client has all, in ms. */
  maxSaidAllMs: 5000,
  /**
   * How long a tunnel may be quiet whose client is to get nothing more than an end, in ms. Longer than
   * `tickLimits.maxStrandedMs`, after which that end counts as not sent.
   */
  maxEndDueMs: 15_000,
  /** How long a tunnel may be quiet before nothing of it is kept but what a later call needs, in ms. Longer than `tickLimits.maxKeptMs`. */
  maxWholeMs: 5000,
  /** How long a tunnel may be quiet in the handshake of a connection that is opened, in ms. */
  maxHandshakeMs: 30_000,
  /**
   * How long a tunnel may be quiet, in ms, that is read and can't rest: in the middle of a message of which something is held, or
   * while a fault waits for its moment or is at work. A minute longer than the libraries of models wait for a byte, which is ten.
   */
  maxInMessageMs: 660_000,
  /** So many bytes, at the least, fit in the sockets between the host and a receiver that does not read. */
  socketBytes: 65_536,
  /**
   * Bytes that all tunnels hold together. Beyond it tunnels are given up until it is kept: first those whose answer is
   * unclaimed, then any that hold something, and of both the one that was quiet for longest.
   */
  maxHeldBytes: 67_108_864,
  /** The longest id that is accepted, in characters. The host's ids are UUIDs of 36 characters. */
  maxIdLength: 128,
} as const;

/** How long a tunnel with this sign may be quiet, in ms. */
const quietMs: Readonly<Record<SignOfEnd, number>> = {
  "said-all": tunnelLimits.maxSaidAllMs,
  "end-due": tunnelLimits.maxEndDueMs,
  handshake: tunnelLimits.maxHandshakeMs,
  // A peer says a record in one go: the host has stopped reading it, for a receiver that reads nothing or has gone.
  "in-record": tunnelLimits.maxPausedMs,
  "in-message": tunnelLimits.maxInMessageMs,
};

/** What the tunnels of a plugin are made from. */
export interface TunnelsOptions extends Omit<TunnelOptions, "pace" | "desk" | "interception"> {
  /** How HTTPS is opened; left out, it stays closed. */
  readonly intercept?: InterceptionOptions;
  /** Default: a desk of its own. Forward mode has to get the same. */
  readonly desk?: FaultDesk;
  /** The sides on which the host has registered us, as far as we know now. */
  readonly registeredSides: () => readonly Side[];
  /** Takes what happens in tunnels. */
  readonly onEvent?: (event: TunnelEvent) => void;
  /** In place of the one of {@link tunnelLimits}. */
  readonly maxTunnels?: number;
  /** In place of the one of {@link tunnelLimits}. */
  readonly maxIdleMs?: number;
  /** In place of the one of {@link tunnelLimits}. */
  readonly maxWholeMs?: number;
  /** In place of the one of {@link tunnelLimits}. */
  readonly maxHeldBytes?: number;
}

/** A tunnel in the table: whole, or what is kept of one that rests. */
interface Place {
  tunnel: Tunnel | undefined;
  rest: TunnelAtRest | undefined;
}

/** All tunnels of a plugin: takes the calls of hosts, by tunnel and direction, and answers each. */
export class Tunnels {
  readonly #options: Omit<TunnelsOptions, "intercept"> & TunnelOptions;
  readonly #table: LRUCache<string, Place>;
  /** Ids of tunnels that were given up, and of which no later byte may reach a peer. */
  readonly #refused: LRUCache<string, true>;
  readonly #held = new HeldTotal();
  /** The tunnel whose call is being handled. */
  #inHand = "";
  /** How tunnels end, once the plugin is about to go. */
  #farewell: "new" | "all" | undefined;

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
    const limits = {
      max: options.maxTunnels ?? tunnelLimits.maxTunnels,
      ttl: options.maxIdleMs ?? tunnelLimits.maxIdleMs,
      // No cached time: that would take a timer of its own.
      ttlResolution: 0,
      perf: { now: () => options.timers.now() },
    };
    this.#table = new LRUCache<string, Place>({
      ...limits,
      updateAgeOnGet: true,
      dispose: (place, id, reason) => {
        if (reason !== "evict" && reason !== "expire") return;
        const why = reason === "evict" ? "evicted" : "idle";
        if (place.tunnel) this.#givenUp(place.tunnel, why);
        else if (place.rest?.session.hasChanged) this.#refused.set(id, true);
        if (place.rest) this.#endedResting(id, place.rest, why);
      },
    });
    this.#refused = new LRUCache<string, true>(limits);
  }

  /** Tunnels that are known now. */
  get size(): number {
    return this.#table.size;
  }

  /** Those of them that rest: nothing of them is kept but what a later call needs. */
  get resting(): number {
    let count = 0;
    for (const { rest } of this.#table.values()) if (rest) count++;
    return count;
  }

  /** Bytes that all tunnels hold: what peers have said and what is to go to them, and what the host is still to show again. */
  get heldBytes(): number {
    this.#held.recount();
    return this.#held.bytes;
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
    const place = this.#table.get(call.id);
    if (!place && this.#refused.has(call.id)) {
      reply(close("faultwire: this tunnel was given up"));
      return nothing;
    }
    const known = place?.tunnel ?? this.#begin(call.id, place);
    this.#inHand = call.id;
    known.handle(call, (answer) => {
      reply(answer);
      // Behind what is still to be told of it.
      if (known.isClosed) queueMicrotask(() => this.#over(known));
    });
    this.#held.count(known);
    const most = this.#options.maxHeldBytes ?? tunnelLimits.maxHeldBytes;
    // An eighth more than it has to be: the look at all tunnels is not made again at the next call.
    if (this.#held.bytes > most) this.#relieve(most * (7 / 8));
    return () => this.cancelled(call.id);
  }

  /**
   * Forgets tunnels that were quiet for too long, and those whose host does not come for its answer; keeps of those that rest
   * what a later call needs. Call it every few seconds: the table has no timer.
   */
  sweep(): void {
    this.#table.purgeStale();
    const now = this.#options.timers.now();
    const { maxUnclaimedMs, maxPausedMs, maxHandshakeMs, socketBytes } = tunnelLimits;
    const { maxWholeMs = tunnelLimits.maxWholeMs } = this.#options;
    for (const place of this.#table.values()) {
      const { tunnel } = place;
      if (!tunnel) continue;
      const { unclaimedSinceMs = now, lastCallAtMs, signOfEnd } = tunnel;
      const mostMs = tunnel.sentBytes >= socketBytes ? maxPausedMs : maxUnclaimedMs;
      if (now - unclaimedSinceMs >= mostMs) this.#giveUp(tunnel, "unclaimed");
      else if (signOfEnd && now - lastCallAtMs >= quietMs[signOfEnd]) this.#giveUp(tunnel, signOfEnd);
      else if (now - lastCallAtMs >= maxWholeMs) {
        if (now - lastCallAtMs >= maxHandshakeMs) tunnel.stopFollowing();
        this.#settle(place, tunnel);
      }
    }
  }

  /** Ends the holds of faults, for a shutdown. New calls are still taken, and no byte is lost. */
  drain(): void {
    this.sweep();
    for (const tunnel of this.#whole()) tunnel.drain();
  }

  /**
   * The plugin is about to go, after {@link drain}: tunnels end by a close that their clients see, in answer to the next bytes of
   * a peer. `new`: only where the client begins something new. `all`: in any case.
   */
  farewell(what: "new" | "all"): void {
    this.#farewell = what;
    for (const tunnel of this.#whole()) tunnel.farewell(what);
  }

  /** Tunnels that the plugin has to stay for when it is about to go. */
  awaited(waiting: Waiting): number {
    let count = 0;
    const now = this.#options.timers.now();
    for (const { tunnel, rest } of this.#table.values())
      if (tunnel ? tunnel.isAwaited(waiting) : rest && isAwaitedAtRest(rest, now, waiting)) count++;
    return count;
  }

  /** Tunnels that no answer of ours has ended. Of other ends the table hears nothing, but for cancelled calls. */
  get unended(): number {
    let count = 0;
    for (const { tunnel } of this.#table.values()) if (!tunnel?.isOver) count++;
    return count;
  }

  /** Answers every call that is held. No call may come after this. */
  release(): void {
    for (const tunnel of this.#whole()) tunnel.release();
  }

  /** Forgets everything. */
  close(): void {
    // Tunnels that were quiet for too long are no longer among the values, but still have timers.
    this.sweep();
    for (const [id, { tunnel, rest }] of this.#table.entries()) {
      if (tunnel) this.#ended(tunnel, "shutdown");
      else if (rest) this.#endedResting(id, rest, "shutdown");
    }
    this.#table.clear();
  }

  /** The host has cancelled a call of this tunnel: it is over. Of calls that {@link handle} has got it tells by itself. */
  cancelled(id: string): void {
    const place = this.#table.peek(id);
    if (!place) return;
    this.#table.delete(id);
    if (place.tunnel) this.#ended(place.tunnel, "cancelled");
    else if (place.rest) this.#endedResting(id, place.rest, "cancelled");
  }

  /** Tunnels of which everything is kept. */
  *#whole(): Generator<Tunnel> {
    for (const { tunnel } of this.#table.values()) if (tunnel) yield tunnel;
  }

  /** Takes a tunnel apart that rests. */
  #settle(place: Place, tunnel: Tunnel): void {
    const { atRest } = tunnel;
    if (!atRest) return;
    this.#held.forget(tunnel);
    tunnel.leave();
    place.tunnel = undefined;
    place.rest = atRest;
  }

  /**
   * Makes the tunnel of a new id, or of one that rested. It has no part in {@link handle}: the functions that a tunnel keeps would keep its first
   * call alive as well, and with it the host's stream.
   */
  #begin(id: string, place?: Place): Tunnel {
    const sides = this.#options.registeredSides();
    const rest = place?.rest;
    const paired = rest !== undefined || (sides.includes("client") && sides.includes("server"));
    const tunnel = this.#made(id, paired, rest);
    if (place) {
      place.tunnel = tunnel;
      place.rest = undefined;
    } else this.#table.set(id, { tunnel, rest });
    if (this.#farewell) tunnel.farewell(this.#farewell);
    return tunnel;
  }

  #made(id: string, paired: boolean, rest: TunnelAtRest | undefined): Tunnel {
    const tell = this.#options.onEvent;
    return new Tunnel(id, paired, this.#options, (event) => tell?.({ tunnel: id, ...event }), rest);
  }

  /** Gives tunnels up until all together hold no more than so many bytes. */
  #relieve(most: number): void {
    this.#held.recount();
    // From the one that was quiet for longest on. The last one is in use at this moment.
    const quiet = [...this.#table.rvalues()]
      .slice(0, -1)
      .flatMap((place) => place?.tunnel ?? [])
      .filter(({ heldBytes }) => heldBytes > 0);
    const unclaimed = quiet.filter(({ unclaimedSinceMs }) => unclaimedSinceMs !== undefined);
    for (const tunnel of new Set([...unclaimed, ...quiet])) {
      if (this.#held.bytes <= most) return;
      this.#giveUp(tunnel, "memory");
    }
  }

  /** Both directions are closed: the host has let go of the tunnel, or does so now. */
  #over(tunnel: Tunnel): void {
    if (this.#table.peek(tunnel.id)?.tunnel !== tunnel) return;
    tunnel.tellGone();
    this.#table.delete(tunnel.id);
    this.#ended(tunnel, "closed");
  }

  #giveUp(tunnel: Tunnel, why: TunnelEnd): void {
    this.#table.delete(tunnel.id);
    this.#givenUp(tunnel, why);
  }

  #givenUp(tunnel: Tunnel, why: TunnelEnd): void {
    if (tunnel.isOurs) this.#refused.set(tunnel.id, true);
    tunnel.giveUp();
    this.#ended(tunnel, why);
  }

  /** A tunnel that rests is over. What was under way is told as of any other. */
  #endedResting(id: string, rest: TunnelAtRest, why: TunnelEnd): void {
    if (rest.session.exchanges?.underWay) this.#ended(this.#made(id, true, rest), why);
    else this.#tellClosed(id, rest, why, 0);
  }

  #ended(tunnel: Tunnel, why: TunnelEnd): void {
    const { id, heldBytes, bytesFrom, createdAtMs } = tunnel;
    this.#held.forget(tunnel);
    tunnel.end();
    const bytes = { bytesFromClient: bytesFrom.client, bytesFromServer: bytesFrom.server };
    this.#tellClosed(id, { ...bytes, createdAtMs }, why, heldBytes);
  }

  #tellClosed(
    tunnel: string,
    known: Pick<TunnelAtRest, "bytesFromClient" | "bytesFromServer" | "createdAtMs">,
    why: TunnelEnd,
    heldBytes: number,
  ): void {
    const { createdAtMs, bytesFromClient, bytesFromServer } = known;
    const ageMs = this.#options.timers.now() - createdAtMs;
    this.#options.onEvent?.({
      ...{ tunnel, type: "closed", why, heldBytes },
      ...{ bytesFromClient, bytesFromServer, ageMs },
    });
  }
}

/** Whether the plugin has to stay for a tunnel that rests when it is about to go. */
function isAwaitedAtRest(
  { lastFrom, lastHeardAtMs }: TunnelAtRest,
  nowMs: number,
  waiting: Waiting,
): boolean {
  const farewell = new Farewell();
  if (lastFrom) farewell.resume(lastFrom, lastHeardAtMs);
  return farewell.isAwaited(nowMs, waiting);
}

const nothing = (): void => {};
