import { type DrawKey, drawFrom } from "../draw.ts";
import { scopeDrawKey } from "./compile-rule.ts";
import type { When } from "./rule.ts";

/** What a rule has counted in one scope. */
interface Count {
  matches: number;
  hits: number;
  readonly key: DrawKey;
}

/** The outcome of one match. */
export interface Counted {
  /** From 1, within the scope. */
  readonly matchNumber: number;
  /** From 1 for a hit; `undefined` where `when` said no. */
  readonly hitNumber: number | undefined;
  readonly key: DrawKey;
}

/** The counts of one rule, scope by scope, within a limit on scopes. */
export class RuleCounters {
  readonly #seed: number | string;
  readonly #name: string;
  readonly #when: When;
  readonly #maxScopes: number;
  readonly #scopes = new Map<string, Count>();

  constructor(seed: number | string, name: string, when: When, maxScopes: number) {
    this.#seed = seed;
    this.#name = name;
    this.#when = when;
    this.#maxScopes = maxScopes;
  }

  /** Counts one match in `scope` and says whether it is hit. `elapsedMs` counts from the engine's start. */
  count(scope: string, elapsedMs: number): Counted {
    const count = this.#scope(scope);
    const matchNumber = ++count.matches;
    const isHit = this.#isInTime(elapsedMs) && this.#isHit(count, matchNumber);
    return { matchNumber, hitNumber: isHit ? ++count.hits : undefined, key: count.key };
  }

  /** Whether {@link count} would hit, without counting. */
  wouldHit(scope: string, elapsedMs: number): boolean {
    const count = this.#scopes.get(scope) ?? {
      matches: 0,
      hits: 0,
      key: scopeDrawKey(this.#seed, this.#name, scope),
    };
    return this.#isInTime(elapsedMs) && this.#isHit(count, count.matches + 1);
  }

  /** Matches and hits over all scopes that are remembered. */
  totals(): { readonly matches: number; readonly hits: number } {
    let matches = 0;
    let hits = 0;
    for (const count of this.#scopes.values()) {
      matches += count.matches;
      hits += count.hits;
    }
    return { matches, hits };
  }

  #scope(scope: string): Count {
    let count = this.#scopes.get(scope);
    if (count === undefined) {
      count = { matches: 0, hits: 0, key: scopeDrawKey(this.#seed, this.#name, scope) };
      if (this.#scopes.size >= this.#maxScopes) this.#forgetOldest();
      this.#scopes.set(scope, count);
    }
    return count;
  }

  #forgetOldest(): void {
    for (const scope of this.#scopes.keys()) {
      this.#scopes.delete(scope);
      return;
    }
  }

  #isInTime(elapsedMs: number): boolean {
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
