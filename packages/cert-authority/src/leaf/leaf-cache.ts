import { LRUCache } from "lru-cache";
import type { Leaf } from "./leaf.ts";

type CachedLeaf = { readonly leaf: Leaf; readonly renewAt: number };

/** A leaf is made anew when two thirds of its life are over, so that nobody ever gets one about to die. */
const renewAfterShare = 2 / 3;

/** The leaves issued last: bounded, single flight for the same one, renewed well before they expire. */
export class LeafCache {
  readonly #now: () => number;
  readonly #leaves: LRUCache<string, CachedLeaf>;
  readonly #inFlight = new Map<string, Promise<Leaf>>();

  /** @param max how many leaves are kept, least recently used first out */
  constructor(max: number, now: () => number) {
    this.#leaves = new LRUCache({ max });
    this.#now = now;
  }

  /**
   * The leaf of a host as it was asked for. When there is none it is issued, unless that is under way; a failure is
   * told to all who wait and kept for nobody.
   *
   * @param variant what kind of leaf; a word without blanks
   */
  take(variant: string, host: string, issue: () => Promise<Leaf>): Promise<Leaf> {
    const key = `${variant} ${host}`;
    const cached = this.#leaves.get(key);
    if (cached && this.#now() < cached.renewAt) return Promise.resolve(cached.leaf);
    let flight = this.#inFlight.get(key);
    if (!flight) {
      flight = this.#issueAndKeep(key, issue).finally(() => this.#inFlight.delete(key));
      this.#inFlight.set(key, flight);
    }
    return flight;
  }

  async #issueAndKeep(key: string, issue: () => Promise<Leaf>): Promise<Leaf> {
    const leaf = await issue();
    const now = this.#now();
    // A leaf that was made expired is renewed by how long it has been so.
    const life = Math.abs(leaf.notAfter.getTime() - now);
    this.#leaves.set(key, { leaf, renewAt: now + life * renewAfterShare });
    return leaf;
  }
}
