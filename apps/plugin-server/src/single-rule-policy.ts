/** The policy that the flags and the old JSON config mean: one rule for all targets. */
import { draw, findErrorPreset, providerError, requestId } from "@faultwire/fault-engine";
import type { ConnectionMoment, ResponseFault, TunnelPolicy } from "@faultwire/tunnel";

export interface SingleRule {
  /** Exact host names, `*.example.com` for any name below it, or `*`. */
  readonly targetHosts: readonly string[];
  /** The share of connections (opaque TLS) and of requests (plain HTTP, forward mode) that fail, 0 to 1. */
  readonly errorProbability: number;
  /** The status of an injected response. */
  readonly statusCode: number;
  /** The body of an injected response; without it the provider's own error for that status. */
  readonly errorBody?: string;
  /** Headers of an injected response, over the provider's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where an opaque connection is closed. */
  readonly closeAt: ConnectionMoment;
  /** Same seed, same decisions. */
  readonly seed: number | string;
}

/** The name of the rule in the marker header and in the draws. */
export const singleRuleName = "flags";

/**
 * Decides by one draw per connection and one per request; the n-th is the same for the same seed, whatever else
 * goes on.
 *
 * @param now - Milliseconds since 1970, for the times in an injected response.
 */
export function singleRulePolicy(rule: SingleRule, now: () => number = Date.now): TunnelPolicy {
  const targets = rule.targetHosts.map((host) => host.toLowerCase());
  let connections = 0;
  let requests = 0;
  const hits = (kind: string, number: number): boolean =>
    draw(rule.seed, `${singleRuleName}/${kind}`, number) < rule.errorProbability;
  return {
    isTarget: (host) => targets.some((pattern) => matchesHost(pattern, host)),
    connection: () => (hits("connection", connections++) ? { kind: "close", at: rule.closeAt } : undefined),
    request: () => {
      const number = requests++;
      return hits("request", number) ? injectedResponse(rule, number, now()) : undefined;
    },
  };
}

/** Whether a host (lower case) is the pattern, or below it for `*.name`, or anything for `*`. */
export function matchesHost(pattern: string, host: string): boolean {
  if (pattern === "*" || pattern === host) return true;
  return pattern.startsWith("*.") && host.length > pattern.length - 1 && host.endsWith(pattern.slice(1));
}

/** The provider's own error for the status, or one of its general kind where it has none; then the user's words. */
function injectedResponse(rule: SingleRule, number: number, nowMs: number): ResponseFault {
  const known = findErrorPreset("anthropic", rule.statusCode) !== undefined;
  const own = providerError({
    provider: "anthropic",
    error: known ? rule.statusCode : "api_error",
    requestId: requestId("anthropic", rule.seed, number),
    nowMs,
  });
  const body = rule.errorBody === undefined ? own.body : new TextEncoder().encode(rule.errorBody);
  const headers = new Map(own.headers.map(([name, value]) => [name.toLowerCase(), value]));
  for (const [name, value] of Object.entries(rule.headers ?? {})) headers.set(name.toLowerCase(), value);
  headers.set("x-faultwire", singleRuleName);
  headers.set("content-length", String(body.length));
  return { kind: "respond", status: rule.statusCode, headers: [...headers], body };
}
