/** Header fields as name and value, names in lower case, in order. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const VISIBLE = /^[\t\x20-\x7e]*$/;

/** Node's flat list of names and values as pairs with names in lower case. */
export function pairsOf(raw: readonly string[]): HeaderList {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2)
    pairs.push([raw[at]?.toLowerCase() ?? "", raw[at + 1] ?? ""]);
  return pairs;
}

/** One value per name, the last one: what the host keeps of repeated fields when it copies them. */
export function lastOfEach(headers: HeaderList): HeaderList {
  return [...new Map(headers)];
}

/** The first value of a field. */
export function fieldValue(headers: HeaderList, name: string): string | undefined {
  return headers.find(([field]) => field === name)?.[1];
}

/** The list without a field. */
export function without(headers: HeaderList, name: string): HeaderList {
  return headers.filter(([field]) => field !== name);
}

/** A value as plugins are shown it: the empty string when it holds anything but visible ASCII. */
export function shownValue(value: string): string {
  return VISIBLE.test(value) ? value : "";
}

/** Whether a name or value would be refused by the host's HTTP library; says which. */
export function invalidField(headers: HeaderList): "name" | "value" | undefined {
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) return "name";
    if (!VALUE.test(value)) return "value";
  }
  return undefined;
}

/** `content-type` → `Content-Type`: how the host writes the names of a response to its client. */
export function titleCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
