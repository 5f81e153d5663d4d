/** Clients that did not trust the CA: their requests are never seen. */
import type { SessionEvent } from "@faultwire/runtime";

/** Clients that are remembered; against one that changes its name with every connection. */
const maxClients = 20;
/** Clients that trust it, of which no more are remembered. */
const maxTrusting = 1000;

/** A client that has refused our certificate, or seems to have. */
export interface Refusal {
  /** As logs name it: a user agent, or a JA4 of its ClientHello. */
  readonly client: string;
  readonly host: string;
  /** What it has said; undefined where it went without a word. */
  readonly message: string | undefined;
}

/** Remembers them. */
export class Refusals {
  readonly #byClient = new Map<string, Refusal>();
  readonly #trusting = new Set<string>();

  /** Those that said so, and those that never sent a request: others only had a connection more than they used. */
  get all(): readonly Refusal[] {
    return [...this.#byClient.values()].filter(
      ({ client, message }) => message !== undefined || !this.#trusting.has(client),
    );
  }

  /** Takes a request's client, under the name that sessions give it. */
  takeRequest(client: string): void {
    if (this.#trusting.size < maxTrusting) this.#trusting.add(client);
  }

  /** Takes an event of a session. */
  readonly take = (event: SessionEvent): void => {
    if (event.type !== "untrusted" && event.type !== "silent") return;
    const { client, host } = event;
    const known = this.#byClient.get(client);
    if (!known && this.#byClient.size >= maxClients) return;
    const message = event.type === "untrusted" ? event.message : known?.message;
    this.#byClient.set(client, { client, host, message });
  };
}
