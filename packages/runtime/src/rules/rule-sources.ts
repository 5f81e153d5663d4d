/** A rule file and a single rule, put together: which rules come from where, and which hosts may be touched at all. */
import {
  FaultEngineError,
  type Rule,
  type RuleFile,
  type RuleSet,
  type SingleRule,
  singleRuleSet,
} from "@faultwire/fault-engine";
import {
  compileGlob,
  overlaidHeaders,
  PROVIDER_NAMES,
  REQUESTS,
  ruleUnit,
} from "@faultwire/fault-engine/internal";
import { RuntimeError } from "../runtime-error.ts";

/** The host that may fail where nothing else is said, and for which the mock of `start` always answers. */
export const defaultTargetHost = "api.anthropic.com";

/** The rules that are to be in force. */
export interface RuleSources {
  /** From a rule file. */
  readonly file: RuleSet | null;
  /** The single rule, over the keys of the old single-rule JSON; asked after the file's rules. */
  readonly flags: RuleSet | null;
  /** Hosts that may be touched, `*` for any part. Empty where there is neither file nor rule. */
  readonly targets: readonly string[];
}

/**
 * Puts a single rule and a file together. Without a rule file there is the single rule, its keys over the old JSON's
 * over defaults. With one, a single rule that says something of the failure itself is asked after the file's rules. A
 * file without `targets` is about the single rule's hosts, about those of the providers of its mixes, or about Anthropic's API. A seed of the single rule wins over
 * that of the file: a run is done again under another seed without an edit of the file.
 *
 * @throws RuntimeError `rules-refused` where the single rule contradicts itself.
 * @param single - What an app's flags say; what they don't say is left out.
 * @param file - What the rule file says, if there is one.
 * @param seed - For a single rule that nobody gave one.
 */
export function ruleSources(single: SingleRule, file: RuleFile | undefined, seed: number): RuleSources {
  if (file === undefined || file.single !== null) {
    const set = oneRuleSet(overlaid({ seed, ...file?.single }, single));
    return { file: null, flags: set, targets: set.targets };
  }
  const { ruleSet } = file;
  const { targetHosts, seed: givenSeed, ...failure } = single;
  const usual = ruleSet.usualTargets ?? [defaultTargetHost];
  const own = ruleSet.targets.length > 0 ? ruleSet.targets : (targetHosts ?? usual);
  const ownSeed = givenSeed ?? ruleSet.seed;
  const set = { ...ruleSet, targets: own, seed: ownSeed };
  if (Object.keys(failure).length === 0) return { file: set, flags: null, targets: own };
  const below = oneRuleSet(overlaid({ seed: ownSeed, targetHosts: [] }, single));
  return { file: set, flags: below, targets: [...new Set([...own, ...below.targets])] };
}

/** What the single rule means. @throws RuntimeError `rules-refused` where it contradicts itself. */
function oneRuleSet(rule: SingleRule): RuleSet {
  try {
    return singleRuleSet(rule);
  } catch (cause) {
    throw refusedRules(cause);
  }
}

/** An error of the engine about rules, as the runtime's; any other error as it is. */
export function refusedRules(cause: unknown): unknown {
  return cause instanceof FaultEngineError
    ? new RuntimeError("rules-refused", cause.message, { cause })
    : cause;
}

/** A single rule with another laid over it: key by key, headers by name. */
function overlaid(rule: SingleRule, over: SingleRule): SingleRule {
  return { ...rule, ...over, headers: overlaidHeaders(rule.headers ?? [], over.headers ?? []) };
}

/** Of target patterns, the names that a certificate can stand for: exact ones, `*.name`, or `*`; Anthropic's where there is none. */
export function certifiableHosts(targets: readonly string[]): readonly string[] {
  const names = certifiable(targets);
  return names.length > 0 ? names : [defaultTargetHost];
}

const certifiable = (targets: readonly string[]): readonly string[] =>
  targets.filter((target) => target === "*" || /^(?:\*\.)?[^*]+$/.test(target));

/** Of target patterns, the exact names. */
export function exactHosts(targets: readonly string[]): readonly string[] {
  return targets.filter((target) => !target.includes("*"));
}

