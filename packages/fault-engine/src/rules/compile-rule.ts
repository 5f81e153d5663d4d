import { drawKey } from "../draw.ts";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import type { Condition, Conditions, Test } from "./conditions.ts";
import type { KnownRequest } from "./facts.ts";
import { givenKeys, type MatchKey, textPlace } from "./match-keys.ts";
import type { Rule } from "./rule.ts";

/** Whether a rule is asked, and counts, once for each connection or once for each request. */
export type RuleUnit = "connection" | "request";

/** A rule made ready: tests instead of patterns. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly unit: RuleUnit;
  /** What can be judged from the start: texts of {@link Condition}, each held against a list of patterns. */
  readonly conditions: readonly Condition[];
  /** What else can be judged from a head. */
  readonly headTests: readonly Test[];
  /** What needs the body. */
  readonly bodyTests: readonly Test[];
  /** Whether the body tests can be judged without the body, because the request's path says the same. */
  readonly isKnownEarly: Test;
}

/**
 * The unit that a fault forces on its rule; `undefined` where the rule's match decides.
 *
 * @param isClosed - The rule is for HTTPS that stays closed, where the moment of a request is that of the first record
 * behind the handshake.
 */
function faultUnit(fault: Fault, isClosed: boolean): RuleUnit | undefined {
  if (fault.kind.startsWith("tls.")) return "connection";
  if (!fault.kind.startsWith("connection.")) return "request";
  if (isClosed) return "connection";
  if ("at" in fault && typeof fault.at === "object" && fault.at.kind === "moment")
    return fault.at.moment === "request" || fault.at.moment === "response-head" ? "request" : "connection";
  if (fault.kind === "connection.latency" && fault.per !== "chunk") return fault.per;
  return undefined;
}

/**
 * Whether a rule is about connections or about requests.
 *
 * @throws FaultEngineError `invalid-rules` where it is about both: a path is not known yet at a ClientHello.
 */
export function ruleUnit(rule: Rule): RuleUnit {
  const field = givenKeys(rule.match).find(({ key }) => key.unit === "request")?.name;
  const isClosed = rule.match.way?.every((way) => way === "opaque") ?? false;
  const forced = rule.faults.flatMap((fault) => {
    const unit = fault === null ? undefined : faultUnit(fault, isClosed);
    return unit === undefined ? [] : [{ unit, kind: fault?.kind }];
  });
  const unseen = forced.find(({ unit }) => unit === "request")?.kind ?? (field && `match.${field}`);
  if (isClosed && unseen !== undefined)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${unseen} needs requests, and there are none to be seen where match.way is opaque`,
    );
  const early = forced.find(({ unit }) => unit === "connection");
  if (early !== undefined && field !== undefined)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${early.kind} strikes before a request is seen, so it can't depend on match.${field}`,
    );
  const late = forced.find(({ unit }) => unit === "request");
  if (early !== undefined && late !== undefined)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${early.kind} is for connections and ${late.kind} for requests; write two rules`,
    );
  if (early !== undefined) return "connection";
  return late !== undefined || field !== undefined || rule.when.per === "key" ? "request" : "connection";
}

/** Makes a rule ready. Throws `invalid-pattern` or `invalid-rules` for one that can't work. */
export function compileRule(rule: Rule, shared: Conditions): CompiledRule {
  const conditions: Condition[] = [];
  const headTests: Test[] = [];
  const bodyTests: Test[] = [];
  const bodyKeys: Extract<MatchKey<unknown>, { readonly kind: "head" | "body" }>[] = [];
  for (const { key, value } of givenKeys(rule.match)) {
    if (key.kind === "text")
      conditions.push(shared.share(textPlace(key), key.patterns(value), key.lowerCase ?? false));
    else if (key.kind === "head") headTests.push(...key.tests(value));
    else {
      bodyTests.push(...key.tests(value));
      bodyKeys.push(key);
    }
  }
  const isKnownEarly = (request: KnownRequest): boolean =>
    bodyKeys.every((key) => key.isKnownEarly?.(request) ?? false);
  return { rule, unit: ruleUnit(rule), conditions, headTests, bodyTests, isKnownEarly };
}

/** The name of a rule's stream of draws in a scope; the scope's own name keeps connections apart. */
export function scopeDrawKey(seed: number | string, rule: string, scope: string): ReturnType<typeof drawKey> {
  return drawKey(seed, scope === "" ? rule : `${rule.length}:${rule}:${scope}`);
}
