import { type DrawKey, drawFrom } from "../draw.ts";
import { scopeDrawKey } from "./compile-rule.ts";
import type { When } from "./rule.ts";

/** What a rule has counted in one scope. */
export interface Count {
  /** The number of the last match, from 1. */
  readonly matches: number;
  /** The number of the last hit, from 1. */
  readonly hits: number;
  /** Whether the last match was a hit. */
  readonly isHit: boolean;
  /** The rule's draws in this scope. */
  readonly key: DrawKey;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The counts of one rule, scope by scope, within a limit on scopes. */
export class RuleCounters {
  readonly #seed: number | string;
  readonly #name: string;
  readonly #when: When;
  readonly #maxScopes: number;
  readonly #scopes = new Map<string, Writable<Count>>();
  /** The scope of rules that count over everything, beside the map: it is asked for most. */
  readonly #all: Writable<Count>;
  readonly #isTimed: boolean;

  constructor(seed: number | string, name: string, when: When, maxScopes: number) {
    this.#seed = seed;
    this.#name = name;
    this.#when = when;
    this.#maxScopes = maxScopes;
    this.#all = { matches: 0, hits: 0, isHit: false, key: scopeDrawKey(seed, name, "") };
    this.#isTimed = when.afterMs !== undefined || when.forMs !== undefined || when.burst !== undefined;
  }

  /**
   * Counts one match in `scope` and says whether it is hit. The answer is the count itself, which the next match
   * changes: what asks a hundred rules for every request must not make a hundred objects.
   *
   * @param elapsedMs - Since the engine's start.
   */
  count(scope: string, elapsedMs: number): Count {
    const count = this.#scope(scope);
    count.matches++;
    count.isHit = this.#isInTime(elapsedMs) && this.#isHit(count, count.matches);
    if (count.isHit) count.hits++;
    return count;
  }

  /** Whether {@link count} would hit, without counting. */
  wouldHit(scope: string, elapsedMs: number): boolean {
    const count = this.#known(scope) ?? this.#newCount(scope);
    return this.#isInTime(elapsedMs) && this.#isHit(count, count.matches + 1);
  }

  /** Matches and hits over all scopes that are remembered. */
  totals(): { readonly matches: number; readonly hits: number } {
    let { matches, hits } = this.#all;
    for (const count of this.#scopes.values()) {
      matches += count.matches;
      hits += count.hits;
    }
    return { matches, hits };
  }

  #known(scope: string): Writable<Count> | undefined {
    return scope === "" ? this.#all : this.#scopes.get(scope);
  }

  #newCount(scope: string): Writable<Count> {
    return { matches: 0, hits: 0, isHit: false, key: scopeDrawKey(this.#seed, this.#name, scope) };
  }

  #scope(scope: string): Writable<Count> {
    const known = this.#known(scope);
    if (known !== undefined) return known;
    const count = this.#newCount(scope);
    if (this.#scopes.size >= this.#maxScopes) this.#forgetOldest();
    this.#scopes.set(scope, count);
    return count;
  }

  #forgetOldest(): void {
    for (const scope of this.#scopes.keys()) {
      this.#scopes.delete(scope);
      return;
    }
  }

  #isInTime(elapsedMs: number): boolean {
    if (!this.#isTimed) return true;
    const { afterMs = 0, forMs, burst } = this.#when;
    const since = elapsedMs - afterMs;
    if (since < 0 || (forMs !== undefined && since >= forMs)) return false;
    return burst === undefined || since % burst.everyMs < burst.forMs;
  }

  #isHit(count: Count, matchNumber: number): boolean {
    const { probability, first, nth, every, atMost } = this.#when;
    if (first !== undefined && matchNumber > first) return false;
    if (nth !== undefined && !nth.includes(matchNumber)) return false;
    if (every !== undefined && matchNumber % every !== 0) return false;
    if (atMost !== undefined && count.hits >= atMost) return false;
    return probability === undefined || drawFrom(count.key, matchNumber) < probability;
  }
}
