import { anthropicRateLimitHeaders, type Budget } from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";

/** What the mock says its budgets are, a minute. It counts them and never refuses: that is the fault engine's work. */
export const mockBudgets = {
  requests: 4000,
  inputTokens: 400_000,
  outputTokens: 80_000,
} as const;

const windowMs = 60_000;

/** Counts requests and tokens in windows of a minute by the clock that is given, and says so in headers. */
export class RateLimitMeter {
  #windowStart = Number.NEGATIVE_INFINITY;
  #requests = 0;
  #inputTokens = 0;
  #outputTokens = 0;

  /**
   * Counts one request and gives the `anthropic-ratelimit-*` headers of its response.
   *
   * @param nowMs - Milliseconds since the epoch.
   */
  count(nowMs: number, inputTokens: number, outputTokens: number): readonly Header[] {
    if (nowMs - this.#windowStart >= windowMs || nowMs < this.#windowStart) {
      this.#windowStart = nowMs;
      this.#requests = this.#inputTokens = this.#outputTokens = 0;
    }
    this.#requests++;
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    const resetMs = this.#windowStart + windowMs;
    const budget = (limit: number, used: number): Budget => ({
      limit,
      remaining: Math.max(0, limit - used),
      resetMs,
    });
    return anthropicRateLimitHeaders({
      requests: budget(mockBudgets.requests, this.#requests),
      inputTokens: budget(mockBudgets.inputTokens, this.#inputTokens),
      outputTokens: budget(mockBudgets.outputTokens, this.#outputTokens),
    });
  }
}
