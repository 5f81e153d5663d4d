import { anthropicRateLimitHeaders, type Budget } from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import type { TokenUse } from "./api.ts";

/** What the mock says its budgets are, a minute. It counts them and never refuses: that is the fault engine's work. */
export const mockBudgets = {
  requests: 4000,
  inputTokens: 400_000,
  outputTokens: 80_000,
} as const;

const windowMs = 60_000;

/** What is left of a minute. */
export interface Spent {
  readonly nowMs: number;
  readonly requests: Budget;
  readonly inputTokens: Budget;
  readonly outputTokens: Budget;
}

/** Counts requests and tokens in windows of a minute by the clock that is given. */
export class RateLimitMeter {
  #windowStart = Number.NEGATIVE_INFINITY;
  #requests = 0;
  #inputTokens = 0;
  #outputTokens = 0;

  /**
   * Counts one request, and tells what is left behind it.
   *
   * @param nowMs - Milliseconds since the epoch.
   */
  count(nowMs: number, { inputTokens, outputTokens }: TokenUse): Spent {
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
    return {
      nowMs,
      requests: budget(mockBudgets.requests, this.#requests),
      inputTokens: budget(mockBudgets.inputTokens, this.#inputTokens),
      outputTokens: budget(mockBudgets.outputTokens, this.#outputTokens),
    };
  }
}

/** What is left as Anthropic says it: `anthropic-ratelimit-*`. */
export const anthropicHeaders = ({ requests, inputTokens, outputTokens }: Spent): readonly Header[] =>
  anthropicRateLimitHeaders({ requests, inputTokens, outputTokens });

/** What is left as OpenAI says it: `x-ratelimit-*`, tokens of both directions in one, times as `12ms` and `6m0s`. */
export function openaiHeaders({ nowMs, requests, inputTokens, outputTokens }: Spent): readonly Header[] {
  const tokens = {
    limit: inputTokens.limit + outputTokens.limit,
    remaining: inputTokens.remaining + outputTokens.remaining,
    resetMs: inputTokens.resetMs,
  };
  return Object.entries({ requests, tokens }).flatMap(([name, { limit, remaining, resetMs }]): Header[] => [
    [`x-ratelimit-limit-${name}`, String(limit)],
    [`x-ratelimit-remaining-${name}`, String(remaining)],
    [`x-ratelimit-reset-${name}`, goDuration(resetMs - nowMs)],
  ]);
}

/** A duration as Go writes it. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const seconds = ms / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
