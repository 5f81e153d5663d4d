/** What the banner of `start` says of the mock: whose API it speaks, and which hosts end there all the same. */

/**
 * @param hosts - Names whose connections go to the mock, Anthropic's among them or not.
 * @returns one row; a second one where there are hosts whose own API the mock does not speak.
 */
export function mockRows(url: string, hosts: readonly string[]): readonly (readonly [string, string])[] {
  const others = hosts.filter((host) => !/(?:^|\.)anthropic\.com$/i.test(host));
  const row = ["mock", `${url}  speaks Anthropic's API; stands in for ${hosts.join(", ")}`] as const;
  if (others.length === 0) return [row];
  const note = `${others.join(", ")}: paths of another API are answered 404 there; --real-upstream for the real one`;
  return [row, ["", note]];
}
