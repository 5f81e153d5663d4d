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
  count(nowMs: number, inputTokens: number, outputTokens: number): Record<string, string> {
    if (nowMs - this.#windowStart >= windowMs || nowMs < this.#windowStart) {
      this.#windowStart = nowMs;
      this.#requests = this.#inputTokens = this.#outputTokens = 0;
    }
    this.#requests++;
    this.#inputTokens += inputTokens;
    this.#outputTokens += outputTokens;
    const reset = new Date(this.#windowStart + windowMs).toISOString().replace(/\.\d+Z$/, "Z");
    const left = {
      requests: [mockBudgets.requests, mockBudgets.requests - this.#requests],
      tokens: thousands(
        mockBudgets.inputTokens + mockBudgets.outputTokens,
        this.#inputTokens + this.#outputTokens,
      ),
      "input-tokens": thousands(mockBudgets.inputTokens, this.#inputTokens),
      "output-tokens": thousands(mockBudgets.outputTokens, this.#outputTokens),
    };
    const headers: Record<string, string> = {};
    for (const [name, [limit = 0, remaining = 0]] of Object.entries(left)) {
      headers[`anthropic-ratelimit-${name}-limit`] = String(limit);
      headers[`anthropic-ratelimit-${name}-remaining`] = String(Math.max(0, remaining));
      headers[`anthropic-ratelimit-${name}-reset`] = reset;
    }
    return headers;
  }
}

/** The provider rounds what is left of a token budget to thousands. */
const thousands = (limit: number, used: number): [number, number] => [
  limit,
  Math.round((limit - used) / 1000) * 1000,
];
