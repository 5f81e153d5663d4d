import type { z } from "zod";
import type { ValuePath } from "./locate.ts";

/** One reason for refusing a file, before its place is known. */
export interface SchemaProblem {
  readonly path: ValuePath;
  /** The key at fault, where the fault is the key itself. */
  readonly key: string | undefined;
  /** What was found; `undefined` for a key. */
  readonly found: unknown;
  readonly expected: string;
}

type Issue = z.core.$ZodIssue;

const at = (value: unknown, step: string | number): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, step)
    ? (value as Record<string | number, unknown>)[step]
    : undefined;

const valueAt = (data: unknown, path: ValuePath): unknown => path.reduce(at, data);

const readable = (path: readonly PropertyKey[]): ValuePath =>
  path.map((step) => (typeof step === "number" ? step : String(step)));

/**
 * The alternative of a union that the value was meant to be: the only one that does not fail at its very root. Its
 * problems say more than "none of these".
 */
function meantAlternative(issue: Extract<Issue, { code: "invalid_union" }>): readonly Issue[] | undefined {
  const meant = issue.errors.filter((issues) =>
    issues.every((one) => one.path.length > 0 || one.code === "unrecognized_keys" || one.code === "custom"),
  );
  return meant.length === 1 ? meant[0] : undefined;
}

const EXPECTED_TYPES: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  record: "an object",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function expectation(issue: Issue): string {
  // Messages of our own begin so; the rest are zod's words for what its types check.
  if (issue.message.startsWith("expected ")) return issue.message;
  if (issue.code === "invalid_type") return `expected ${EXPECTED_TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === "invalid_value") return `expected ${issue.values.map(String).join(", ")}`;
  return issue.message;
}

/** Keys that JSON Schema knows at a path, over all alternatives. */
function knownKeys(schema: unknown, path: ValuePath): string[] {
  let nodes: readonly unknown[] = [schema];
  const widen = (list: readonly unknown[]): unknown[] =>
    list.flatMap((node) => {
      const alternatives = at(node, "anyOf");
      return Array.isArray(alternatives) ? [node, ...widen(alternatives)] : [node];
    });
  for (const step of path)
    nodes = widen(nodes).flatMap((node) => {
      const next = typeof step === "number" ? at(node, "items") : at(at(node, "properties"), step);
      return next === undefined ? [] : [next];
    });
  return [
    ...new Set(
      widen(nodes).flatMap((node) => Object.keys((at(node, "properties") as object | undefined) ?? {})),
    ),
  ];
}

/** Edits that turn one text into another, each letter once (Levenshtein 1965); keys are short. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++)
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (one[i] === other[j] ? 0 : 1)));
    row = next;
  }
  return row[other.length]!;
}

function unknownKey(key: string, known: readonly string[]): string {
  if (known.length === 0) return "unknown key";
  const near = known
    .map((name) => ({ name, edits: distance(key.slice(0, 50).toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits)[0];
  const hint = near && near.edits <= Math.ceil(near.name.length / 3) ? ` (did you mean ${near.name}?)` : "";
  return `unknown key${hint}; expected one of ${known.join(", ")}`;
}

/** Every reason why `data` was refused, in the order of the schema. */
export function schemaProblems(issues: readonly Issue[], data: unknown, schema: unknown): SchemaProblem[] {
  return issues.flatMap((issue) => issueProblems(issue, [], data, schema));
}

function issueProblems(issue: Issue, before: ValuePath, data: unknown, schema: unknown): SchemaProblem[] {
  const path = [...before, ...readable(issue.path)];
  if (issue.code === "invalid_union") {
    const meant = meantAlternative(issue);
    if (meant !== undefined) return meant.flatMap((one) => issueProblems(one, path, data, schema));
  }
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => ({ path, key, found: undefined, expected: unknownKey(key, known) }));
  }
  if (issue.code === "invalid_key") {
    const key = String(path.at(-1) ?? "");
    const expected = issue.issues.map((one) => one.message).join("; ");
    return [{ path: path.slice(0, -1), key, found: undefined, expected }];
  }
  const isUnspecific = issue.code === "invalid_type" && !issue.message.startsWith("expected ");
  const keys = isUnspecific && issue.expected === "object" ? knownKeys(schema, path) : [];
  const expected = keys.length > 0 ? `expected an object with ${keys.join(", ")}` : expectation(issue);
  return [{ path, key: undefined, found: valueAt(data, path), expected }];
}
