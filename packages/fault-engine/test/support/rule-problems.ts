/** What is wrong with a rule file. */
import { expect } from "vitest";
import { FaultEngineError, parseRuleFile, type RuleProblem } from "../../src/index.ts";

/** The problems of a file; empty where it is taken. */
export function problemsOf(text: string): readonly RuleProblem[] {
  try {
    parseRuleFile(text, "faults.yaml");
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(FaultEngineError);
    expect(error).toHaveProperty("code", "invalid-rules");
    return (error as FaultEngineError).problems;
  }
}

/** `line:column path: message` of each problem. */
export const linesOf = (text: string): string[] =>
  problemsOf(text).map(({ line, column, message }) => `${line}:${column} ${message}`);
