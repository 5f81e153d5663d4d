/**
 * Which sides a host has registered us on. Nothing says so but the polls: info at its start, a health check every
 * ten seconds on each endpoint that it was given.
 */
import type { Side } from "@faultwire/fault-session";

/** A side counts as registered for this long after its last poll: two and a half of the host's ten-second rounds. */
export const pollValidityMs = 25_000;
/** How long after the first poll of one side the other may take to be polled before something is said. */
export const secondSideGraceMs = 3_000;

export class Registration {
  readonly #open: readonly Side[];
  readonly #now: () => number;
  readonly #graceMs: number;
  readonly #polledAt = new Map<Side, number>();
  #firstPollAt: number | undefined;

  /** @param open the sides that have an endpoint here; @param now milliseconds, never going backwards. */
  constructor(open: readonly Side[], now: () => number, graceMs: number = secondSideGraceMs) {
    this.#open = open;
    this.#now = now;
    this.#graceMs = graceMs;
  }

  /** A host has asked this side's endpoint who it is, or how it is. */
  polled(side: Side): void {
    const now = this.#now();
    this.#firstPollAt ??= now;
    this.#polledAt.set(side, now);
  }

  /** The sides that a host polls now. */
  sides(): readonly Side[] {
    const oldest = this.#now() - pollValidityMs;
    return this.#open.filter((side) => (this.#polledAt.get(side) ?? Number.NEGATIVE_INFINITY) >= oldest);
  }

  /** The side that has an endpoint here but no host's attention, once that can be told. */
  missing(): Side | undefined {
    if (this.#firstPollAt === undefined || this.#now() - this.#firstPollAt < this.#graceMs) return undefined;
    const registered = this.sides();
    return registered.length === 1 ? this.#open.find((side) => !registered.includes(side)) : undefined;
  }
}
