import type { Header, HttpResponse } from "@faultwire/http1";
import type { RateLimitBudget } from "../faults/http-faults.ts";
import { providerError } from "../providers/provider-error.ts";
import type { Budget, Budgets } from "../providers/provider-profile.ts";
import { PROVIDERS } from "../providers/provider-table.ts";
import type { Provider } from "../providers/request-table.ts";
import type { RequestSummary } from "../rules/facts.ts";

/** A token bucket that refills evenly, to the full in one minute. Pure: time is given. */
class Bucket {
  readonly limit: number;
  #level: number;
  #atMs: number;

  constructor(limit: number, nowMs: number) {
    this.limit = limit;
    this.#level = limit;
    this.#atMs = nowMs;
  }

  refill(nowMs: number): void {
    const since = Math.max(0, nowMs - this.#atMs);
    this.#level = Math.min(this.limit, this.#level + (since * this.limit) / 60_000);
    this.#atMs = Math.max(this.#atMs, nowMs);
  }

  /** Milliseconds until `amount` is there; a full bucket has to do for whatever is larger than it. */
  waitMs(amount: number): number {
    const missing = Math.min(amount, this.limit) - this.#level;
    // A millionth of a token is the dust of floating point, no debt.
    return missing <= 1e-6 ? 0 : (missing * 60_000) / this.limit;
  }

  take(amount: number): void {
    this.#level -= amount;
  }

  budget(): Budget {
    const remaining = Math.max(0, Math.floor(this.#level + 1e-6));
    return { limit: this.limit, remaining, resetMs: this.#atMs + this.waitMs(this.limit) };
  }
}

interface Account {
  readonly requests: Bucket | null;
  readonly inputTokens: Bucket | null;
  readonly outputTokens: Bucket | null;
}

/** Whether a request may pass. */
export type Admission =
  /** `headers` belong on the response. */
  | {
      readonly kind: "admitted";
      /** Headers for the response: what is left of the budgets, as the provider reports it. */
      readonly headers: readonly Header[];
    }
  /** `waitMs` is exact; `retry-after` and reset headers of the response are rounded up to seconds. */
  | {
      readonly kind: "refused";
      /** Milliseconds until the budget lets the request pass. */
      readonly waitMs: number;
      /** The provider's own refusal, whole. */
      readonly response: HttpResponse;
    };

/**
 * The budgets of one `http.rate-limit` rule: real token buckets, one account for each scope. Input tokens are taken
 * when a request is admitted, output tokens when its response says how many it used, as the APIs do it.
 *
 * @example
 * ```ts
 * const limits = new RateLimits({ requestsPerMinute: 10, inputTokensPerMinute: null, outputTokensPerMinute: null }, "anthropic");
 * const admission = limits.admit(key, { inputTokens: estimateTokens(body.length), nowMs, requestId: "req_1" });
 * ```
 */
export class RateLimits {
  readonly #budget: RateLimitBudget;
  readonly #provider: Provider;
  readonly #maxAccounts: number;
  readonly #accounts = new Map<string, Account>();

  /**
   * @param provider - Whose form refusals and headers have where a request does not say.
   * @param maxAccounts - Default 10 000; the oldest is forgotten: every key would stay otherwise.
   */
  constructor(budget: RateLimitBudget, provider: Provider, maxAccounts = 10_000) {
    this.#budget = budget;
    this.#provider = provider;
    this.#maxAccounts = maxAccounts;
  }

  /**
   * Takes a request from the budget of `scope`, or says when to come again; a refused one costs nothing.
   *
   * @param request.provider - Whose form the refusal and the headers have; default the one of the constructor.
   */
  admit(
    scope: string,
    request: {
      readonly inputTokens: number;
      readonly nowMs: number;
      readonly requestId: string;
      readonly provider?: Provider;
    },
  ): Admission {
    const { inputTokens, nowMs, requestId, provider = this.#provider } = request;
    const account = this.#account(scope, nowMs);
    const waitMs = Math.max(
      account.requests?.waitMs(1) ?? 0,
      account.inputTokens?.waitMs(inputTokens) ?? 0,
      // Output is owed afterwards: whoever is in debt has to wait until something is there again.
      account.outputTokens?.waitMs(1) ?? 0,
    );
    if (waitMs > 0)
      return {
        kind: "refused",
        waitMs,
        response: refusal(provider, account, { waitMs, nowMs, requestId }),
      };
    account.requests?.take(1);
    account.inputTokens?.take(inputTokens);
    return { kind: "admitted", headers: PROVIDERS[provider].rateLimitHeaders(budgetsOf(account), nowMs) };
  }

  /** The response has said what it used; what was estimated wrongly at the start is put right. */
  settle(
    scope: string,
    usage: {
      readonly estimatedInputTokens: number;
      readonly inputTokens: number;
      readonly outputTokens: number;
      readonly nowMs: number;
    },
  ): void {
    const account = this.#account(scope, usage.nowMs);
    account.inputTokens?.take(usage.inputTokens - usage.estimatedInputTokens);
    account.outputTokens?.take(usage.outputTokens);
  }

  #account(scope: string, nowMs: number): Account {
    let account = this.#accounts.get(scope);
    if (account === undefined) {
      const bucket = (limit: number | null): Bucket | null =>
        limit === null ? null : new Bucket(limit, nowMs);
      account = {
        requests: bucket(this.#budget.requestsPerMinute),
        inputTokens: bucket(this.#budget.inputTokensPerMinute),
        outputTokens: bucket(this.#budget.outputTokensPerMinute),
      };
      const [oldest] = this.#accounts.keys();
      if (this.#accounts.size >= this.#maxAccounts && oldest !== undefined) this.#accounts.delete(oldest);
      this.#accounts.set(scope, account);
    }
    for (const bucket of [account.requests, account.inputTokens, account.outputTokens]) bucket?.refill(nowMs);
    return account;
  }
}

function refusal(
  provider: Provider,
  account: Account,
  {
    waitMs,
    nowMs,
    requestId,
  }: { readonly waitMs: number; readonly nowMs: number; readonly requestId: string },
): HttpResponse {
  const budgets = budgetsOf(account);
  const response = providerError({
    provider,
    error: 429,
    requestId,
    nowMs,
    retryAfterSeconds: waitMs / 1000,
    budgets,
  });
  const told = PROVIDERS[provider].rateLimitHeaders(budgets, nowMs);
  // An API that tells budgets on refusals alone has told them.
  if (told.length === 0) return response;
  const own = response.headers.filter(([name]) => !name.toLowerCase().includes("ratelimit"));
  return { ...response, headers: [...own, ...told] };
}

/** The budgets that there are. */
const budgetsOf = ({ requests, inputTokens, outputTokens }: Account): Budgets => ({
  requests: requests?.budget() ?? null,
  inputTokens: inputTokens?.budget() ?? null,
  outputTokens: outputTokens?.budget() ?? null,
});

/**
 * The account that a request is charged to, for {@link RateLimits}. The API is no part of it: requests to several APIs that have the same
 * key, or the same model, share an account, and so do all without a key, or without a model. A rule for each API has accounts of its own.
 *
 * @param per - The `per` of the fault.
 * @example
 * ```ts
 * const scope = rateLimitScope("key", summarizeRequest({ connection: "1", method: "POST", target: "/v1/messages", headers: [], body }));
 * ```
 */
export function rateLimitScope(per: "all" | "key" | "model", request: RequestSummary): string {
  switch (per) {
    case "all":
      return "";
    case "key":
      return request.key;
    case "model":
      return request.model ?? "";
    default:
      return per satisfies never;
  }
}

/** A guess at the tokens of a text of so many bytes: four to one, the rule of thumb for English. At least 1. */
export function estimateTokens(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 4));
}
