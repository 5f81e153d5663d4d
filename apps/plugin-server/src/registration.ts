/**
 * The sides on which a host has registered us. Only the host's polls show that: it asks each endpoint for its info at the
 * start, and for its health every ten seconds.
 */
import type { Side } from "@faultwire/fault-session";

/** A side counts as registered for so long after its last poll, in ms: two and a half of the host's ten-second rounds. */
export const pollValidityMs = 25_000;
/** How long after the first poll of one side the other side may stay without a poll before the user is warned, in ms. */
export const secondSideGraceMs = 3_000;

export class Registration {
  readonly #open: readonly Side[];
  readonly #now: () => number;
  readonly #graceMs: number;
  readonly #polledAt = new Map<Side, number>();
  readonly #healthAt = new Map<Side, number>();
  #firstPollAt: number | undefined;
  #backAt: number | undefined;

  /**
   * @param open - The sides that have an endpoint here.
   * @param now - Milliseconds, never going backwards.
   */
  constructor(open: readonly Side[], now: () => number, graceMs: number = secondSideGraceMs) {
    this.#open = open;
    this.#now = now;
    this.#graceMs = graceMs;
  }

  /**
   * A host has asked this side's endpoint.
   *
   * @param what - At its start a host asks for the info first, and later for the health first.
   * @returns whether the host has worked without us until now: it was there before we were, or it had not asked for long. Once
   * for both sides.
   */
  polled(side: Side, what: "health" | "info"): boolean {
    const now = this.#now();
    const lastAt = this.#polledAt.get(side);
    const isBack = lastAt === undefined ? what === "health" : now - lastAt > pollValidityMs;
    this.#firstPollAt ??= now;
    this.#polledAt.set(side, now);
    if (what === "health") this.#healthAt.set(side, now);
    if (!isBack) return false;
    const isTold = this.#backAt !== undefined && now - this.#backAt <= pollValidityMs;
    this.#backAt = now;
    return !isTold;
  }

  /** Whether every side that a host polls was asked for its health since this moment. */
  isHealthKnownSince(atMs: number): boolean {
    return this.sides().every((side) => (this.#healthAt.get(side) ?? atMs) > atMs);
  }

  /** The sides that a host polls now. */
  sides(): readonly Side[] {
    const oldest = this.#now() - pollValidityMs;
    return this.#open.filter((side) => (this.#polledAt.get(side) ?? Number.NEGATIVE_INFINITY) >= oldest);
  }

  /** The side whose endpoint no host polls, though a host polls the other one; undefined during the grace time. */
  missing(): Side | undefined {
    if (this.#firstPollAt === undefined || this.#now() - this.#firstPollAt < this.#graceMs) return undefined;
    const registered = this.sides();
    return registered.length === 1 ? this.#open.find((side) => !registered.includes(side)) : undefined;
  }
}
