import type { z } from "zod";
import { maskKeys } from "../events/mask-secrets.ts";
import { type ValuePath, writePath } from "./locate.ts";
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

/** A reason in a sentence: where, what was found, what was expected. */
export function problemText({ path, key, found, expected }: SchemaProblem): string {
  if (key !== undefined) return `${writePath([...path, key])}: ${expected}`;
  const place = path.length === 0 ? "" : `${writePath(path)}: `;
  // Where one key of several was expected, the keys that were found say which one is too many.
  const words = /^expected (?:one|no) /.test(expected) ? keysWords(found) : undefined;
  return `${place}found ${words ?? foundWords(found, path)}, ${expected}`;
}

/** The keys of an object, three at the most; `undefined` for what has none. */
function keysWords(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const keys = Object.keys(value);
  if (keys.length === 0) return undefined;
  const named = keys.slice(0, 3).map((key) => foundWords(key, []).slice(1, -1));
  return `an object with ${named.join(", ")}${keys.length > 3 ? " …" : ""}`;
}

type Issue = z.core.$ZodIssue;

/** What was found, in words. Values that may be somebody's secret are named by their type alone. */
export function foundWords(value: unknown, path: ValuePath): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (path.some((step) => step === "headers" || step === "body" || step === "error_body"))
    return `a ${typeof value}`;
  // Masked before it is cut: of a key that was cut nobody sees any more that it is one.
  const text = maskKeys(JSON.stringify(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

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
  if (issue.code === "too_small" || issue.code === "too_big") return `expected ${boundWords(issue)}`;
  if (issue.code === "invalid_value") return `expected ${issue.values.map(String).join(", ")}`;
  return issue.message;
}

/** What a value may be at the least or at the most: of a number its size, of a text or a list its length. */
function boundWords(issue: Extract<Issue, { code: "too_small" | "too_big" }>): string {
  const isLeast = issue.code === "too_small";
  const bound = isLeast ? issue.minimum : issue.maximum;
  const words = isLeast ? `${bound} or more` : `${bound} or less`;
  if (issue.origin === "string")
    return isLeast && bound === 1 ? "a text that is not empty" : `a text of ${words} characters`;
  if (issue.origin === "array" || issue.origin === "set")
    return isLeast && bound === 1 ? "a list that is not empty" : `a list of ${words}`;
  return `a number, ${words}`;
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
    return issue.values.filter((value) => typeof value === "string") as string[];
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
