/** How a suite agrees on keys; `any` in TLS 1.3, where the suite doesn't say. `dh` and `ecdh` are the static forms. */
export type KeyExchange =
  | "any"
  | "rsa"
  | "rsa_export"
  | "rsa_psk"
  | "dh"
  | "dh_anon"
  | "dhe"
  | "dhe_psk"
  | "ecdh"
  | "ecdh_anon"
  | "ecdhe"
  | "ecdhe_psk"
  | "eccpwd"
  | "gost"
  | "krb5"
  | "null"
  | "psk"
  | "srp";

/** How a suite has the server prove who it is; `any` in TLS 1.3, where the suite doesn't say. */
export type Authentication =
  | "any"
  | "anon"
  | "dss"
  | "ecdsa"
  | "gost"
  | "krb5"
  | "null"
  | "password"
  | "psk"
  | "rsa";

/** What a cipher suite's registration says about it. */
export interface CipherSuiteFacts {
  /** The IANA name. */
  readonly name: string;
  /** How the parties agree on a secret. */
  readonly keyExchange: KeyExchange;
  /** How the server proves who it is. */
  readonly authentication: Authentication;
  /** The record cipher as the name has it: `AES_128_GCM`, `CHACHA20_POLY1305`, `NULL`. */
  readonly cipher: string;
  /** Bits of the record cipher's key; 0 where nothing is encrypted, 40 and 56 for the export suites of old. */
  readonly keyBits: number;
  /** Whether records are protected by an AEAD; else by a cipher and a MAC, or by a MAC alone. */
  readonly aead: boolean;
  /** The handshake's hash for AEAD suites, the records' MAC for the others. */
  readonly hash: "md5" | "sha1" | "sha256" | "sha384" | "sha512" | "sm3" | "streebog256" | "null";
  /** The oldest version that may negotiate it. */
  readonly minVersion: number;
  /** The newest version that may negotiate it. */
  readonly maxVersion: number;
}
