import type { Side } from "../side.ts";

/** What a ClientHello offers, as far as later messages are judged by it. */
export interface Offer {
  /** A copy, 0 to 32 bytes. */
  readonly sessionId: Uint8Array;
  /** Versions of `supported_versions`; without it the hello's own version alone. */
  readonly versions: readonly number[];
  /** Suites offered, the client's order. */
  readonly cipherSuites: readonly number[];
  /** Whether it carries a session ticket (RFC 5077): a server may resume without echoing the session id. */
  readonly ticket: boolean;
  /** Whether it carries `pre_shared_key` (RFC 8446 section 4.2.11). */
  readonly psk: boolean;
  /** Whether it carries `early_data` (RFC 8446 section 4.2.10). */
  readonly earlyData: boolean;
  /**
   * Whether it carries `encrypted_client_hello` (RFC 9849): the server may answer a hello inside of it that has other
   * suites and keys, and that nobody in between can read.
   */
  readonly encrypted: boolean;
}

/** How a session was resumed: by its id (RFC 5246), a ticket (RFC 5077), or a pre-shared key (RFC 8446). */
export type Resumption = "session-id" | "ticket" | "psk";

/**
 * What became of early data (RFC 8446 section 4.2.10): `offered` until it is known, `rejected` for sure, or `accepted`,
 * which an observer infers from the size of an EndOfEarlyData.
 */
export type EarlyData = "none" | "offered" | "rejected" | "accepted";

/** What the ServerHello settled. */
export interface Session {
  /** The version negotiated, by `supported_versions` where that is there. */
  readonly version: number;
  /** The suite negotiated, as its number on the wire. */
  readonly cipherSuite: number;
  /** Undefined in a full handshake. */
  readonly resumedBy: Resumption | undefined;
  /** What is known of data before the handshake's end. */
  readonly earlyData: EarlyData;
}

/** The client's certificate in TLS 1.2 and older: `proved` by a CertificateVerify. */
export type ClientCertificate = "unrequested" | "requested" | "empty" | "sent" | "proved";

/** How far one side has come in a renegotiation, of which only the record types can be seen. */
export type Renegotiation = "messages" | "changed" | "finished";

/** Whether something was seen, or follows from sizes and order of records that nobody in between can read. */
export type Certainty = "observed" | "inferred";

/**
 * Where a handshake stands, named after what has to come next. The names are those of RFC 8446 Appendix A wherever it
 * has one (`wait-server-hello` is WAIT_SH, `wait-encrypted-extensions` WAIT_EE, `wait-flight-2` WAIT_FLIGHT2); those of
 * the older versions follow the figures of RFC 5246 section 7.3, message by message.
 */
export type HandshakeState =
  /** Nothing has been seen. */
  | { readonly name: "start" }
  | {
      readonly name: "wait-server-hello";
      /** What the last ClientHello offers. */
      readonly offer: Offer;
      /** The suite of a HelloRetryRequest, 0 of one that names none; undefined where there was none. */
      readonly retrySuite: number | undefined;
    }
  | {
      readonly name: "wait-second-client-hello";
      /** What the last ClientHello offers. */
      readonly offer: Offer;
      readonly retrySuite: number;
    }
  | {
      readonly name: "wait-server-certificate";
      /** What the ServerHello settled. */
      readonly session: Session;
      /** The client's ticket may yet be taken: only the next message tells. */
      readonly ticketOffered: boolean;
    }
  | {
      readonly name: "wait-server-key-exchange";
      /** What the ServerHello settled. */
      readonly session: Session;
    }
  | {
      readonly name: "wait-server-hello-done";
      /** What the ServerHello settled. */
      readonly session: Session;
      /** Whether the server asked for a certificate, and whether the client has one. */
      readonly clientCertificate: ClientCertificate;
    }
  | {
      readonly name: "wait-client-key-exchange";
      /** What the ServerHello settled. */
      readonly session: Session;
      /** Whether the server asked for a certificate, and whether the client has one. */
      readonly clientCertificate: ClientCertificate;
    }
  | {
      readonly name: "wait-client-change-cipher-spec";
      /** What the ServerHello settled. */
      readonly session: Session;
      /** Whether the server asked for a certificate, and whether the client has one. */
      readonly clientCertificate: ClientCertificate;
    }
  | {
      readonly name: "wait-client-finished";
      /** What the ServerHello settled. */
      readonly session: Session;
    }
  | {
      readonly name: "wait-server-change-cipher-spec";
      /** What the ServerHello settled. */
      readonly session: Session;
    }
  | {
      readonly name: "wait-server-finished";
      /** What the ServerHello settled. */
      readonly session: Session;
    }
  /** TLS 1.3, after the ServerHello: the server's encrypted messages have yet to come. */
  | {
      readonly name: "wait-encrypted-extensions";
      /** What the ServerHello settled. */
      readonly session: Session;
    }
  /** TLS 1.3: the server's encrypted messages have begun. */
  | {
      readonly name: "wait-flight-2";
      /** What the ServerHello settled. */
      readonly session: Session;
    }
  /** TLS 1.3: the client answers with more than a Finished: most likely with a certificate. */
  | {
      readonly name: "wait-finished";
      /** What the ServerHello settled. */
      readonly session: Session;
    }
  | {
      readonly name: "connected";
      /** What the ServerHello settled. */
      readonly session: Session;
      /** Whether that was seen, or follows from what was seen. */
      readonly certainty: Certainty;
      /**
       * TLS 1.2 and older: the side that finished last, until it sends something else. Handshake records of it may
       * belong to the same Finished; undefined otherwise.
       */
      readonly finishing: Side | undefined;
    }
  /** TLS 1.2 and older: handshake messages in the protected connection. */
  | {
      readonly name: "renegotiating";
      /** What the ServerHello settled. */
      readonly session: Session;
      /** How far the client is. */
      readonly client: Renegotiation;
      /** How far the server is. */
      readonly server: Renegotiation;
    }
  /** A fatal alert was sent. */
  | {
      readonly name: "failed";
      /** The side that sent the alert. */
      readonly by: Side;
      /** Whether that was seen, or follows from what was seen. */
      readonly certainty: Certainty;
    }
  | {
      readonly name: "closed";
      /** The state in which that happened. */
      readonly during: StateName;
    }
  /** Bytes are missing or unreadable: what comes cannot be judged any more. */
  | {
      readonly name: "lost-track";
      /** The state in which that happened. */
      readonly during: StateName;
    };

/** The name of a {@link HandshakeState}. */
export type StateName = HandshakeState["name"];

/** The state of a connection of which nothing has been seen. */
export const startState: HandshakeState = { name: "start" };

/** What the ServerHello settled, in the states that come after it. */
export function sessionOf(state: HandshakeState): Session | undefined {
  return "session" in state ? state.session : undefined;
}
