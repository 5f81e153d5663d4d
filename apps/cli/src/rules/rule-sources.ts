/** Flags and a rule file, put together: which rules come from where, and which hosts may be touched at all. */
import {
  compileGlob,
  FaultEngineError,
  overlaidHeaders,
  type RuleFile,
  type RuleSet,
  type SingleRule,
  singleRuleSet,
} from "@faultwire/fault-engine";
import type { Header } from "@faultwire/http1";
import { UsageError } from "../usage-error.ts";

/** The host that may fail where nothing else is said, and for which the mock of `start` always answers. */
export const defaultTargetHost = "api.anthropic.com";

/** The flags that are about rules; those that were not set are missing. */
export interface RuleFlags {
  readonly config?: string;
  readonly targetHost?: readonly string[];
  readonly errorProbability?: number;
  readonly statusCode?: number;
  readonly errorBody?: string;
  /** Several of one name are several fields. */
  readonly headers?: readonly Header[];
  readonly closeAt?: NonNullable<SingleRule["closeAt"]>;
  readonly seed?: string;
}

/** The rules that are to be in force. */
export interface RuleSources {
  /** From a rule file. */
  readonly file: RuleSet | null;
  /** From flags, and from the old single-rule JSON below them; asked after the file's. */
  readonly flags: RuleSet | null;
  /** Hosts that may be touched, `*` for any part. Never empty. */
  readonly targets: readonly string[];
}

/**
 * Puts flags and file together. Without a rule file there is one rule, by flags over the old JSON's keys over defaults.
 * With one, a flag about the failure itself makes a rule that is asked after the file's. A file without `targets` is
 * about `--target-host`, or about Anthropic's API; one without `seed` has that of `--seed`.
 *
 * @throws {@link UsageError} for flags that contradict each other, or the file.
 * @param file - What the file of `--config` says, if there is one.
 * @param seed - For a single rule that nobody gave one.
 */
export function ruleSources(flags: RuleFlags, file: RuleFile | undefined, seed: number): RuleSources {
  if (file === undefined || file.single !== null) {
    const rule = overlaid({ seed, ...file?.single }, flags);
    const set = oneRuleSet(rule);
    return { file: null, flags: set, targets: set.targets };
  }
  const { ruleSet } = file;
  const own = ruleSet.targets.length > 0 ? ruleSet.targets : (flags.targetHost ?? [defaultTargetHost]);
  const ownSeed = file.hasSeed ? ruleSet.seed : (flags.seed ?? ruleSet.seed);
  const set = { ...ruleSet, targets: own, seed: ownSeed };
  const asks = [flags.errorProbability, flags.statusCode, flags.errorBody, flags.headers, flags.closeAt];
  if (asks.every((flag) => flag === undefined)) return { file: set, flags: null, targets: own };
  const below = oneRuleSet(overlaid({ seed: ownSeed, targetHosts: [] }, flags));
  return { file: set, flags: below, targets: [...new Set([...own, ...below.targets])] };
}

/** What the flags mean. @throws {@link UsageError} where they contradict each other. */
function oneRuleSet(rule: SingleRule): RuleSet {
  try {
    return singleRuleSet(rule);
  } catch (error) {
    if (error instanceof FaultEngineError) throw new UsageError(error.message);
    throw error;
  }
}

/** A single rule with the flags that were given laid over it. */
function overlaid(rule: SingleRule, flags: RuleFlags): SingleRule {
  const { targetHost, errorProbability, statusCode, errorBody, headers, closeAt, seed } = flags;
  return {
    ...rule,
    ...(targetHost && { targetHosts: targetHost }),
    ...(errorProbability !== undefined && { errorProbability }),
    ...(statusCode !== undefined && { statusCode }),
    ...(errorBody !== undefined && { errorBody }),
    ...(headers && { headers: overlaidHeaders(rule.headers ?? [], headers) }),
    ...(closeAt && { closeAt }),
    ...(seed !== undefined && { seed }),
  };
}

/** Of target patterns, the names that a certificate can stand for: exact ones, `*.name`, or `*`. */
export function certifiableHosts(targets: readonly string[]): readonly string[] {
  const names = targets.filter((target) => target === "*" || /^(?:\*\.)?[^*]+$/.test(target));
  return names.length > 0 ? names : [defaultTargetHost];
}

/** Of target patterns, the exact names. */
export function exactHosts(targets: readonly string[]): readonly string[] {
  return targets.filter((target) => !target.includes("*"));
}

/**
 * Of a rule set, the rules that can't hit anything because they ask for hosts that are no targets, a line for each. Only
 * exact names are looked at: of a pattern nobody can say whom it is for.
 */
export function untargetedRules({ rules, targets }: RuleSet): string[] {
  const tests = targets.map((target) => compileGlob(target.toLowerCase()));
  return rules.flatMap(({ name, match: { host = [] } }) => {
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
}
