/**
 * What faults of requests need beyond one connection: names for requests, budgets that many connections share, the
 * time of day in answers. One desk serves all carriers of a process.
 */

import {
  type ContentCodings,
  type Decision,
  type Fault,
  type FaultResponseContext,
  RateLimits,
  requestId,
} from "@faultwire/fault-engine";
import { DEFAULT_PROVIDER, requestProvider } from "@faultwire/fault-engine/internal";
import type { MessageHead } from "./message-head.ts";

type RateLimitFault = Extract<Fault, { readonly kind: "http.rate-limit" }>;

/** Limits of what all connections hold together. */
export const faultDeskLimits = {
  /** Bytes of requests that wait for rules which ask for their bodies; beyond it they are decided without. */
  maxHeldRequestBytes: 268_435_456,
} as const;

/** What faults of requests share among the connections of a carrier: budgets, and requests that wait for a body to be read. */
export class FaultDesk {
  #heldRequestBytes = 0;
  /** What undoes and does the coding of responses that have to be read; `null`: they are not read. */
  readonly codings: ContentCodings | null;
  readonly #wallNow: () => number;
  readonly #budgets = new Map<string, { readonly fault: RateLimitFault; readonly limits: RateLimits }>();
  #requests = 0;

  /**
   * @param wallNow - Milliseconds since 1970, for times in answers.
   * @param codings - What opens compressed responses; left out, they are not read.
   */
  constructor(wallNow: () => number = Date.now, codings: ContentCodings | null = null) {
    this.#wallNow = wallNow;
    this.codings = codings;
  }

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.#wallNow();
  }

  /** A name for the next request, unique on this desk. */
  nextRequest(): string {
    return `r${++this.#requests}`;
  }

  /** Bytes of requests that are held now. */
  get heldRequestBytes(): number {
    return this.#heldRequestBytes;
  }

  /** Counts bytes of a request that is held back. @returns false where all connections together hold too much. */
  hold(bytes: number): boolean {
    this.#heldRequestBytes += bytes;
    return this.#heldRequestBytes <= faultDeskLimits.maxHeldRequestBytes;
  }

  /** They are held no more. */
  release(bytes: number): void {
    this.#heldRequestBytes -= bytes;
  }

  /** What an answer made by a decision has to know besides its fault. */
  answerContext(decision: Decision, head: MessageHead): FaultResponseContext {
    const provider = requestProvider(head) ?? DEFAULT_PROVIDER;
    const seed = `${decision.rule}/${decision.random("request-id", 0)}`;
    return { requestId: requestId(provider, seed, 0), nowMs: this.nowMs, marker: decision.marker };
  }

  /** Every budget begins anew. */
  forgetBudgets(): void {
    this.#budgets.clear();
  }

  /** The budgets of a rule; a rule whose budget was changed begins anew. */
  budgetOf(rule: string, fault: RateLimitFault): RateLimits {
    const known = this.#budgets.get(rule);
    if (known && sameBudget(known.fault, fault)) return known.limits;
    const limits = new RateLimits(fault.budget, fault.provider ?? DEFAULT_PROVIDER);
    this.#budgets.set(rule, { fault, limits });
    return limits;
  }
}

/** Requests to several APIs may share a budget: whose form its refusals have is no matter of the budget. */
function sameBudget(a: RateLimitFault, b: RateLimitFault): boolean {
  return a === b || (a.per === b.per && JSON.stringify(a.budget) === JSON.stringify(b.budget));
}
