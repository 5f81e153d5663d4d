import { toolProblems } from "./tools.ts";

/** Ends the run before its first test where a program is missing that was not left out. */
export function setup(): void {
  const problems = toolProblems();
  if (problems.length > 0) throw new Error(`\n${problems.join("\n")}`);
}
