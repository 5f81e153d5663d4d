/**
 * What reads rule files, apart from the rest: it takes a YAML parser and a schema library along, which a start without
 * a file does not need. Import it with `import()`.
 */
import { readFile } from "node:fs/promises";
import { FaultEngineError, parseRuleFile, type RuleFile, type RuleProblem } from "@faultwire/fault-engine";
import { UsageError } from "../usage-error.ts";

export { readHeaderFault } from "@faultwire/fault-engine";

/** A rule file that was refused: every reason, each on a line that begins with its place. */
export class RefusedFile extends UsageError {
  readonly problems: readonly RuleProblem[];

  constructor(path: string, problems: readonly RuleProblem[]) {
    const lines = problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
    super(
      lines.length === 1 ? (lines[0] ?? "") : [`${path} has ${lines.length} problems`, ...lines].join("\n"),
    );
    this.problems = problems;
  }
}

/** Reads a file as text. @throws {@link UsageError} */
export async function readTextFile(path: string, what: string, flag: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `${what} ${path} can't be read (${(error as NodeJS.ErrnoException).code}); check ${flag}`,
    );
  }
}

/** Parses the text of a rule file, or of the old single-rule JSON. @throws {@link RefusedFile} */
export function readRules(text: string, path: string): RuleFile {
  try {
    return parseRuleFile(text, path);
  } catch (error) {
    if (error instanceof FaultEngineError && error.problems.length > 0)
      throw new RefusedFile(path, error.problems);
    throw error;
  }
}
