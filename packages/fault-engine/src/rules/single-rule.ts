import type { Header } from "@faultwire/http1";
import { hasNoContent } from "../answers/response-headers.ts";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import { byProvider } from "../providers/common-errors.ts";
import { INCIDENTS } from "../providers/incidents-table.ts";
import { findErrorPreset } from "../providers/provider-error.ts";
import type { Match } from "./match-keys.ts";
import type { RuleSet } from "./rule.ts";

/** The moments at which {@link SingleRule} closes a connection; `application-data` is the first record of a request. */
export const CLOSE_MOMENTS = ["client-hello", "server-hello", "established", "application-data"] as const;
/** One of {@link CLOSE_MOMENTS}. */
export type CloseMoment = (typeof CLOSE_MOMENTS)[number];

/** All that command line flags and the old JSON form can say: one rule. What is left out has a default. */
export interface SingleRule {
  /** Hosts that may fail, `*` for any part; default `api.anthropic.com`. An empty list leaves that to other sources. */
  readonly targetHosts?: readonly string[];
  /** The share of requests, and of HTTPS connections that stay closed, that fail; 0 to 1, default 0.1. */
  readonly errorProbability?: number;
  /** The status of the answer, 200 to 599; default 500. */
  readonly statusCode?: number;
  /** The body of the answer; default what the API that is asked has for that status. */
  readonly errorBody?: string;
  /** Laid over the answer's headers by name; several of one name are several fields. */
  readonly headers?: readonly Header[];
  /** Where an HTTPS connection that stays closed is ended; default `client-hello`. */
  readonly closeAt?: CloseMoment;
  /** Default 0. */
  readonly seed?: number | string;
}

/**
 * The rule set that a {@link SingleRule} means: `flags` answers requests with an error, and `flags/connection` closes
 * the HTTPS connections whose requests can't be seen, each with the same probability and draws of its own.
 *
 * @throws FaultEngineError `invalid-rules` for a body beside a status that has no content.
 *
 * @example
 * ```ts
 * engine.setRules("flags", singleRuleSet({ errorProbability: 0.5, statusCode: 529, seed: 42 }));
 * ```
 */
export function singleRuleSet(rule: SingleRule): RuleSet {
  const { targetHosts = ["api.anthropic.com"], errorProbability = 0.1, closeAt = "client-hello" } = rule;
  const host = targetHosts.map((text) => ({ kind: "glob", text: text.toLowerCase() }) as const);
  const match: Match = host.length === 0 ? {} : { host };
  const when = { per: "all", probability: errorProbability } as const;
  const moment = closeAt === "application-data" ? "request" : closeAt;
  return {
    seed: rule.seed ?? 0,
    targets: targetHosts,
    marker: true,
    header: false,
    rules: [
      { name: "flags", match, when, faults: [errorAnswer(rule)] },
      {
        name: "flags/connection",
        match: { ...match, way: ["opaque"] },
        when,
        faults: [{ kind: "connection.close", at: { kind: "moment", moment } }],
      },
    ],
    expect: [],
  };
}

/** The provider's own error for the status, or one of its general kind where it has none; then the user's words. */
function errorAnswer({ statusCode = 500, errorBody, headers = [] }: SingleRule): Fault {
  if (hasNoContent(statusCode) && errorBody !== undefined && errorBody !== "")
    throw new FaultEngineError(
      "invalid-rules",
      `status ${statusCode} has no content, so it can't have a body`,
    );
  const { usual, others } = byProvider(
    (provider) => `${provider}/${findErrorPreset(provider, statusCode)?.name ?? INCIDENTS[provider].failed}`,
  );
  return {
    kind: "http.error",
    delay: null,
    answer: {
      ...(hasNoContent(statusCode) ? { preset: null } : { preset: usual, presets: others }),
      status: statusCode,
      message: null,
      body: errorBody ?? null,
      headers,
      retryAfterSeconds: null,
    },
  };
}
