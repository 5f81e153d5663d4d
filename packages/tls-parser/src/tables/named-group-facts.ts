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
