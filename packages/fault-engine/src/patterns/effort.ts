/** What the regular expressions of one decision may cost. */

/** Limits of expressions. A client chooses the text that they are tried on. */
export const effortLimits = {
  /**
   * Steps of all expressions of one decision: states of the expression times characters of the text. RE2's automata take
   * some 5 to 16 ns a step on a machine of 2025, so that no decision takes more than about 20 ms.
   */
  maxSteps: 1_250_000,
} as const;

/** Counts the steps of a decision before they are taken. Made once and begun anew: requests come by thousands. */
export class Effort {
  #left: number = effortLimits.maxSteps;
  #isExceeded = false;

  /** Another decision. */
  begin(): void {
    this.#left = effortLimits.maxSteps;
    this.#isExceeded = false;
  }

  /** Whether an expression was not tried in this decision. */
  get isExceeded(): boolean {
    return this.#isExceeded;
  }

  /** Steps that this decision has taken. */
  get spent(): number {
    return effortLimits.maxSteps - this.#left;
  }

  /** Takes steps from what is left. @returns false where there are not so many: then none is to be taken. */
  spend(steps: number): boolean {
    if (steps > this.#left) {
      this.#isExceeded = true;
      return false;
    }
    this.#left -= steps;
    return true;
  }
}
