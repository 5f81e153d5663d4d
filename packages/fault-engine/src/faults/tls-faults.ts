import { writeCount } from "../write-count.ts";
import type { FaultRows } from "./fault-row.ts";
import { forTime, PLACES } from "./fault-words.ts";

/** The phases of a handshake at which a TLS fault can strike. */
export type TlsPhase = "client-hello" | "server-hello" | "established";

/** What can be wrong with a certificate on purpose. */
export const CERTIFICATE_DEFECTS = [
  "expired",
  "not-yet-valid",
  "wrong-host",
  "self-signed",
  "untrusted-root",
  "incomplete-chain",
  "weak-key",
  "sha1",
  "not-for-servers",
] as const;
/** One of {@link CERTIFICATE_DEFECTS}. */
export type CertificateDefect = (typeof CERTIFICATE_DEFECTS)[number];

/** Alert descriptions by their names in RFC 8446 §6 and RFC 5246 §7.2, with their numbers. */
export const ALERT_NUMBERS = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed: 21,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  no_certificate: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  export_restriction: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  certificate_unobtainable: 111,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  bad_certificate_hash_value: 114,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const;
/** The RFC name of an alert. */
export type AlertName = keyof typeof ALERT_NUMBERS;

/** What happens to the TLS of a connection. `force` and `refuse` hold a version, a cipher suite or a protocol by name. */
export type TlsFault =
  | {
      readonly kind: "tls.alert";
      /** Name of the alert, as in the registry of TLS alerts. */
      readonly description: AlertName;
      /** Level that the alert states. */
      readonly level: "fatal" | "warning";
      /** When in the handshake or behind it. */
      readonly at: TlsPhase;
    }
  | {
      readonly kind: "tls.certificate";
      /** What is wrong with the certificate that the client is shown. */
      readonly defect: CertificateDefect;
    }
  | {
      readonly kind: "tls.version";
      /** `force`: nothing else is negotiated. `refuse`: it is not negotiated. */
      readonly mode: "force" | "refuse";
      /** Name of the version, the cipher suite or the protocol. */
      readonly value: string;
    }
  | {
      readonly kind: "tls.cipher";
      /** `force`: nothing else is negotiated. `refuse`: it is not negotiated. */
      readonly mode: "force" | "refuse";
      /** Name of the version, the cipher suite or the protocol. */
      readonly value: string;
    }
  | {
      readonly kind: "tls.alpn";
      /** `force`: nothing else is negotiated. `refuse`: it is not negotiated. */
      readonly mode: "force" | "refuse";
      /** Name of the version, the cipher suite or the protocol. */
      readonly value: string;
    }
  | {
      readonly kind: "tls.handshake-stall";
      /** When in the handshake or behind it. */
      readonly at: TlsPhase;
      /** Milliseconds until the handshake goes on; `null` is never. */
      readonly forMs: number | null;
    }
  | {
      readonly kind: "tls.handshake-slow";
      /** Bytes of the handshake that the client gets in a second. */
      readonly bytesPerSecond: number;
    }
  | {
      readonly kind: "tls.bad-mac";
      /** Records that the client has been sent behind the handshake when it happens. */
      readonly afterRecords: number;
    }
  | {
      readonly kind: "tls.oversized-record";
      /** Records that the client has been sent behind the handshake when it happens. */
      readonly afterRecords: number;
    }
  | {
      readonly kind: "tls.garbage";
      /** Records that the client has been sent behind the handshake when it happens. */
      readonly afterRecords: number;
    }
  | {
      readonly kind: "tls.truncate";
      /** Records that the client has been sent behind the handshake when it happens. */
      readonly afterRecords: number;
    };

/** The rows of the tls layer, in the order of the documentation. */
export const tlsRows: FaultRows<TlsFault> = {
  "tls.alert": {
    example: "{ tls: { alert: { description: handshake_failure, level: fatal, at: client-hello } } }",
    doc: "that alert; also just its name",
    describe: (fault) => `the TLS alert ${fault.description} (${fault.level}) ${PLACES[fault.at]}`,
  },
  "tls.certificate": {
    example: "{ tls: { certificate: expired } }",
    doc: "a certificate to be refused: `expired`, `not-yet-valid`, `wrong-host`, `self-signed`, `untrusted-root`, `incomplete-chain`, `weak-key`, `sha1`, `not-for-servers`",
    describe: (fault) => `a certificate that is ${fault.defect}`,
  },
  "tls.version": {
    example: "{ tls: { version: { refuse: TLSv1.3 } } }",
    doc: "no such version; `force` takes none but it",
    describe: (fault) =>
      `${fault.kind.slice(4)} ${fault.value} is ${fault.mode === "force" ? "forced" : "refused"}`,
  },
  "tls.cipher": {
    example: "{ tls: { cipher: { force: TLS_AES_128_GCM_SHA256 } } }",
    doc: "that suite or `handshake_failure`",
    describe: (fault) =>
      `${fault.kind.slice(4)} ${fault.value} is ${fault.mode === "force" ? "forced" : "refused"}`,
  },
  "tls.alpn": {
    example: "{ tls: { alpn: { refuse: http/1.1 } } }",
    doc: "`no_application_protocol`",
    describe: (fault) =>
      `${fault.kind.slice(4)} ${fault.value} is ${fault.mode === "force" ? "forced" : "refused"}`,
  },
  "tls.handshake-stall": {
    example: "{ tls: { handshakeStall: { at: server-hello, for: 10s } } }",
    doc: "a handshake that hangs",
    describe: (fault) => `the handshake stalls ${forTime(fault.forMs)}, ${PLACES[fault.at]}`,
  },
  "tls.handshake-slow": {
    example: "{ tls: { handshakeSlow: { bytesPerSecond: 100 } } }",
    doc: "a handshake that crawls",
    describe: (fault) => `the handshake runs at ${writeCount(fault.bytesPerSecond, "byte")} a second`,
  },
  "tls.bad-mac": {
    example: "{ tls: { badMac: { afterRecords: 3 } } }",
    doc: "a record that does not verify",
    describe: (fault) =>
      `a record that can't be decrypted, after ${writeCount(fault.afterRecords, "record")}`,
  },
  "tls.oversized-record": {
    example: "{ tls: { oversizedRecord: { afterRecords: 3 } } }",
    doc: "a record over 16 KiB",
    describe: (fault) => `a record over the allowed size, after ${writeCount(fault.afterRecords, "record")}`,
  },
  "tls.garbage": {
    example: "{ tls: { garbage: { afterRecords: 3 } } }",
    doc: "bytes that are no TLS",
    describe: (fault) => `bytes that are no TLS, after ${writeCount(fault.afterRecords, "record")}`,
  },
  "tls.truncate": {
    example: "{ tls: { truncate: { afterRecords: 3 } } }",
    doc: "a FIN without `close_notify`",
    describe: (fault) =>
      `the connection is closed without close_notify, after ${writeCount(fault.afterRecords, "record")}`,
  },
};