/** Of a rule set about requests, the targets whose HTTPS stays closed because no certificate can stand for them: a line for all. */
export function closedTargets({ rules, targets }: RuleSet): string[] {
  const names = certifiable(targets);
  const opened = names.map((name) => compileGlob(name.toLowerCase()));
  // Such a target is open where another one has all of its names.
  const closed = targets.filter(
    (target) => !names.includes(target) && !opened.some((test) => test(target.toLowerCase())),
  );
  if (closed.length === 0 || !rules.some((rule) => ruleUnit(rule) === "request")) return [];
  return [
    `HTTPS to ${closed.join(", ")} stays closed, so no request in it is seen: a CA of Faultwire's can't stand for a * inside of a name; name the hosts that your program calls, in targets or with --target-host`,
  ];
}

/** Of a rule set, the rules that can't do anything, a line for each reason. */
export const idleRules = (rules: RuleSet): string[] => [
  ...untargetedRules(rules),
  ...rulesWithoutWebSocket(rules),
  ...rulesWithoutCall(rules),
];

/**
 * Of a rule set, the rules that can't hit anything because they ask for hosts that are no targets, or for an API without a host
 * of its own while all targets are other APIs', with a line that says so. Only exact names are looked at: of a pattern nobody can say whom it is for.
 */
export function untargetedRules({ rules, targets }: RuleSet): string[] {
  const tests = targets.map((target) => compileGlob(target.toLowerCase()));
  const homeless = rulesOfHomeless(rules, targets);
  const others = rules.flatMap(({ name, match: { host = [] } }) => {
    const isExact = host.every(({ kind, text }) => kind === "glob" && !text.includes("*"));
    if (
      host.length === 0 ||
      !isExact ||
      host.some(({ text }) => tests.some((test) => test(text.toLowerCase())))
    )
      return [];
    const hosts = host.map(({ text }) => text).join(", ");
    return [`${name} never hits: ${hosts} is not among the targets (${targets.join(", ")})`];
  });
  return [...homeless, ...others];
}

/** Rules for an API that everybody runs at a host of their own, where all targets are hosts of other APIs: a line for each API. */
function rulesOfHomeless(rules: readonly Rule[], targets: readonly string[]): string[] {
  const isElsewhere = targets.every((host) =>
    PROVIDER_NAMES.some((name) =>
      REQUESTS[name].isAt?.({ host: host.toLowerCase(), path: "/", headers: [] }),
    ),
  );
  if (!isElsewhere || targets.length === 0) return [];
  const found = new Map<string, string[]>();
  for (const { name, match } of rules) {
    const { provider = [] } = match;
    if (provider.length === 0 || provider.some((one) => REQUESTS[one].hosts.length > 0)) continue;
    const whose = provider.join(" or ");
    found.set(whose, [...(found.get(whose) ?? []), name]);
  }
  return [...found].map(
    ([whose, names]) =>
      `${names.join(", ")} never ${names.length > 1 ? "hit" : "hits"}: ${whose} has no host of its own, and none of the targets (${targets.join(", ")}) can be it; name yours in targets, or with --target-host`,
  );
}

/**
 * Of a rule set, the rules about gRPC calls that can't hit anything, a line for each: a call is a `POST`, and a fault of one needs
 * one.
 */
export function rulesWithoutCall({ rules }: RuleSet): string[] {
  return rules.flatMap(({ name, match: { method, grpc }, faults }) => {
    const given = faults.filter((fault) => fault !== null);
    const isAbout = given.length > 0 && given.every(({ kind }) => kind.startsWith("grpc."));
    if (isAbout && grpc === false)
      return [`${name} never strikes: its fault is one of gRPC calls, and grpc: false leaves them out`];
    const isForCalls = isAbout || (grpc !== undefined && grpc !== false);
    if (isForCalls && method !== undefined && !method.includes("POST"))
      return [`${name} never strikes: a gRPC call is a POST, and the rule takes ${method.join(", ")} alone`];
    return [];
  });
}

/**
 * Of a rule set, the rules about WebSockets that can't hit anything, a line for each: a WebSocket is asked for with `GET`,
 * and a fault of one needs one.
 */
export function rulesWithoutWebSocket({ rules }: RuleSet): string[] {
  return rules.flatMap(({ name, match: { method, websocket }, faults }) => {
    const given = faults.filter((fault) => fault !== null);
    const isAbout = given.length > 0 && given.every(({ kind }) => kind.startsWith("websocket."));
    if (isAbout && websocket === false)
      return [`${name} never strikes: its fault is one of WebSockets, and websocket: false leaves them out`];
    if ((isAbout || websocket === true) && method !== undefined && !method.includes("GET"))
      return [
        `${name} never strikes: a WebSocket is asked for with GET, and the rule takes ${method.join(", ")} alone`,
      ];
    return [];
  });
}
