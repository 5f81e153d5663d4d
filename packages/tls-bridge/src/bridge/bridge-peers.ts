/** Words for the two peers of a bridge, and who we are toward them. */

/** A peer of the bridge: the program's end (`client`), the upstream's end (`server`). */
export type BridgeSide = "client" | "server";

/** The versions that a bridge speaks. */
export type BridgeVersion = "TLSv1.2" | "TLSv1.3";

/** Kinds of keys for identities, by what the client can verify. */
export type IdentityKeyType = "ecdsa-p256" | "rsa-2048";

/** Who we are toward the client. */
export interface ServerIdentity {
  /** The leaf first, then its issuers. */
  readonly certificateChainPem: string;
  /** Secret. PKCS #8 PEM. */
  privateKeyPem(): string;
  /** A cipher list of OpenSSL whose `@SECLEVEL` is needed for this identity to be served at all. */
  readonly ciphers?: string | undefined;
}
