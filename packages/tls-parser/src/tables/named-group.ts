import { namedGroups } from "../gen/named-groups.ts";
import { isGrease } from "../grease.ts";
import type { NamedGroupFacts } from "./named-group-facts.ts";

export { NamedGroup } from "../gen/named-groups.ts";

/**
 * What is known of a group; undefined for numbers that name none.
 *
 * @example `namedGroupFacts(0x11ec)?.postQuantum` is true: X25519MLKEM768.
 */
export function namedGroupFacts(group: number): NamedGroupFacts | undefined {
  return namedGroups[group];
}

/**
 * The IANA name of a group, `GREASE` for reserved ones, undefined for any other number.
 *
 * @example `namedGroupName(29)` is `"x25519"`.
 */
export function namedGroupName(group: number): string | undefined {
  return namedGroups[group]?.name ?? (isGrease(group) ? "GREASE" : undefined);
}
