import { drawKey } from "../draw.ts";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { ConnectionFault } from "../faults/connection-faults.ts";
import type { Fault } from "../faults/fault.ts";
import { isHttp2Fault } from "../faults/http2-faults.ts";
import { type RegexCompiler, refuseRegex } from "../patterns/regex-test.ts";
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
  /** Whether it is asked as early as a client asks a proxy for its connection; see `decideConnect` of the engine. */
  readonly isAtConnect: boolean;
  /** Whether it lets connections be, and can be judged at that early moment. */
  readonly isEarlyPass: boolean;
  /** What can be judged from the start: texts of {@link Condition}, each held against a list of patterns. */
  readonly conditions: readonly Condition[];
  /** What else can be judged from a head. */
  readonly headTests: readonly Test[];
  /** What needs the body. */
  readonly bodyTests: readonly Test[];
  /** Whether the body tests can be judged without the body, because the request's path says the same. */
  readonly isKnownEarly: (request: KnownRequest) => boolean;
}

/**
 * The unit that a fault forces on its rule; `undefined` where the rule's match decides.
 *
 * @param isClosed - The rule is for HTTPS that stays closed, where the moment of a request is that of the first record
 * behind the handshake.
 */
function faultUnit(fault: Fault, isClosed: boolean): RuleUnit | undefined {
  if (isOfConnect(fault) || fault.kind.startsWith("tls.")) return "connection";
  if (!isOfConnection(fault)) return isOfEitherUnit(fault) && !isClosed ? undefined : "request";
  if (isClosed) return "connection";
  if ("at" in fault && typeof fault.at === "object" && fault.at.kind === "moment")
    return fault.at.moment === "request" || fault.at.moment === "response-head" ? "request" : "connection";
  if (fault.kind === "connection.latency" && fault.per !== "chunk") return fault.per;
  return undefined;
}

const isOfConnection = (fault: Fault): fault is ConnectionFault => fault.kind.startsWith("connection.");

/** Faults of HTTP/2 that begin with the connection, unless a rule is about requests: they need it opened all the same. */
const isOfEitherUnit = ({ kind }: Fault): boolean =>
  kind === "http2.settings" || kind === "http2.window" || kind === "http2.ping";

/** Why a fault can't be what a single request asks for; `undefined` where it can. */
export function whyNotOfRequest(fault: Fault): string | undefined {
  if (faultUnit(fault, false) === "connection")
    return `${fault.kind} strikes before a request is seen, so a request can't ask for it`;
  const isOfBytes = "from" in fault && fault.kind.startsWith("connection.");
  if (isOfBytes && fault.from === "client")
    return `${fault.kind} from the client is for connections, so a request can't ask for it`;
  return undefined;
}

const isOfConnect = (fault: Fault | null): boolean => fault?.kind.startsWith("connect.") ?? false;

const isKnownAtConnect = (key: MatchKey<unknown>): boolean =>
  key.kind === "text" && (key.isKnownAtConnect ?? false);

/** A rule for the moment at which a client asks for its connection can't be for a later one as well. */
function checkConnect(rule: Rule): void {
  const found = rule.faults.find(isOfConnect);
  if (!found) return;
  const later = rule.faults.find((fault) => fault !== null && !isOfConnect(fault));
  if (later)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${found.kind} strikes before the connection is there and ${later.kind} on it; write two rules`,
    );
  const unknown = givenKeys(rule.match).find(
    ({ key }) => key.unit === "connection" && !isKnownAtConnect(key),
  );
  if (unknown)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${found.kind} strikes before the client says anything on its connection, so it can't depend on match.${unknown.name}`,
    );
}

/**
 * Whether a rule is about connections or about requests.
 *
 * @throws FaultEngineError `invalid-rules` where it is about both: a path or an API key is not known yet at a ClientHello.
 */
export function ruleUnit(rule: Rule): RuleUnit {
  checkConnect(rule);
  const field = givenKeys(rule.match).find(({ key }) => key.unit === "request")?.name;
  const isClosed = rule.match.way?.every((way) => way === "opaque") ?? false;
  const forced = rule.faults.flatMap((fault) => {
    const unit = fault === null ? undefined : faultUnit(fault, isClosed);
    return unit === undefined ? [] : [{ unit, kind: fault?.kind }];
  });
  const isPerKey = rule.when.per === "key";
  const late = forced.find(({ unit }) => unit === "request");
  const unseen = late?.kind ?? (field && `match.${field}`) ?? (isPerKey ? "when.per: key" : undefined);
  if (isClosed && unseen !== undefined)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${unseen} needs requests, and there are none to be seen where match.way is opaque`,
    );
  const ofHttp2 = rule.faults.find((fault) => fault !== null && isHttp2Fault(fault));
  if (ofHttp2 && rule.match.websocket === true)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${ofHttp2.kind} is of HTTP/2, and a WebSocket is opened by HTTP/1.1`,
    );
  const early = forced.find(({ unit }) => unit === "connection");
  if (early !== undefined && (field !== undefined || isPerKey))
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${early.kind} strikes before a request is seen, so it can't ${field === undefined ? "be counted per key" : `depend on match.${field}`}`,
    );
  if (early !== undefined && late !== undefined)
    throw new FaultEngineError(
      "invalid-rules",
      `rule ${rule.name}: ${early.kind} is for connections and ${late.kind} for requests; write two rules`,
    );
  if (early !== undefined) return "connection";
  return late !== undefined || field !== undefined || isPerKey ? "request" : "connection";
}

/** Makes a rule ready. Throws `invalid-pattern` or `invalid-rules` for one that can't work. */
export function compileRule(
  rule: Rule,
  shared: Conditions,
  compileRegex: RegexCompiler = refuseRegex,
): CompiledRule {
  const conditions: Condition[] = [];
  const headTests: Test[] = [];
  const bodyTests: Test[] = [];
  const bodyKeys: Extract<MatchKey<unknown>, { readonly kind: "head" | "body" }>[] = [];
  for (const { key, value } of givenKeys(rule.match)) {
    if (key.kind === "text")
      conditions.push(
        shared.share(textPlace(key), key.patterns(value), key.lowerCase ?? false, compileRegex),
      );
    else if (key.kind === "head") headTests.push(...key.tests(value, compileRegex));
    else {
      bodyTests.push(...key.tests(value, compileRegex));
      bodyKeys.push(key);
    }
  }
  const isKnownEarly = (request: KnownRequest): boolean =>
    bodyKeys.every((key) => key.isKnownEarly?.(request) ?? false);
  return {
    rule,
    unit: ruleUnit(rule),
    isAtConnect: rule.faults.some(isOfConnect),
    isEarlyPass:
      rule.when.per === "all" &&
      rule.faults.every((fault) => fault === null) &&
      givenKeys(rule.match).every(({ key }) => isKnownAtConnect(key)),
    conditions,
    headTests,
    bodyTests,
    isKnownEarly,
  };
}

/** The name of a rule's stream of draws in a scope; the scope's own name keeps connections apart. */
export function scopeDrawKey(seed: number | string, rule: string, scope: string): ReturnType<typeof drawKey> {
  return drawKey(seed, scope === "" ? rule : `${rule.length}:${rule}:${scope}`);
}
