import { FaultEngineError } from "../fault-engine-error.ts";
import type { Effort } from "./effort.ts";

/** A compiled expression. */
export interface RegexTest {
  /**
   * Whether the expression matches anywhere in the text. False, too, where that would take more steps than are left: the
   * effort says so.
   *
   * @param effort - Of the decision; default one of its own.
   */
  (text: string, effort?: Effort): boolean;
  /** Its states; a character of the text costs a step for each. */
  readonly states: number;
}

/**
 * Compiles a regular expression. The engine is given one with the rules that have expressions, and does not import the one
 * that there is: that is three quarters of a page's code, and most rules have none.
 *
 * @throws FaultEngineError `invalid-pattern`.
 */
export type RegexCompiler = (source: string) => RegexTest;

/** For rules that came without a compiler. */
export const refuseRegex: RegexCompiler = (source) => {
  throw new FaultEngineError(
    "invalid-pattern",
    `no compiler for the regular expression ${JSON.stringify(source)}: the rule set has no compileRegex; ` +
      "parseRuleFile gives it, or take it from @faultwire/fault-engine/regex",
  );
};
