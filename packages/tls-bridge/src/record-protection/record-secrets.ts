import type { RecordProtectionSuite } from "./record-protection-suite.ts";

/** What protects one direction of a TLS 1.3 connection. */
export interface Tls13RecordSecrets {
  readonly version: "TLSv1.3";
  /** How records are protected. */
  readonly suite: RecordProtectionSuite;
  /** Any traffic secret of the key schedule (RFC 8446 section 7.1), as key logs have it; `suite.hashBytes` long. */
  readonly trafficSecret: Uint8Array;
  /** Records that this secret has protected before; 0 unless given. */
  readonly sequenceNumber?: number;
}

/** What protects one direction of a TLS 1.2 connection. */
export interface Tls12RecordSecrets {
  readonly version: "TLSv1.2";
  /** How records are protected. */
  readonly suite: RecordProtectionSuite;
  /** 48 bytes, extended (RFC 7627) or not; the `CLIENT_RANDOM` line of a key log has it. */
  readonly masterSecret: Uint8Array;
  /** 32 bytes of the ClientHello. */
  readonly clientRandom: Uint8Array;
  /** 32 bytes of the ServerHello. */
  readonly serverRandom: Uint8Array;
  /** Who sends in this direction. */
  readonly side: "client" | "server";
  /** Records that were protected since ChangeCipherSpec; 0 unless given. Behind a Finished it is 1. */
  readonly sequenceNumber?: number;
}

/** What a sealer or an opener is made from: everything that protects one direction of one connection. */
export type RecordSecrets = Tls13RecordSecrets | Tls12RecordSecrets;
