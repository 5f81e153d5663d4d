/** One header line as it stood on the wire: name in its own case, value without the white space around it. */
export type Header = readonly [name: string, value: string];

/**
 * Every value of the header `name`, in wire order.
 *
 * @param name - Compared without regard to case (RFC 9110 §5.1).
 * @example
 * ```ts
 * headerValues([["Via", "a"], ["via", "b"]], "via"); // ["a", "b"]
 * ```
 */
export function headerValues(headers: readonly Header[], name: string): string[] {
  const wanted = name.toLowerCase();
  const values: string[] = [];
  for (const [found, value] of headers)
    if (found.length === wanted.length && found.toLowerCase() === wanted) values.push(value);
  return values;
}

/**
 * The first value of the header `name`, or `undefined`; case does not count.
 *
 * @example
 * ```ts
 * headerValue([["Retry-After", "2"]], "retry-after"); // "2"
 * ```
 */
export function headerValue(headers: readonly Header[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [found, value] of headers)
    if (found.length === wanted.length && found.toLowerCase() === wanted) return value;
  return undefined;
}

/**
 * The members of a comma-separated header over all its lines, in lower case, without empty ones (RFC 9110 §5.6.1).
 *
 * @example
 * ```ts
 * headerTokens([["Connection", "keep-alive, Upgrade"]], "connection"); // ["keep-alive", "upgrade"]
 * ```
 */
export function headerTokens(headers: readonly Header[], name: string): string[] {
  if (headerValue(headers, name) === undefined) return [];
  return headerValues(headers, name).flatMap((value) =>
    value
      .split(",")
      .map((member) => member.trim().toLowerCase())
      .filter((member) => member !== ""),
  );
}
