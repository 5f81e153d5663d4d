/** An input as edits of JSON that is right: mutated text seldom stays JSON, and an edit always does. */

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What is put in place of a value. The last ones are written as they stand: no value of JavaScript is written so. */
const values: readonly Json[] = [
  ...[null, true, false, 0, 1, -1, 1.5, 1e308, -0.001, 2 ** 53, "", "x", "0", " \u0000\uD800"],
  ...[[], {}, [[]], [{}], { a: null }],
];
const asWritten = ["1e400", "-1e400", '"\\ud800"', "-0", '{"__proto__":{}}'];

/** Where values stand: what holds each, and by what name. */
function placesIn(value: Json, found: { holder: Json[] | { [name: string]: Json }; key: string }[] = []) {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push({ holder: value, key });
    placesIn((value as { [name: string]: Json })[key]!, found);
  }
  return found;
}

/** How many edits there are of one place. */
const kinds = values.length + asWritten.length + 3;

/** Each edit of each place: what {@link edited} makes one change of. */
export function everyEdit(right: unknown): Uint8Array[] {
  const places = placesIn({ it: JSON.parse(JSON.stringify(right)) as Json });
  return places.flatMap((_place, at) => Array.from({ length: kinds }, (_, what) => Uint8Array.of(at, what)));
}

/** A text of JSON in which each pair of bytes has replaced, left out, or doubled one value. */
export function edited(right: unknown, edits: Uint8Array): string {
  const json = { it: JSON.parse(JSON.stringify(right)) as Json };
  for (let at = 0; at + 1 < edits.length && at < 12; at += 2) {
    const places = placesIn(json);
    const place = places[edits[at]! % places.length];
    if (!place) break;
    const { holder, key } = place;
    const fields = holder as { [name: string]: Json };
    const what = edits[at + 1]! % kinds;
    if (what < values.length) fields[key] = structuredClone(values[what]!);
    else if (what < values.length + asWritten.length) fields[key] = `as written ${what - values.length}`;
    else if (what === values.length + asWritten.length) delete fields[key];
    else if (Array.isArray(holder)) holder.push(structuredClone(fields[key] ?? null));
    else fields[`${key}${what}`] = structuredClone(fields[key] ?? null);
  }
  return JSON.stringify(json.it ?? null).replaceAll(
    /"as written (\d)"/g,
    (_, number: string) => asWritten[Number(number)] ?? "0",
  );
}
