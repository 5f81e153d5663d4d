/** The `x-ratelimit-*` headers of OpenAI's API. */
import type { Header } from "@faultwire/http1";
import type { Budget } from "../provider-profile.ts";

/** Milliseconds the way `x-ratelimit-reset-*` writes them: `12ms`, `1s`, `6m0s`, `1h2m3s`. From a second on they are rounded up. */
export function resetTime(ms: number): string {
  if (ms > 0 && ms < 1000) return `${Math.ceil(ms)}ms`;
  const seconds = Math.ceil(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

/** The budget of APIs that count the tokens of prompts and of answers together. `null` where neither is limited. */
export function bothWays(input: Budget | null, output: Budget | null): Budget | null {
  if (input === null || output === null) return input ?? output;
  return {
    limit: input.limit + output.limit,
    remaining: input.remaining + output.remaining,
    resetMs: Math.max(input.resetMs, output.resetMs),
  };
}

/** The headers of the budgets that there are, in the API's order. */
export function openaiRateLimitHeaders(
  requests: Budget | null,
  tokens: Budget | null,
  nowMs: number,
): Header[] {
  const named = Object.entries({ requests, tokens });
  const of = (what: string, read: (budget: Budget) => string): Header[] =>
    named.flatMap(([name, budget]): Header[] =>
      budget === null ? [] : [[`x-ratelimit-${what}-${name}`, read(budget)]],
    );
  return [
    ...of("limit", ({ limit }) => String(limit)),
    ...of("remaining", ({ remaining }) => String(remaining)),
    ...of("reset", ({ resetMs }) => resetTime(Math.max(0, resetMs - nowMs))),
  ];
}
