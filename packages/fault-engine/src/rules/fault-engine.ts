import { headerValues } from "@faultwire/http1";
import { drawKey } from "../draw.ts";
import { FaultEngineError } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import { compileGlob } from "../patterns/glob.ts";
import { type CompiledRule, compileRule } from "./compile-rule.ts";
import { allHold, Conditions, holds, Judged, type KnownTexts } from "./conditions.ts";
import {
  type ConnectVerdict,
  type Decision,
  decisionRandom,
  type RequestDecision,
  RULE_SOURCES,
  type RuleSource,
} from "./decision.ts";
import { type ConnectionFacts, KnownRequest, type RequestFacts, requestProvider } from "./facts.ts";
import { decisionInFormOf } from "./in-form-of.ts";
import { knownTexts } from "./match-keys.ts";
import type { Rule, RuleSet, Scope } from "./rule.ts";
import { RuleCounters } from "./rule-counters.ts";

/** What an engine is made with. */
export interface FaultEngineOptions {
  /** The moment from which `after`, `for` and `burst` count, on the clock of the `nowMs` arguments. */
  readonly startedAtMs: number;
  /** Reads the values of a request's `x-faultwire` lines; see `readHeaderFault`. Without it no header is obeyed. */
  readonly readHeader?: (value: string, ...more: readonly string[]) => Fault | null;
  /** Scopes remembered a rule. Default 10 000: every connection or client of a long run would stay otherwise. */
  readonly maxScopes?: number;
  /** Bytes of a body that rules may ask for. Default 10 485 760, more than a request to a model API holds. */
  readonly maxBodyBytes?: number;
}

interface LoadedRule extends CompiledRule {
  readonly source: RuleSource;
  readonly counters: RuleCounters;
  readonly marker: boolean;
  /** Tells whether a rule is still the same after a reload, so that its counts go on. */
  readonly identity: string;
}

/** Everything in force, in the order in which it is asked. Replaced as a whole. */
interface Loaded {
  readonly connectionRules: readonly LoadedRule[];
  /** Those that are asked when a client asks for its connection, and those that protect it from them. */
  readonly connectRules: readonly LoadedRule[];
  /** The others. */
  readonly openConnectionRules: readonly LoadedRule[];
  readonly requestRules: readonly LoadedRule[];
  /** Scratch space of a decision; decisions don't overlap. */
  readonly judged: Judged;
  readonly obeysHeader: boolean;
  readonly isTarget: (host: string) => boolean;
}

const NONE: RequestDecision = { kind: "none", rule: null };
const NOT_REFUSED: ConnectVerdict = { isTaken: false, decision: null };

/**
 * Decides what happens to connections and requests. Rules are compiled when they are set; a decision is a pure
 * function of rules, facts, time and the counts of the rule itself, so that the same seed and the same sequence of
 * matches give the same decisions, whatever the rest of the traffic does in between.
 *
 * @example
 * ```ts
 * const engine = new FaultEngine({ startedAtMs: 0 });
 * engine.setRules("file", parseRuleFile(text, "faults.yaml").ruleSet);
 * const answer = engine.decideRequest({ connection: "1", host: "api.anthropic.com", method: "POST", target: "/v1/messages", headers: [], body }, 0);
 * if (answer.kind === "fault") console.log(answer.decision.fault.kind);
 * ```
 */
