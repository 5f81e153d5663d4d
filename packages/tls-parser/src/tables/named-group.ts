import { namedGroups } from "../gen/named-groups.ts";
import { isGrease } from "../grease.ts";

export { NamedGroup } from "../gen/named-groups.ts";

/** What a group's registration says about it. */
export interface NamedGroupFacts {
  /** The IANA name. */
  readonly name: string;
  /** `hybrid`: an elliptic curve and ML-KEM (or Kyber) together. */
  readonly family: "elliptic-curve" | "finite-field" | "ml-kem" | "hybrid";
  /** Whether it is meant to resist a quantum computer. */
  readonly postQuantum: boolean;
  /** Bytes of a client's `key_exchange` in TLS 1.3; undefined where the group has none there. */
  readonly clientShareBytes?: number;
  /** Bytes of a server's `key_exchange` in TLS 1.3; undefined where the group has none there. */
  readonly serverShareBytes?: number;
}

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
