import type { z } from "zod";
import type { ValuePath } from "./locate.ts";
import { didYouMean, nearNames } from "./near-names.ts";

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
  if (issue.code === "too_small" && issue.origin === "array") return "expected a list that is not empty";
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

/** Known keys that have `key` among their own: a fault without its layer. */
const homesOf = (key: string, known: readonly string[], path: ValuePath, schema: unknown): string[] =>
  known
    .filter((name) => knownKeys(schema, [...path, name]).includes(key))
    .map((name) => `${name}: { ${key}: … }`);

function unknownKey(key: string, path: ValuePath, schema: unknown): string {
  const known = knownKeys(schema, path);
  if (known.length === 0) return "unknown key";
  const near = nearNames(key, known);
  const meant = near.length > 0 ? near : homesOf(key, known, path, schema).slice(0, 2);
  return `unknown key${didYouMean(meant)}; expected one of ${known.join(", ")}`;
}

/** The names of which a value had to be one, over all alternatives. Presets say by themselves which are near. */
function namesOf(issue: Issue): string[] {
  if (issue.code === "invalid_value")
    return issue.values.filter((value) => typeof value === "string" && !value.includes("/")) as string[];
  if (issue.code !== "invalid_union") return [];
  return issue.errors.flat().flatMap((one) => (one.path.length === 0 ? namesOf(one) : []));
}

/**
 * Without what follows from an unknown key: that an object has none of the keys that it needs, or that one around it
 * has.
 */
function withoutEchoes(issues: readonly Issue[]): readonly Issue[] {
  const unknown = issues.filter(({ code }) => code === "unrecognized_keys");
  const isAround = (outer: Issue, inner: Issue): boolean =>
    outer.path.every((step, at) => inner.path[at] === step);
  return issues.filter((issue) => issue.code !== "custom" || !unknown.some((one) => isAround(issue, one)));
}

/** Every reason why `data` was refused, in the order of the schema. */
export function schemaProblems(issues: readonly Issue[], data: unknown, schema: unknown): SchemaProblem[] {
  return withoutEchoes(issues).flatMap((issue) => issueProblems(issue, [], data, schema));
}

function issueProblems(issue: Issue, before: ValuePath, data: unknown, schema: unknown): SchemaProblem[] {
  const path = [...before, ...readable(issue.path)];
  if (issue.code === "invalid_union") {
    const meant = meantAlternative(issue);
    if (meant !== undefined)
      return withoutEchoes(meant).flatMap((one) => issueProblems(one, path, data, schema));
  }
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path,
      key,
      found: undefined,
      expected: unknownKey(key, path, schema),
    }));
  }
  if (issue.code === "invalid_key") {
    const key = String(path.at(-1) ?? "");
    const expected = issue.issues.map((one) => one.message).join("; ");
    return [{ path: path.slice(0, -1), key, found: undefined, expected }];
  }
  const isUnspecific = issue.code === "invalid_type" && !issue.message.startsWith("expected ");
  const keys = isUnspecific && issue.expected === "object" ? knownKeys(schema, path) : [];
  const expected = keys.length > 0 ? `expected an object with ${keys.join(", ")}` : expectation(issue);
  const found = valueAt(data, path);
  const isMeant = typeof found === "string" && !expected.includes("did you mean");
  const hint = isMeant ? didYouMean(nearNames(found, namesOf(issue))) : "";
  return [{ path, key: undefined, found, expected: expected + hint }];
}
