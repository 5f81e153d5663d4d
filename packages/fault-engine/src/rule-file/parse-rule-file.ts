import { maskKeys } from "../events/mask-secrets.ts";
import { FaultEngineError, type RuleProblem } from "../fault-engine-error.ts";
import { compileRegex } from "../patterns/linear-regex.ts";
import { checkFormats } from "../rules/check-formats.ts";
import { ruleUnit } from "../rules/compile-rule.ts";
import { regexesOf } from "../rules/match-keys.ts";
import { utf8 } from "../text.ts";
import { fileSchema, LEGACY_KEYS, legacySchema, type RuleFile, ruleFileForm } from "./file-schema.ts";
import { type ValuePath, writePath } from "./locate.ts";
import { openYaml } from "./open-yaml.ts";
import { problemText, schemaProblems } from "./problems.ts";

/** Limits of a rule file. */
export const ruleFileLimits = {
  /** Bytes of its text. A file of a million rules would take longer to read than anyone waits. */
  maxBytes: 1_048_576,
  /** Aliases that it may resolve: the defence against a "billion laughs". */
  maxAliases: 100,
} as const;

/** A refused file as one error whose message has a line for every problem. */
function refused(problems: readonly RuleProblem[]): FaultEngineError {
  problems = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new FaultEngineError("invalid-rules", lines.join("\n"), { problems });
}

/**
 * Reads a rule file, YAML or JSON (which is YAML). The old single-rule JSON is known by its keys and means one rule.
 * A file is taken as a whole or not at all; unknown keys are refused by name.
 *
 * @param fileName - Stands in messages only.
 * @throws FaultEngineError `invalid-rules`; its `problems` say for each reason file, line, column, path, what was found
 * and what was expected.
 *
 * @example
 * ```ts
 * const { ruleSet } = parseRuleFile("version: 1\nrules:\n  - name: down\n    fault: { http: { status: 503 } }\n", "faults.yaml");
 * ```
 */
export function parseRuleFile(text: string, fileName: string): RuleFile {
  const problemAt = (line: number, column: number, path: ValuePath, message: string): RuleProblem => ({
    file: fileName,
    line,
    column,
    // Texts of the file stand in both, and somebody may have put a key into it.
    path: maskKeys(writePath(path)),
    message: maskKeys(message),
  });
  const { maxBytes, maxAliases } = ruleFileLimits;
  if (text.length > maxBytes || utf8(text).length > maxBytes)
    throw refused([problemAt(1, 1, [], `a rule file has at most ${maxBytes} bytes`)]);
  const opened = openYaml(text, maxAliases);
  if (opened.kind === "problems")
    throw refused(opened.problems.map(({ line, column, message }) => problemAt(line, column, [], message)));
  const { data, place } = opened;
  const isLegacy = isOldForm(data);
  const outcome = (isLegacy ? legacySchema : fileSchema).safeParse(data);
  if (!outcome.success) {
    const schema = isLegacy
      ? { properties: Object.fromEntries(LEGACY_KEYS.map((key) => [key, {}])) }
      : ruleFileForm();
    throw refused(
      schemaProblems(outcome.error.issues, data, schema).map((problem) => {
        const { line, column } = place(problem.path, problem.key);
        const path = problem.key === undefined ? problem.path : [...problem.path, problem.key];
        return problemAt(line, column, path, problemText(problem));
      }),
    );
  }
  // What a rule is about follows from all of its parts, which no schema of the parts can see.
  const impossible = outcome.data.ruleSet.rules.flatMap((rule, at) => {
    try {
      ruleUnit(rule);
      checkFormats(rule);
      return [];
    } catch (error) {
      const path = ["rules", at];
      const { line, column } = place(path);
      return [problemAt(line, column, path, error instanceof Error ? error.message : String(error))];
    }
  });
  if (impossible.length > 0) throw refused(impossible);
  return withCompiler(outcome.data);
}

/** The set that has expressions brings what compiles them; one without brings nothing. */
function withCompiler(file: RuleFile): RuleFile {
  if (!file.ruleSet.rules.some(({ match }) => regexesOf(match).length > 0)) return file;
  return { ...file, ruleSet: { ...file.ruleSet, compileRegex } };
}

function isOldForm(data: unknown): boolean {
  if (typeof data !== "object" || data === null || "version" in data || "rules" in data) return false;
  return LEGACY_KEYS.some((key) => Object.hasOwn(data, key));
}
