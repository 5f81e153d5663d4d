import type { Header } from "@faultwire/http1";
import { z } from "zod";
import { responseHeaderFault, responseHeaderLimits } from "../answers/response-headers.ts";
import type { HeaderChanges } from "../faults/http-faults.ts";
import { didYouMean, nearNames } from "./near-names.ts";

const VALUE = "expected a text, a number, true or false; or a list of them, for several fields";
const headerText = z.union([z.string(), z.number(), z.boolean()], { error: VALUE });
const headerValue = z.union([headerText, z.array(headerText).min(1)], { error: VALUE });
type HeaderValue = z.output<typeof headerValue>;

/** Says what is wrong, at a key below the value that is read. */
type Tell = (key: string, message: string) => void;

/** The fields that a map of names and values means. */
function fieldsOf(record: Readonly<Record<string, HeaderValue>>, tell: Tell): Header[] {
  const spelled = new Map<string, string>();
  return Object.entries(record).flatMap(([name, given]) => {
    const fields = (Array.isArray(given) ? given : [given]).map((value): Header => [name, String(value)]);
    const lower = name.toLowerCase();
    const other = spelled.get(lower);
    const message = fields.map(refusal).find((fault) => fault !== undefined);
    if (message !== undefined) tell(name, message);
    else if (other !== undefined)
      tell(
        name,
        `expected each name once: ${other} is the same header; a list of values makes several fields`,
      );
    spelled.set(lower, name);
    return fields;
  });
}

function refusal(field: Header): string | undefined {
  const { maxValueLength } = responseHeaderLimits;
  if (field[1].length > maxValueLength)
    return `expected a value of ${maxValueLength} characters at the most (responseHeaderLimits.maxValueLength)`;
  return responseHeaderFault(field);
}

/** Why these are too many fields, or too long together; `undefined` where they are not. */
function tooMuch(fields: readonly Header[]): string | undefined {
  const { maxFields, maxLength } = responseHeaderLimits;
  if (fields.length > maxFields)
    return `expected ${maxFields} fields at the most, ${fields.length} are there (responseHeaderLimits.maxFields)`;
  const length = fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return length > maxLength
    ? `expected ${maxLength} characters of names and values at the most, ${length} are there (responseHeaderLimits.maxLength)`
    : undefined;
}

/** Headers of a response, by name; a list of values makes several fields. */
export const responseHeaders: z.ZodType<readonly Header[]> = z
  .record(z.string(), headerValue)
  .transform((record, context) => {
    const tell: Tell = (key, message) => context.addIssue({ code: "custom", path: [key], message });
    for (const word of changeKeys)
      if (Object.hasOwn(record, word))
        tell(word, "expected headers by name; add, replace and remove are words of http.headers");
    const fields = fieldsOf(record, tell);
    const message = tooMuch(fields);
    if (message !== undefined) context.addIssue({ code: "custom", message });
    return fields;
  });

const changeKeys = ["add", "replace", "remove"] as const;
type ChangeKey = (typeof changeKeys)[number];

/** Words that other programs have for the three. */
const otherWords: ReadonlyMap<string, ChangeKey> = new Map<string, ChangeKey>(
  Object.entries({
    ...{ append: "add", insert: "add", put: "add" },
    ...{ set: "replace", change: "replace", overwrite: "replace", override: "replace", update: "replace" },
    ...{ delete: "remove", del: "remove", drop: "remove", unset: "remove", without: "remove" },
  } satisfies Readonly<Record<string, ChangeKey>>),
);

/** Why a key is no header but a slip of the pen; `undefined` where it is a header. */
function slip(key: string): string | undefined {
  // None of the words has a hyphen; headers of one's own begin with x-.
  const meant = key.includes("-")
    ? undefined
    : (otherWords.get(key.toLowerCase()) ?? nearNames(key, changeKeys)[0]);
  return meant === undefined
    ? undefined
    : `expected add, replace, remove, or a header's name${didYouMean([meant])}; a header of this name stands below replace`;
}

/** A header beside the three words. */
const plainValue = z.union([headerText, z.array(headerText).min(1)], {
  error: ({ path }) => slip(String(path?.at(-1))) ?? VALUE,
});
const fieldMap = z.record(z.string(), headerValue);
const NAMES = "expected a header's name, or a list of them";

/**
 * What becomes of a response's headers: `add`, `replace` and `remove`, or, short for `replace`, the headers themselves.
 * A header whose name is one of these three words, or nearly one, can be written below `replace` alone.
 */
export const headerChanges: z.ZodType<HeaderChanges> = z
  .object({
    add: fieldMap.optional(),
    replace: fieldMap.optional(),
    remove: z
      .union([z.string(), z.array(z.string()).min(1)], { error: NAMES })
      .transform((names) => (typeof names === "string" ? [names] : names))
      .optional(),
  })
  .catchall(plainValue)
  .transform((given, context): HeaderChanges => {
    const { add, replace, remove, ...plain } = given;
    const issue = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path: [...path], message });
    const isLong = add !== undefined || replace !== undefined || remove !== undefined;
    const keys = Object.keys(plain);
    const [stray] = keys;
    const slips = keys
      .map((key) => ({ key, message: slip(key) }))
      .filter(({ message }) => message !== undefined);
    for (const { key, message = "" } of slips) issue([key], message);
    if (isLong && stray !== undefined && slips.length === 0)
      issue(
        [stray],
        `expected no header beside ${changeKeys.join(", ")}: a header that is set stands below replace`,
      );
    const short = isLong ? {} : plain;
    const added = fieldsOf(add ?? {}, (key, message) => issue(["add", key], message));
    const replaced = fieldsOf(replace ?? short, (key, message) =>
      issue(isLong ? ["replace", key] : [key], message),
    );
    const removed = namesOf(remove ?? [], (at, message) => issue(["remove", at], message));
    const changes = { add: added, replace: replaced, remove: removed };
    const contradiction = contradictionIn(changes);
    if (contradiction !== undefined) issue([], contradiction);
    const message = tooMuch([...added, ...replaced, ...removed.map((name): Header => [name, ""])]);
    if (message !== undefined) issue([], message);
    return changes;
  });

/** Names in lower case. */
function namesOf(names: readonly string[], tell: (at: number, message: string) => void): readonly string[] {
  const found = new Set<string>();
  for (const [at, name] of names.entries()) {
    const lower = name.toLowerCase();
    const message = responseHeaderFault([name, ""]);
    if (message !== undefined) tell(at, message);
    else if (found.has(lower)) tell(at, `expected each name once: ${lower} is there before`);
    found.add(lower);
  }
  return [...found];
}

/** What contradicts: one name in two of the three. */
function contradictionIn({ add, replace, remove }: HeaderChanges): string | undefined {
  const names = (fields: readonly Header[]): string[] => fields.map(([name]) => name.toLowerCase());
  const [added, replaced, removed] = [names(add), new Set(names(replace)), new Set(remove)];
  const both = added.find((name) => removed.has(name)) ?? [...replaced].find((name) => removed.has(name));
  if (both !== undefined)
    return `expected no ${both} below ${added.includes(both) ? "add" : "replace"} and below remove: take one of them away`;
  const twice = added.find((name) => replaced.has(name));
  return twice === undefined
    ? undefined
    : `expected no ${twice} below add and below replace: write a list of its values below replace`;
}

/** Whether these change nothing. */
export const changesNothing = ({ add, replace, remove }: HeaderChanges): boolean =>
  add.length + replace.length + remove.length === 0;
