import { drawKey } from "../draw.ts";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import { headerValues } from "../http/header.ts";
import { compileJsonPointer } from "../patterns/json-pointer.ts";
import { compileTextPattern, type TextPattern } from "../patterns/text-pattern.ts";
import type { ConnectionFacts, KnownRequest } from "./facts.ts";
import { requestProvider } from "./facts.ts";
import type { BodyMatch, HeaderMatch, Match, Rule } from "./rule.ts";

/** Whether a rule is asked, and counts, once for each connection or once for each request. */
export type RuleUnit = "connection" | "request";

/** A rule made ready: tests instead of patterns. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly unit: RuleUnit;
  readonly matchesConnection: (facts: ConnectionFacts) => boolean;
  /** What can be judged from a head. */
  readonly matchesHead: (request: KnownRequest) => boolean;
  /** What needs the body; `undefined` where nothing does. */
  readonly matchesBody: ((request: KnownRequest) => boolean) | undefined;
}

type Test<T> = (value: T) => boolean;

/** The conjunction of tests. Loops are unrolled for the usual one or two: this is the hot path. */
function every<T>(tests: readonly Test<T>[]): Test<T> {
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (tests.length === 2) return (value) => first(value) && second(value);
  return (value) => {
    for (const test of tests) if (!test(value)) return false;
    return true;
  };
}

function anyPattern(patterns: readonly TextPattern[], lowerCase = false): Test<string | undefined> {
  const tests = patterns.map((pattern) =>
    compileTextPattern(
      lowerCase && pattern.kind === "glob" ? { kind: "glob", text: pattern.text.toLowerCase() } : pattern,
    ),
  );
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return (text) => text !== undefined && only(text);
  return (text) => text !== undefined && tests.some((test) => test(text));
}

function connectionTests(match: Match): Test<ConnectionFacts>[] {
  const tests: Test<ConnectionFacts>[] = [];
  const { host, port, sni, alpn, ja4 } = match;
  if (host) {
    const test = anyPattern(host, true);
    tests.push((facts) => test(facts.host));
  }
  if (port) tests.push((facts) => facts.port !== undefined && port.includes(facts.port));
  if (sni) {
    const test = anyPattern(sni, true);
    tests.push((facts) => test(facts.sni));
  }
  if (alpn) tests.push((facts) => facts.alpn !== undefined && alpn.includes(facts.alpn));
  if (ja4) {
    const test = anyPattern(ja4);
    tests.push((facts) => test(facts.ja4));
  }
  return tests;
}

function headerTest({ name, value }: HeaderMatch): Test<KnownRequest> {
  if (typeof value === "boolean")
    return ({ facts }) => headerValues(facts.headers, name).length > 0 === value;
  const test = compileTextPattern(value);
  return ({ facts }) => headerValues(facts.headers, name).some((line) => test(line));
}

function headTests(match: Match): Test<KnownRequest>[] {
  const tests: Test<KnownRequest>[] = [];
  const { method, path, provider } = match;
  if (method) tests.push(({ facts }) => method.includes(facts.method));
  if (path) {
    const test = anyPattern(path);
    tests.push((request) => test(request.path));
  }
  if (provider)
    tests.push(({ facts }) => {
      const found = requestProvider(facts.target, facts.headers);
      return found !== undefined && provider.includes(found);
    });
  tests.push(...(match.headers ?? []).map(headerTest));
  return tests;
}

function bodyTest({ pointer, value }: BodyMatch): Test<KnownRequest> {
  const read = compileJsonPointer(pointer);
  if (typeof value !== "object" || value === null) return (request) => read(request.json) === value;
  const test = compileTextPattern(value);
  return (request) => {
    const found = read(request.json);
    return typeof found === "string" && test(found);
  };
}

function bodyTests(match: Match): Test<KnownRequest>[] {
  const tests = (match.body ?? []).map(bodyTest);
  const { model, stream } = match;
  if (model) {
    const test = anyPattern(model);
    tests.push((request) => test(request.model));
  }
  if (stream !== undefined)
    tests.push(
      (request) =>
        request.isStream === stream && (request.json !== undefined || request.pathModel !== undefined),
    );
  return tests;
}

/** The unit that a fault forces on its rule; `undefined` where the rule's match decides. */
function faultUnit(fault: Fault): RuleUnit | undefined {
  if (fault.kind.startsWith("tls.")) return "connection";
  if (!fault.kind.startsWith("connection.")) return "request";
  if ("at" in fault && typeof fault.at === "object" && fault.at.kind === "moment")
    return fault.at.moment === "request" || fault.at.moment === "response-head" ? "request" : "connection";
  if (fault.kind === "connection.latency" && fault.per !== "chunk") return fault.per;
  return undefined;
}

const REQUEST_FIELDS = ["method", "path", "headers", "body", "provider", "model", "stream"] as const;

/**
 * Whether a rule is about connections or about requests.
 *
 * @throws FaultEngineError `invalid-rules` where it is about both: a path is not known yet at a ClientHello.
 */
export function ruleUnit(rule: Rule): RuleUnit {
  const field = REQUEST_FIELDS.find((name) => rule.match[name] !== undefined);
  const forced = rule.faults.flatMap((fault) => {
    const unit = fault === null ? undefined : faultUnit(fault);
    return unit === undefined ? [] : [{ unit, kind: fault?.kind }];
  });
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
export function compileRule(rule: Rule): CompiledRule {
  const body = bodyTests(rule.match);
  return {
    rule,
    unit: ruleUnit(rule),
    matchesConnection: every(connectionTests(rule.match)),
    matchesHead: every(headTests(rule.match)),
    matchesBody: body.length > 0 ? every(body) : undefined,
  };
}

/** The name of a rule's stream of draws in a scope; the scope's own name keeps connections apart. */
export function scopeDrawKey(seed: number | string, rule: string, scope: string): ReturnType<typeof drawKey> {
  return drawKey(seed, scope === "" ? rule : `${rule.length}:${rule}:${scope}`);
}
