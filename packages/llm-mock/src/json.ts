/** A JSON object of which nothing is known yet. */
export type JsonObject = { readonly [key: string]: unknown };

/** Whether a JSON value is an object. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The objects of a list; nothing for what is no list. */
export const objectsIn = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** A text, or "" for anything else. */
export const textOr = (value: unknown): string => (typeof value === "string" ? value : "");

/** The JSON object that a body holds; `undefined` where it is not UTF-8, no JSON or no object. */
export function parseObject(body: Uint8Array | string): JsonObject | undefined {
  try {
    const text = typeof body === "string" ? body : new TextDecoder("utf-8", { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The first key that is not among those known. */
export const unknownKey = (fields: JsonObject, known: ReadonlySet<string>): string | undefined =>
  Object.keys(fields).find((name) => !known.has(name));

/** Whether a value is a list whose items all pass. */
export const isListOf = (value: unknown, holds: (item: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(holds);
