import type { Fault } from "../faults/fault.ts";
import type { RegexCompiler } from "../patterns/regex-test.ts";
import type { Match } from "./match-keys.ts";

/**
 * What a rule counts over: everything, one connection, one client, one API key. The same key at several APIs is one, and all requests
 * without a key count together.
 */
export type Scope = "all" | "connection" | "client" | "key";

/**
 * Which of the matches are hit; everything that is given has to hold. Matches are counted from 1 within the scope, and
 * only those that no earlier rule took.
 */
export interface When {
  /** What is counted by itself: everything, a client, a connection … */
  readonly per: Scope;
  /** 0 to 1. */
  readonly probability?: number;
  /** The first so many matches. */
  readonly first?: number;
  /** These matches. */
  readonly nth?: readonly number[];
  /** Every so many matches: n, 2n, 3n, … */
  readonly every?: number;
  /** No more than so many hits. */
  readonly atMost?: number;
  /** Not before so many milliseconds after the engine's start. */
  readonly afterMs?: number;
  /** No longer than so many milliseconds after that. */
  readonly forMs?: number;
  /** In windows: for `forMs` out of every `everyMs`, counted from the engine's start (and `afterMs`). */
  readonly burst?: { readonly everyMs: number; readonly forMs: number };
}

/** One rule. */
export interface Rule {
  /** Unique in its set; names the rule in draws, markers, events, reports. */
  readonly name: string;
  /** What it applies to. */
  readonly match: Match;
  /** Which of its matches are hit. */
  readonly when: When;
  /** One fault for every hit, or several in turn, round and round; `null` takes the request and lets it be. */
  readonly faults: readonly (Fault | null)[];
  /** For each of them those that happen to the same response beside it, in the order of `PIPELINE`; left out: none. */
  readonly also?: readonly (readonly Fault[])[];
}

/** How often a client may ask again, how it has to wait, how it has to end. */
export interface Expectation {
  /** The rule that it is about. */
  readonly rule: string;
  /** Repeats of a request that the rule hit. */
  readonly retries?: { readonly min?: number; readonly max?: number };
  /** No repeat before `retry-after` was over. */
  readonly honoursRetryAfter?: boolean;
  /** Each wait before a repeat is at least as long as this. */
  readonly waitsAtLeastMs?: number;
  /** Waits grow from repeat to repeat, where there is no `retry-after`. */
  readonly backsOff?: boolean;
  /** A stream that was cut is asked for again instead of being taken for whole. */
  readonly noticesCut?: boolean;
  /** No more than so many requests reach the rule within its window after it began to fail: a circuit breaker opened. */
  readonly stopsAfter?: number;
  /** How the last attempt of each request ended. */
  readonly endsWith?: "success" | "failure";
}

/** Everything that a rule file says. */
export interface RuleSet {
  /** What its draws start from: the same seed and the same traffic give the same decisions. */
  readonly seed: number | string;
  /** Globs of hosts that may be touched at all; empty: all. */
  readonly targets: readonly string[];
  /** What the targets are where nothing names any: the hosts of the providers that its mixes are for. Left out: none. */
  readonly usualTargets?: readonly string[];
  /** Whether injected responses carry `x-faultwire: <rule>`. */
  readonly marker: boolean;
  /** Whether requests may choose their own fault with that header. */
  readonly header: boolean;
  /** In their order: the first that takes a request decides. */
  readonly rules: readonly Rule[];
  /** What clients are expected to do. */
  readonly expect: readonly Expectation[];
  /** The program under test asks nothing twice by itself: the same request again is a retry. False unless given. */
  readonly asksOnce?: boolean;
  /** Nothing is expected, not even what every client should do. False unless given. */
  readonly expectsNothing?: boolean;
  /**
   * Compiles the regular expressions of its rules. {@link parseRuleFile} gives it where a file has any; a set made by hand
   * takes `compileRegex` of `@faultwire/fault-engine/regex`. Without it a rule with an expression is refused.
   */
  readonly compileRegex?: RegexCompiler;
}

/** A rule set in which nothing is hit. */
export const EMPTY_RULE_SET: RuleSet = {
  seed: 0,
  targets: [],
  marker: true,
  header: false,
  rules: [],
  expect: [],
};
