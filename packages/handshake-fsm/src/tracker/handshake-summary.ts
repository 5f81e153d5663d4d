import type {
  Certainty,
  ClientCertificate,
  EarlyData,
  Resumption,
  StateName,
} from "../machine/handshake-state.ts";
import type { ViolationCode } from "../machine/violation.ts";
import type { Side } from "../side.ts";
import type { HandshakePhases } from "./phases.ts";

/** An alert, as {@link HandshakeSummary} keeps it. */
export interface SeenAlert {
  /** The side that sent it. */
  readonly by: Side;
  /** Undefined where it is encrypted. */
  readonly level: number | undefined;
  /** Undefined where it is encrypted. */
  readonly description: number | undefined;
  /** The RFC's name, such as `unknown_ca`; undefined where it is encrypted or has none. */
  readonly name: string | undefined;
}

/** All that is known of a handshake: plain data, fit for a log line. What is undefined was not seen. */
export interface HandshakeSummary {
  /** Where the handshake stands. */
  readonly state: StateName;
  /** Undefined where the handshake was not completed, or not yet. */
  readonly established: Certainty | undefined;
  /** The version negotiated: 0x0301–0x0304. */
  readonly version: number | undefined;
  /** Such as `TLS 1.3`. */
  readonly versionName: string | undefined;
  /** The suite negotiated, as its number on the wire. */
  readonly cipherSuite: number | undefined;
  /** The IANA name. */
  readonly cipherSuiteName: string | undefined;
  /** The group of the key exchange; only TLS 1.3 has it in the ServerHello. */
  readonly group: number | undefined;
  /** The host that the client asked for (SNI). */
  readonly serverName: string | undefined;
  /** The application protocols that the client offered. */
  readonly alpnOffered: readonly string[];
  /** The one that the server chose; encrypted in TLS 1.3, where it stays undefined. */
  readonly alpn: string | undefined;
  /** Undefined in a full handshake, and as long as it is not known. */
  readonly resumedBy: Resumption | undefined;
  /** Whether there was a HelloRetryRequest. */
  readonly retried: boolean;
  /** TLS 1.3 hides it: `hidden` until the client's flight, which lets it be `inferred`, or not asked for. */
  readonly clientCertificate: ClientCertificate | "inferred" | "hidden";
  /** What is known of data before the handshake's end. */
  readonly earlyData: EarlyData;
  /** Whether the client sent data before the server's Finished (RFC 7918). */
  readonly falseStart: boolean;
  /** Renegotiations that were completed. */
  readonly renegotiations: number;
  /** The first eight. */
  readonly alerts: readonly SeenAlert[];
  /** Each code once, in the order in which they came up. */
  readonly violations: readonly ViolationCode[];
  /**
   * What could be read, in the letters of Zeek's `ssl_history`, a capital for the client: `CsiI` is a TLS 1.3 handshake,
   * `CsxknGIti` a full one of TLS 1.2 with a ticket. 100 letters at most.
   */
  readonly history: string;
  /** How long the parts of the handshake took. */
  readonly phases: HandshakePhases;
  /** Sides whose last record is an alert, or as long as an encrypted one: see {@link ClosedEvent}. */
  readonly endedWithAlert: readonly Side[];
  /** Bytes of all records of the client that were complete. */
  readonly clientBytes: number;
  /** The same of the server. */
  readonly serverBytes: number;
}
