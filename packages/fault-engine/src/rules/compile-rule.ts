import { headerValues } from "@faultwire/http1";
import { drawKey } from "../draw.ts";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import { compileJsonPointer } from "../patterns/json-pointer.ts";
import { compileTextPattern, PatternList, type TextPattern } from "../patterns/text-pattern.ts";
import { type KnownRequest, type KnownTexts, requestProvider, TEXT } from "./facts.ts";
import type { BodyMatch, HeaderMatch, Match, Rule } from "./rule.ts";

/** Whether a rule is asked, and counts, once for each connection or once for each request. */
export type RuleUnit = "connection" | "request";

/** A rule made ready: tests instead of patterns. */
export interface CompiledRule {
  readonly rule: Rule;
  readonly unit: RuleUnit;
  /** What can be judged from the start: texts of {@link KnownTexts}, each held against a list of patterns. */
  readonly conditions: readonly Condition[];
  /** What else can be judged from a head. */
  readonly headTests: readonly Test[];
  /** What needs the body. */
  readonly bodyTests: readonly Test[];
}

/** One text that has to match. Rules with the same condition share it, so that it is judged once a request. */
export interface Condition {
  /** Counts the conditions from 0. */
  readonly index: number;
  readonly text: number;
  readonly patterns: PatternList;
}

/** The conditions of all rules that are loaded together. */
export class Conditions {
  readonly #known = new Map<string, Condition>();

  /** The one condition for these patterns on this text. */
  share(text: number, patterns: readonly TextPattern[], lowerCase: boolean): Condition {
    const key = JSON.stringify([text, lowerCase, patterns]);
    let condition = this.#known.get(key);
    if (condition === undefined) {
      condition = { index: this.#known.size, text, patterns: new PatternList(patterns, lowerCase) };
      this.#known.set(key, condition);
    }
    return condition;
  }

  get size(): number {
    return this.#known.size;
  }
}

/** What is known of the conditions for the request at hand. Made once and begun anew: requests come by thousands. */
export class Judged {
  /** For each condition twice the number of the request for which it was judged, plus one where it held. */
  readonly #verdicts: Uint32Array;
  #request = 0;

  constructor(conditions: number) {
    this.#verdicts = new Uint32Array(conditions);
  }

  /** Forgets everything: another request. */
  begin(): void {
    this.#request += 2;
    if (this.#request < 0xffff_fffe) return;
    this.#request = 2;
    this.#verdicts.fill(0);
  }

  holds({ index, text, patterns }: Condition, texts: KnownTexts): boolean {
    const verdict = this.#verdicts[index]!;
    if (verdict >= this.#request) return verdict > this.#request;
    const known = texts[text];
    const isTrue = known !== undefined && patterns.matches(known);
    this.#verdicts[index] = isTrue ? this.#request + 1 : this.#request;
    return isTrue;
  }
}

type Test = (request: KnownRequest) => boolean;

/** Whether a rule's conditions hold; a text that is not known matches nothing. */
export function holds(conditions: readonly Condition[], texts: KnownTexts, judged: Judged): boolean {
  for (let at = 0; at < conditions.length; at++) if (!judged.holds(conditions[at]!, texts)) return false;
  return true;
}

/** Whether all tests of a list hold. */
export function allHold(tests: readonly Test[], request: KnownRequest): boolean {
  for (const test of tests) if (!test(request)) return false;
  return true;
}

/** Texts that are taken by the letter. `*` is a token, but no method or protocol has ever held one. */
const literal = (texts: readonly string[]): TextPattern[] => texts.map((text) => ({ kind: "glob", text }));

function conditionsOf(match: Match, shared: Conditions): Condition[] {
  const conditions: Condition[] = [];
  const add = (text: number, patterns: readonly TextPattern[] | undefined, lowerCase = false): void => {
    if (patterns !== undefined) conditions.push(shared.share(text, patterns, lowerCase));
  };
  add(TEXT.method, match.method && literal(match.method));
  add(TEXT.port, match.port && literal(match.port.map(String)));
  add(TEXT.path, match.path);
  add(TEXT.host, match.host, true);
  add(TEXT.sni, match.sni, true);
  add(TEXT.alpn, match.alpn && literal(match.alpn));
  add(TEXT.ja4, match.ja4);
  add(TEXT.way, match.way && literal(match.way));
  return conditions;
}

function headerTest({ name, value }: HeaderMatch): Test {
  if (typeof value === "boolean")
    return ({ facts }) => headerValues(facts.headers, name).length > 0 === value;
  const test = compileTextPattern(value);
  return ({ facts }) => headerValues(facts.headers, name).some((line) => test(line));
}

function headTestsOf({ provider, headers = [] }: Match): Test[] {
  const tests = headers.map(headerTest);
  if (provider)
    tests.push(({ facts }) => {
      const found = requestProvider(facts.target, facts.headers);
      return found !== undefined && provider.includes(found);
    });
  return tests;
}

function bodyTest({ pointer, value }: BodyMatch): Test {
  const read = compileJsonPointer(pointer);
  if (typeof value !== "object" || value === null) return (request) => read(request.json) === value;
  const test = compileTextPattern(value);
  return (request) => {
    const found = read(request.json);
    return typeof found === "string" && test(found);
  };
}

function bodyTestsOf(match: Match): Test[] {
  const tests = (match.body ?? []).map(bodyTest);
  const { model, stream } = match;
  if (model) {
    const patterns = new PatternList(model, false);
    tests.push((request) => request.model !== undefined && patterns.matches(request.model));
  }
  if (stream !== undefined)
    tests.push(
      (request) =>
        request.isStream === stream && (request.json !== undefined || request.inPath !== undefined),
    );
  return tests;
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

const REQUEST_FIELDS = ["method", "path", "headers", "body", "provider", "model", "stream"] as const;

/**
 * Whether a rule is about connections or about requests.
 *
 * @throws FaultEngineError `invalid-rules` where it is about both: a path is not known yet at a ClientHello.
 */
export function ruleUnit(rule: Rule): RuleUnit {
  const field = REQUEST_FIELDS.find((name) => rule.match[name] !== undefined);
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
  return {
    rule,
    unit: ruleUnit(rule),
    conditions: conditionsOf(rule.match, shared),
    headTests: headTestsOf(rule.match),
    bodyTests: bodyTestsOf(rule.match),
  };
}

/** The name of a rule's stream of draws in a scope; the scope's own name keeps connections apart. */
export function scopeDrawKey(seed: number | string, rule: string, scope: string): ReturnType<typeof drawKey> {
  return drawKey(seed, scope === "" ? rule : `${rule.length}:${rule}:${scope}`);
}