export class FaultEngine {
  readonly #options: FaultEngineOptions;
  readonly #maxScopes: number;
  readonly #maxBodyBytes: number;
  readonly #sets = new Map<RuleSource, RuleSet>();
  #loaded: Loaded = {
    connectionRules: [],
    connectRules: [],
    openConnectionRules: [],
    requestRules: [],
    judged: new Judged(0),
    obeysHeader: false,
    isTarget: () => true,
  };
  #headerRequests = 0;

  constructor(options: FaultEngineOptions) {
    this.#options = options;
    this.#maxScopes = options.maxScopes ?? 10_000;
    this.#maxBodyBytes = options.maxBodyBytes ?? 10_485_760;
  }

  /** The rules in force, in the order in which they are asked. */
  get rules(): readonly Rule[] {
    return RULE_SOURCES.flatMap((source) => this.#sets.get(source)?.rules ?? []);
  }

  /** The rules of one source as they were set; `null` where it has none. */
  ruleSet(source: RuleSource): RuleSet | null {
    return this.#sets.get(source) ?? null;
  }

  /**
   * Puts the rules of one source into force, all or none; `null` takes them away. Rules that are unchanged, name and
   * all, keep their counts.
   *
   * @throws FaultEngineError `invalid-rules` or `invalid-pattern`; the rules before stay in force.
   */
  setRules(source: RuleSource, rules: RuleSet | null): void {
    const sets = new Map(this.#sets);
    if (rules === null) sets.delete(source);
    else sets.set(source, rules);
    this.#loaded = this.#load(sets);
    this.#sets.clear();
    for (const [name, set] of sets) this.#sets.set(name, set);
  }

  /** Counts from nothing: every rule is as if it had been set now, but for `after`, which counts from the engine's start. */
  beginAnew(): void {
    this.#loaded = this.#load(this.#sets, []);
  }

  /** Whether a host may be touched at all: it is named by the targets of a source, or no source names any. */
  isTarget(host: string): boolean {
    return this.#loaded.isTarget(host.toLowerCase());
  }

  /** Whether any rule is for {@link decideConnect}. */
  get decidesConnects(): boolean {
    return this.#loaded.connectRules.length > 0;
  }

  /**
   * What to do when a client asks a proxy for a connection to a host: only rules of the `connect` layer are asked, all
   * others when the connection is there. Ask once a connection, and say so to {@link decideConnection}.
   *
   * @param facts - Host and port; nothing else is known so early.
   * @param nowMs - On the clock of `startedAtMs`.
   */
  decideConnect(facts: ConnectionFacts, nowMs: number): ConnectVerdict {
    const { connectRules, judged } = this.#loaded;
    if (connectRules.length === 0) return NOT_REFUSED;
    const texts = knownTexts(facts, null);
    judged.begin();
    for (const rule of connectRules) {
      if (!holds(rule.conditions, texts, judged)) continue;
      const scope = scopeName(rule.rule.when.per, facts, "");
      if (rule.isAtConnect) {
        const taken = this.#take(rule, scope, nowMs);
        if (taken !== undefined) return { isTaken: true, decision: taken };
        // A rule that lets the connection be is counted later, with the rest: this is a question alone.
      } else if (rule.counters.wouldHit(scope, nowMs - this.#options.startedAtMs)) return NOT_REFUSED;
    }
    return NOT_REFUSED;
  }

  /**
   * What to do with a connection. Ask once, when all is known that will be known before its first request: the
   * ClientHello, or its first bytes.
   *
   * @param nowMs - On the clock of `startedAtMs`.
   * @param connect - What {@link decideConnect} said before of the same connection. Left out where it was not asked: then
   * rules of the `connect` layer are asked here, too late to be carried out, so that what becomes of them can be told.
   */
  decideConnection(facts: ConnectionFacts, nowMs: number, connect?: ConnectVerdict): Decision | null {
    const { connectionRules, openConnectionRules, judged } = this.#loaded;
    const rules = connect === undefined ? connectionRules : openConnectionRules;
    if (rules.length === 0 || connect?.isTaken) return null;
    const texts = knownTexts(facts, null);
    judged.begin();
    for (const rule of rules) {
      if (!holds(rule.conditions, texts, judged)) continue;
      const scope = scopeName(rule.rule.when.per, facts, "");
      const taken = this.#take(rule, scope, nowMs);
      if (taken !== undefined) return taken;
    }
    return null;
  }

  /**
   * What to do with a request. Ask when its head is there; where the answer is `needs-body`, hold the request back
   * and ask again with the body.
   *
   * @param nowMs - On the clock of `startedAtMs`.
   */
  decideRequest(facts: RequestFacts, nowMs: number): RequestDecision {
    const { effort } = this.#loaded.judged;
    effort.begin();
    const found = this.#decideRequest(facts, nowMs);
    return effort.isExceeded && found.kind !== "needs-body" ? { ...found, unjudged: true } : found;
  }

  #decideRequest(facts: RequestFacts, nowMs: number): RequestDecision {
    const { requestRules, judged, obeysHeader } = this.#loaded;
    if (obeysHeader) {
      const chosen = this.#headerDecision(facts);
      if (chosen !== undefined) return chosen;
    }
    if (requestRules.length === 0) return NONE;
    const request = new KnownRequest(facts);
    const texts = knownTexts(facts, request);
    judged.begin();
    if (request.lacksBody && this.#needsBody(request, texts, judged, nowMs))
      return { kind: "needs-body", maxBytes: this.#maxBodyBytes };
    for (const rule of requestRules) {
      if (!holds(rule.conditions, texts, judged)) continue;
      if (rule.headTests.length > 0 && !allHold(rule.headTests, request, judged.effort)) continue;
      if (rule.bodyTests.length > 0 && !allHold(rule.bodyTests, request, judged.effort)) continue;
      const taken = this.#take(rule, requestScope(rule, request), nowMs);
      if (taken === null) return { kind: "none", rule: rule.rule.name };
      if (taken !== undefined) return inFormOfRequest(taken, facts);
    }
    return NONE;
  }

  /** Matches and hits of every rule, over the scopes that are remembered. */
  counts(): readonly { readonly rule: string; readonly matches: number; readonly hits: number }[] {
    const { connectionRules, requestRules } = this.#loaded;
    return [...connectionRules, ...requestRules].map((rule) => ({
      rule: rule.rule.name,
      ...rule.counters.totals(),
    }));
  }

  /**
   * Whether a rule that asks for the body could be the one that hits. Nothing is counted: a question must not change
   * the answer.
   */
  #needsBody(request: KnownRequest, texts: KnownTexts, judged: Judged, nowMs: number): boolean {
    for (const rule of this.#loaded.requestRules) {
      if (!holds(rule.conditions, texts, judged) || !allHold(rule.headTests, request, judged.effort))
        continue;
      if (rule.bodyTests.length > 0 && !rule.isKnownEarly(request)) return true;
      if (!allHold(rule.bodyTests, request, judged.effort)) continue;
      if (rule.counters.wouldHit(requestScope(rule, request), nowMs - this.#options.startedAtMs))
        return false;
    }
    return false;
  }

  /** `undefined`: not hit; `null`: hit, and let be. */
  #take(rule: LoadedRule, scope: string, nowMs: number): Decision | null | undefined {
    const count = rule.counters.count(scope, nowMs - this.#options.startedAtMs);
    if (!count.isHit) return undefined;
    const { matches: matchNumber, hits: hitNumber, key } = count;
    const { faults, name } = rule.rule;
    const turn = (hitNumber - 1) % faults.length;
    const fault = faults[turn] ?? null;
    const also = rule.rule.also?.[turn] ?? [];
    if (fault === null) return null;
    return {
      rule: name,
      source: rule.source,
      fault,
      ...(also.length > 0 && { also }),
      matchNumber,
      hitNumber,
      random: decisionRandom(key, matchNumber),
      marker: rule.marker ? name : null,
    };
  }

  #headerDecision(facts: RequestFacts): RequestDecision | undefined {
    const [value, ...more] = headerValues(facts.headers, "x-faultwire");
    const read = this.#options.readHeader;
    if (value === undefined || read === undefined) return undefined;
    const fault = read(value, ...more);
    const number = ++this.#headerRequests;
    if (fault === null) return { kind: "none", rule: "header" };
    const decision: Decision = {
      rule: "header",
      source: "header",
      fault,
      matchNumber: number,
      hitNumber: number,
      // Drawn by what the header says, not by when: a test that steers itself gets the same every time.
      random: decisionRandom(drawKey(value, "header"), 1),
      marker: "header",
    };
    return inFormOfRequest(decision, facts);
  }

  /** @param loaded - Rules whose counts go on where they are the same. */
  #load(
    sets: ReadonlyMap<RuleSource, RuleSet>,
    loaded: readonly LoadedRule[] = [...this.#loaded.connectionRules, ...this.#loaded.requestRules],
  ): Loaded {
    const before = new Map(loaded.map((rule) => [rule.identity, rule]));
    const rules: LoadedRule[] = [];
    const conditions = new Conditions();
    const targets: string[] = [];
    let obeysHeader = false;
    for (const source of RULE_SOURCES) {
      const set = sets.get(source);
      if (set === undefined) continue;
      targets.push(...set.targets);
      obeysHeader ||= set.header;
      const names = new Set<string>();
      for (const rule of set.rules) {
        if (names.has(rule.name))
          throw new FaultEngineError("invalid-rules", `two rules are called ${JSON.stringify(rule.name)}`);
        if (rule.faults.length === 0)
          throw new FaultEngineError("invalid-rules", `rule ${rule.name} has no fault`);
        names.add(rule.name);
        rules.push(this.#loadRule(source, set, compileRule(rule, conditions, set.compileRegex), before));
      }
    }
    const hosts = targets.map((target) => compileGlob(target.toLowerCase()));
    const connectionRules = rules.filter(({ unit }) => unit === "connection");
    const hasConnect = connectionRules.some(({ isAtConnect }) => isAtConnect);
    return {
      connectionRules,
      connectRules: hasConnect
        ? connectionRules.filter(({ isAtConnect, isEarlyPass }) => isAtConnect || isEarlyPass)
        : [],
      openConnectionRules: connectionRules.filter(({ isAtConnect }) => !isAtConnect),
      requestRules: rules.filter(({ unit }) => unit === "request"),
      judged: new Judged(conditions.size),
      obeysHeader,
      isTarget: hosts.length === 0 ? () => true : (host) => hosts.some((test) => test(host)),
    };
  }

  #loadRule(
    source: RuleSource,
    set: RuleSet,
    compiled: CompiledRule,
    before: ReadonlyMap<string, LoadedRule>,
  ): LoadedRule {
    const { rule } = compiled;
    const identity = JSON.stringify([source, set.seed, rule]);
    const counters =
      before.get(identity)?.counters ?? new RuleCounters(set.seed, rule.name, rule.when, this.#maxScopes);
    return { ...compiled, source, counters, marker: set.marker, identity };
  }
}

const inFormOfRequest = (decision: Decision, facts: RequestFacts): RequestDecision => ({
  kind: "fault",
  decision: decisionInFormOf(decision, () => requestProvider(facts)),
});

function requestScope({ rule }: CompiledRule, request: KnownRequest): string {
  const { per } = rule.when;
  if (per === "client") return `client:${request.client}`;
  return scopeName(per, request.facts, per === "key" ? request.key : "");
}

function scopeName(per: Scope, facts: ConnectionFacts, key: string): string {
  switch (per) {
    case "all":
      return "";
    case "connection":
      return `connection:${facts.connection}`;
    case "client":
      return `client:${facts.client ?? ""}`;
    case "key":
      return `key:${key}`;
    default:
      return per satisfies never;
  }
}
