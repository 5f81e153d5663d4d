/**
 * What reads rule files, apart from the rest: it takes a YAML parser and a schema library along, which a start without
 * a file does not need. Import it with `import()`.
 */
import { FaultEngineError, parseRuleFile, type RuleFile, ruleFileLimits } from "@faultwire/fault-engine";
import { inputName, readInput } from "../input-file.ts";
import { RuntimeError } from "../runtime-error.ts";

export { readHeaderFault } from "@faultwire/fault-engine";

/**
 * Reads the text of a rule file; of standard input where the path is `-`.
 *
 * @throws RuntimeError `rules-unreadable`
 */
export async function readRuleText(path: string): Promise<string> {
  try {
    return await readInput(path, ruleFileLimits.maxBytes);
  } catch (cause) {
    throw new RuntimeError("rules-unreadable", `rule file ${(cause as Error).message}`, { cause });
  }
}

/**
 * Parses the text of a rule file, or of the old single-rule JSON.
 *
 * @throws RuntimeError `rules-refused`: every reason, each on a line that begins with its place.
 */
export function readRules(text: string, path: string): RuleFile {
  try {
    return parseRuleFile(text, inputName(path));
  } catch (cause) {
    if (!(cause instanceof FaultEngineError) || cause.problems.length === 0) throw cause;
    const { problems } = cause;
    const lines = problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
    const [first = ""] = lines;
    const message =
      lines.length === 1 ? first : [`${inputName(path)} has ${lines.length} problems`, ...lines].join("\n");
    throw new RuntimeError("rules-refused", message, { cause, problems });
  }
}
