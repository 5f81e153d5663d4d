/** What opening HTTPS takes: certificates for clients, and whom to believe upstream. */
import type { CertificateDefect } from "@faultwire/fault-engine";

/** A certificate with its key, to be shown to a client. */
export interface ServerIdentity {
  /** The certificate and its issuers, PEM, without the root. */
  readonly certificateChainPem: string;
  /** What `ciphers` has to be for OpenSSL to serve it; undefined for all but deliberately weak ones. */
  readonly ciphers?: string | undefined;
  /** Secret. PKCS #8, PEM. */
  privateKeyPem(): string;
}

/** Whoever issues certificates for targets. */
export interface InterceptionAuthority {
  identityFor(host: string, keyType: "ecdsa-p256" | "rsa-2048"): Promise<ServerIdentity>;
  /** Whether it may stand for a host at all; for every one unless given. */
  permits?(host: string): boolean;
  /** One that a correct client refuses, for exactly this reason. */
  identityForDefect(defect: CertificateDefect, host: string): Promise<ServerIdentity>;
}

/** Which upstreams are believed, beyond those that the system's roots vouch for. */
export interface UpstreamTrust {
  /** CA certificates, PEM. */
  readonly caPem: readonly string[];
  /** Believes everybody. Whoever stands between here and there reads requests and keys. */
  readonly insecure: boolean;
}
