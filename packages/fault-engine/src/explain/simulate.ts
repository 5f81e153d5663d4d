import { FaultEngineError } from "../fault-engine-error.ts";
import { INCIDENTS } from "../providers/incidents-table.ts";
import { providerOfMix } from "../rule-file/provider-mixes.ts";
import type { RequestFacts } from "../rules/facts.ts";
import { FaultEngine } from "../rules/fault-engine.ts";
import type { RuleSet } from "../rules/rule.ts";
import { utf8 } from "../text.ts";

/** What is simulated. */
export interface SimulateOptions {
  /** Requests sent, one after the other, each on a connection of its own. 1 to 1 000 000. */
  readonly requests: number;
  /** Time between them. Default 100. */
  readonly everyMs?: number;
  /** Laid over the default request: a streamed `POST /v1/messages` to `api.anthropic.com`. */
  readonly request?: Partial<RequestFacts> | undefined;
}

/** What one rule took. */
export interface SimulatedRule {
  /** Name of the rule. */
  readonly rule: string;
  /** Requests that it hit. */
  readonly hits: number;
  /** The number of its first hit's request, from 1; `null` where it hit nothing. */
  readonly firstAt: number | null;
}

/** The outcome of a simulation. */
export interface Simulation {
  /** How many requests were tried. */
  readonly requests: number;
  /** Every rule in the file's order, those about connections included. */
  readonly rules: readonly SimulatedRule[];
  /** Requests that no rule took. */
  readonly passed: number;
}

const DEFAULT_REQUEST: Omit<RequestFacts, "connection" | "body"> = {
  client: "simulated",
  host: "api.anthropic.com",
  sni: "api.anthropic.com",
  port: 443,
  method: "POST",
  target: "/v1/messages",
  headers: [
    ["anthropic-version", "2023-06-01"],
    ["content-type", "application/json"],
  ],
};
const DEFAULT_BODY = '{"model":"claude-sonnet-5","max_tokens":1024,"stream":true,"messages":[]}';

/**
 * A request for {@link simulate} that a mix is for; `undefined` for a mix that is no provider's.
 *
 * @example
 * ```ts
 * simulate(ruleSet, { requests: 1000, request: requestOfMix("openai/bursts") });
 * ```
 */
export function requestOfMix(mix: string): Partial<RequestFacts> | undefined {
  const provider = providerOfMix(mix);
  if (provider === undefined) return undefined;
  const { host, target, model } = INCIDENTS[provider].example;
  const body = utf8(JSON.stringify({ model, stream: true, messages: [] }));
  return { host, sni: host, target, headers: [["content-type", "application/json"]], body };
}

/**
 * Sends imagined requests past a rule set and counts what each rule takes. The same rules and options give the same
 * numbers, and a run with this seed the same decisions.
 *
 * @throws FaultEngineError `invalid-argument` for a number of requests outside its range.
 *
 * @example
 * ```ts
 * for (const { rule, hits } of simulate(ruleSet, { requests: 1000 }).rules) console.log(rule, hits);
 * ```
 */
export function simulate(rules: RuleSet, options: SimulateOptions): Simulation {
  const { requests, everyMs = 100, request = {} } = options;
  if (!Number.isInteger(requests) || requests < 1 || requests > 1_000_000)
    throw new FaultEngineError("invalid-argument", `${requests} requests found, 1 to 1000000 expected`);
  const engine = new FaultEngine({ startedAtMs: 0 });
  engine.setRules("file", rules);
  const taken = new Map<string, { hits: number; firstAt: number | null }>(
    rules.rules.map((rule) => [rule.name, { hits: 0, firstAt: null }]),
  );
  const body = utf8(DEFAULT_BODY);
  let passed = 0;
  for (let number = 1; number <= requests; number++) {
    const nowMs = (number - 1) * everyMs;
    const facts: RequestFacts = { ...DEFAULT_REQUEST, body, connection: String(number), ...request };
    const onConnection = engine.decideConnection(facts, nowMs);
    const answer = onConnection === null ? engine.decideRequest(facts, nowMs) : null;
    const rule =
      onConnection?.rule ??
      (answer?.kind === "fault" ? answer.decision.rule : answer?.kind === "none" ? answer.rule : null);
    const count = rule === null ? undefined : taken.get(rule);
    if (count === undefined) passed++;
    else {
      count.hits++;
      count.firstAt ??= number;
    }
  }
  return { requests, passed, rules: [...taken].map(([rule, count]) => ({ rule, ...count })) };
}
