/**
 * When the plugin is about to go, its tunnels have to end first: a host whose call fails ends one direction of the tunnel
 * without a FIN, and the client waits for its upstream to give up. A tunnel can be ended only in answer to a read call, so only
 * when a peer speaks. This tells which read calls are closed.
 */
import type { Side } from "@faultwire/fault-session";

/** Limits of the end of a tunnel. */
export const farewellLimits = {
  /**
   * When the upstream has spoken last, and so long ago, in ms, the client's next bytes begin something new. Before they reach
   * the upstream their tunnel can be ended without harm: clients try again.
   */
  restMs: 500,
} as const;

/** Why a tunnel was closed, for the host's log. */
export const farewellReason = "faultwire: shutting down";

/** Which tunnels are waited for. */
export interface Waiting {
  /** A tunnel is not waited for when it was quiet for so long, in ms: its client has most likely gone. */
  readonly maxRestMs: number;
  /** Whether a tunnel is waited for, however long, whose client has spoken last: it waits for an answer. */
  readonly forAnswers: boolean;
}

/** The end of one tunnel, from the moment at which the plugin wants to go. */
export class Farewell {
  #last: { readonly from: Side; readonly atMs: number } | undefined;
  #closes: "nothing" | "new" | "all" = "nothing";
  #isOver = false;

  /** Whether a direction was closed. The other one ends with it, with or without the plugin. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether every read call is to be closed. */
  get closesAll(): boolean {
    return this.#closes === "all";
  }

  /** From now on read calls are closed: those that begin something new, or all. */
  begin(what: "new" | "all"): void {
    if (this.#closes !== "all") this.#closes = what;
  }

  /** A peer has spoken. @returns whether the read call with its bytes is to be closed. */
  heard(from: Side, nowMs: number): boolean {
    const last = this.#last;
    this.#last = { from, atMs: nowMs };
    if (this.#closes === "nothing") return false;
    if (this.#closes === "all" || this.#isOver) return true;
    return from === "client" && last?.from === "server" && nowMs - last.atMs >= farewellLimits.restMs;
  }

  /** Who spoke last, and when; to be kept at rest. */
  get last(): { readonly from: Side; readonly atMs: number } | undefined {
    return this.#last;
  }

  /** Goes on for a tunnel that rested. */
  resume(from: Side, atMs: number): void {
    this.#last = { from, atMs };
  }

  /** A direction was closed. */
  closed(): void {
    this.#isOver = true;
  }

  /** Whether the plugin has to stay for this tunnel. */
  isAwaited(nowMs: number, { maxRestMs, forAnswers }: Waiting): boolean {
    if (this.#isOver || this.#last === undefined) return false;
    return nowMs - this.#last.atMs < maxRestMs || (forAnswers && this.#last.from === "client");
  }
}
