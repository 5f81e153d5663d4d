/** Conditions on texts that many rules share, and tests of requests. */
import { Effort } from "../patterns/effort.ts";
import type { RegexCompiler } from "../patterns/regex-test.ts";
import { PatternList, type TextPattern } from "../patterns/text-pattern.ts";
import type { KnownRequest } from "./facts.ts";

/** The texts that rules ask for most, by the place of their match key; `undefined` where one is not known. */
export type KnownTexts = readonly (string | undefined)[];

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
  share(
    text: number,
    patterns: readonly TextPattern[],
    lowerCase: boolean,
    compileRegex: RegexCompiler,
  ): Condition {
    const key = JSON.stringify([text, lowerCase, patterns]);
    let condition = this.#known.get(key);
    if (condition === undefined) {
      condition = {
        index: this.#known.size,
        text,
        patterns: new PatternList(patterns, lowerCase, compileRegex),
      };
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
  /** What the expressions of the decision at hand may still cost. */
  readonly effort: Effort = new Effort();

  constructor(conditions: number) {
    this.#verdicts = new Uint32Array(conditions);
  }

  /** Forgets everything: another request. */
  begin(): void {
    this.effort.begin();
    this.#request += 2;
    if (this.#request < 0xffff_fffe) return;
    this.#request = 2;
    this.#verdicts.fill(0);
  }

  holds({ index, text, patterns }: Condition, texts: KnownTexts): boolean {
    const verdict = this.#verdicts[index]!;
    if (verdict >= this.#request) return verdict > this.#request;
    const known = texts[text];
    const isTrue = known !== undefined && patterns.matches(known, this.effort);
    this.#verdicts[index] = isTrue ? this.#request + 1 : this.#request;
    return isTrue;
  }
}

/** What else a request has to be. */
export type Test = (request: KnownRequest, effort: Effort) => boolean;

/** Whether a rule's conditions hold; a text that is not known matches nothing. */
export function holds(conditions: readonly Condition[], texts: KnownTexts, judged: Judged): boolean {
  for (let at = 0; at < conditions.length; at++) if (!judged.holds(conditions[at]!, texts)) return false;
  return true;
}

/** Whether all tests of a list hold. */
export function allHold(tests: readonly Test[], request: KnownRequest, effort: Effort): boolean {
  for (const test of tests) if (!test(request, effort)) return false;
  return true;
}
