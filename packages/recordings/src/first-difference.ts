/** Where two bodies begin to differ, in words. */

/** The place: a path of JSON where both are JSON, else a byte. Values are not shown: they may be secret. */
export function firstDifference(one: Uint8Array, other: Uint8Array): string {
  const [first, second] = [parsed(one), parsed(other)];
  if (first && second) {
    const path = pathOf(first.value, second.value);
    if (path !== undefined) return path;
  }
  return `byte ${likeness(one, other)}`;
}

/** How many bytes are the same until the first that is not. */
export function likeness(one: Uint8Array, other: Uint8Array): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one[at] === other[at]) at++;
  return at;
}

/** Of some bodies the one that is the same as another for the most bytes; of several, the first. */
export function nearestOf(bodies: readonly Uint8Array[], other: Uint8Array): Uint8Array | undefined {
  let [nearest] = bodies;
  let best = nearest ? likeness(nearest, other) : 0;
  for (const body of bodies) {
    // Most of many are as far: the byte that decides tells it.
    if (body[best] !== other[best] || best >= other.length) continue;
    const length = likeness(body, other);
    if (length > best) [nearest, best] = [body, length];
  }
  return nearest;
}

function parsed(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(Buffer.from(bytes).toString("utf8")) };
  } catch {
    return undefined;
  }
}

/** How deep is looked. */
const mostSteps = 64;

function pathOf(one: unknown, other: unknown): string | undefined {
  let path = "$";
  let [a, b] = [one, other];
  for (let steps = 0; steps < mostSteps; steps++) {
    if (!isNested(a) || !isNested(b) || Array.isArray(a) !== Array.isArray(b))
      return a === b ? undefined : path;
    const [left, right] = [a, b];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    const key = keys.find((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
    if (key === undefined) return undefined;
    path += Array.isArray(a) ? `[${key}]` : `.${key}`;
    [a, b] = [left[key], right[key]];
  }
  return path;
}

const isNested = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
