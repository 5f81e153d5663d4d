import { type Document, LineCounter, parseDocument, type YAMLError } from "yaml";
import { FaultEngineError, type RuleProblem } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import { ruleUnit } from "../rules/compile-rule.ts";
import { utf8 } from "../text.ts";
import { faultSchema } from "./fault-schema.ts";
import { fileSchema, LEGACY_KEYS, legacySchema, type RuleFile, ruleFileJsonSchema } from "./file-schema.ts";
import { readPresetName } from "./http-fault-schema.ts";
import { locate, type ValuePath, writePath } from "./locate.ts";
import { type SchemaProblem, schemaProblems } from "./problems.ts";

/** Bytes of a rule file. A file of a million rules would take longer to read than anyone waits. */
const MAX_RULE_FILE_BYTES = 1_048_576;
/** Aliases that a file may resolve: the defence against a "billion laughs". */
const MAX_ALIASES = 100;

/** A refused file as one error whose message has a line for every problem. */
function refused(problems: readonly RuleProblem[]): FaultEngineError {
  problems = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new FaultEngineError("invalid-rules", lines.join("\n"), { problems });
}

/** Values that may be somebody's secret are named by their type alone. */
function describe(value: unknown, path: ValuePath): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (path.some((step) => step === "headers" || step === "body" || step === "error_body"))
    return `a ${typeof value}`;
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function messageOf({ path, key, found, expected }: SchemaProblem): string {
  if (key !== undefined) return `${writePath([...path, key])}: ${expected}`;
  const place = path.length === 0 ? "" : `${writePath(path)}: `;
  return `${place}found ${describe(found, path)}, ${expected}`;
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
    path: writePath(path),
    message,
  });
  if (text.length > MAX_RULE_FILE_BYTES || utf8(text).length > MAX_RULE_FILE_BYTES)
    throw refused([problemAt(1, 1, [], `a rule file has at most ${MAX_RULE_FILE_BYTES} bytes`)]);
  const lines = new LineCounter();
  const document = readDocument(text, lines);
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    throw refused(
      faults.map((fault) => {
        const { line, col } = lines.linePos(fault.pos[0]);
        return problemAt(line, col, [], yamlProblem(fault));
      }),
    );
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    throw refused([problemAt(1, 1, [], `more than ${MAX_ALIASES} aliases, or one to nothing`)]);
  }
  const isLegacy = isOldForm(data);
  const outcome = (isLegacy ? legacySchema : fileSchema).safeParse(data);
  if (!outcome.success) {
    const schema = isLegacy
      ? { properties: Object.fromEntries(LEGACY_KEYS.map((key) => [key, {}])) }
      : ruleFileJsonSchema();
    throw refused(
      schemaProblems(outcome.error.issues, data, schema).map((problem) => {
        const { line, column } = locate(document, lines, problem.path, problem.key);
        const path = problem.key === undefined ? problem.path : [...problem.path, problem.key];
        return problemAt(line, column, path, messageOf(problem));
      }),
    );
  }
  // What a rule is about follows from all of its parts, which no schema of the parts can see.
  const impossible = outcome.data.ruleSet.rules.flatMap((rule, at) => {
    try {
      ruleUnit(rule);
      return [];
    } catch (error) {
      const path = ["rules", at];
      const { line, column } = locate(document, lines, path);
      return [problemAt(line, column, path, error instanceof Error ? error.message : String(error))];
    }
  });
  if (impossible.length > 0) throw refused(impossible);
  return outcome.data;
}

/** Reads YAML and says nothing to the process: what is wrong stands in the document. */
function readDocument(text: string, lineCounter?: LineCounter): Document.Parsed {
  const options = { prettyErrors: false, version: "1.2", logLevel: "error" } as const;
  return parseDocument(text, lineCounter === undefined ? options : { ...options, lineCounter });
}

/** The reader's words, but where they speak to programmers. */
function yamlProblem({ code, message }: YAMLError): string {
  return code === "MULTIPLE_DOCS" ? "expected one document, found a second" : `not YAML or JSON: ${message}`;
}

function isOldForm(data: unknown): boolean {
  if (typeof data !== "object" || data === null || "version" in data || "rules" in data) return false;
  return LEGACY_KEYS.some((key) => Object.hasOwn(data, key));
}

/**
 * Reads the value of an `x-faultwire` request header: `none`, the name of a preset (`anthropic/overloaded_error`), or a
 * fault in the file's form (`{"http":{"status":503}}`). What can't be read becomes an answer that says so: a test that
 * steers itself must not pass because of a slip of the pen.
 *
 * @returns `null` for `none`.
 */
export function readHeaderFault(value: string): Fault | null {
  if (value === "none") return null;
  if (readPresetName(value) !== undefined) return plainError({ preset: value });
  const outcome = faultSchema.safeParse(headerData(value));
  if (outcome.success) return outcome.data;
  const message = "x-faultwire: expected none, <provider>/<error>, or a fault such as {http: {status: 503}}";
  return plainError({ status: 400, body: `${message}\n` });
}

/** What a header's text holds; `undefined` where it can't be read, an alias included. */
function headerData(value: string): unknown {
  const document = readDocument(value);
  if (document.errors.length > 0) return undefined;
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

function plainError(given: {
  readonly preset?: string;
  readonly status?: number;
  readonly body?: string;
}): Fault {
  return {
    kind: "http.error",
    delay: null,
    answer: {
      preset: given.preset ?? null,
      status: given.status ?? null,
      message: null,
      body: given.body ?? null,
      headers: [],
      retryAfterSeconds: null,
    },
  };
}
