import {
  type Alert,
  AlertDescription,
  AlertLevel,
  alertDescriptionName,
  TlsParseError,
  type TlsParseErrorCode,
} from "@faultwire/tls-parser";
import { TlsBridgeError } from "../tls-bridge-error.ts";
import type { BridgeSide } from "./bridge-peers.ts";
import { type TlsBridgeLimit, tlsBridgeLimits } from "./tls-bridge-limits.ts";

interface Failure<Code extends string> {
  readonly code: Code;
  /** What happened, for people: names and numbers, no secrets, no traffic. */
  readonly message: string;
}

interface AlertFailure<Code extends string> extends Failure<Code> {
  readonly level: number;
  /** One of {@link AlertDescription}, or whatever was sent. */
  readonly description: number;
}

/**
 * Why a session can't go on. Match `code`:
 *
 * | code | meaning |
 * |---|---|
 * | `client-rejects-certificate` | the client does not trust the identity that it was shown |
 * | `client-alert` | the client ended the session with another alert |
 * | `upstream-alert` | the upstream did |
 * | `upstream-untrusted` | the upstream's certificate does not verify |
 * | `no-server-name` | nobody says whom the upstream's certificate has to stand for |
 * | `upstream-asks-for-certificate` | the upstream wants a client certificate, whose key we don't have |
 * | `no-common-version` | the client offers no version that may be negotiated |
 * | `no-common-cipher` | nor a cipher suite |
 * | `no-common-group` | nor a group for the key exchange |
 * | `no-common-signature` | nor a way to sign that an identity of ours can do |
 * | `no-common-protocol` | nor an application protocol |
 * | `retry-impossible` | the upstream wants another ClientHello, and nothing makes the client send again |
 * | `handshake` | OpenSSL refuses what a peer sent in the handshake |
 * | `record` | a peer sent a record that can't be taken |
 * | `limit` | a peer sent more than {@link tlsBridgeLimits} allows |
 * | `upstream-unreachable` | no connection to the upstream could be opened |
 * | `connection-lost` | a peer's connection broke, by a reset for one |
 * | `alert-sent` | the alert was sent that {@link TlsBridgeOptions.handshakeAlert} asks for |
 * | `internal` | a bug here, an identity that could not be had, or a handler that threw |
 */
export type BridgeFailure =
  | AlertFailure<"client-rejects-certificate">
  | AlertFailure<"client-alert">
  | AlertFailure<"upstream-alert">
  | (Failure<"upstream-untrusted"> & {
      /** OpenSSL's or Node's name of it: `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`. */
      readonly reason: string;
      /** The same in OpenSSL's or Node's words. */
      readonly words: string;
      /** Whom the certificate should have stood for; "" where nobody knows. */
      readonly host: string;
    })
  | (Failure<"upstream-asks-for-certificate"> & { readonly host: string })
  | Failure<"no-server-name">
  | Failure<"no-common-version">
  | Failure<"no-common-cipher">
  | Failure<"no-common-group">
  | Failure<"no-common-signature">
  | Failure<"no-common-protocol">
  | Failure<"retry-impossible">
  | (Failure<"handshake"> & {
      /** The peer that sent it. */
      readonly from: BridgeSide /** OpenSSL's code. */;
      readonly reason: string;
    })
  | (Failure<"record"> & {
      /** The peer that sent it. */
      readonly from: BridgeSide;
      /** The alert for the peer that sent it. */
      readonly description: number;
    })
  | (Failure<"limit"> & {
      /** The peer that sent it. */
      readonly from: BridgeSide;
      /** Which of {@link tlsBridgeLimits} it went beyond. */
      readonly limit: TlsBridgeLimit;
    })
  | (Failure<"upstream-unreachable"> & { /** Node's code: `ECONNREFUSED`. */ readonly reason: string })
  | (Failure<"connection-lost"> & {
      /** The peer that sent it. */
      readonly from: BridgeSide;
      /** Node's code: `ECONNRESET`. */
      readonly reason: string;
    })
  | AlertFailure<"alert-sent">
  | (Failure<"internal"> & {
      /** What was thrown. */
      readonly cause: unknown;
    });

/** Thrown inside of the bridge, and never out of it. */
export class BridgeFailed extends Error {
  readonly failure: BridgeFailure;

  constructor(failure: BridgeFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The alerts with which a client says that it does not like our certificate (RFC 8446 section 6.2). */
const refusals: ReadonlySet<number> = new Set([
  AlertDescription.badCertificate,
  AlertDescription.unsupportedCertificate,
  AlertDescription.certificateRevoked,
  AlertDescription.certificateExpired,
  AlertDescription.certificateUnknown,
  AlertDescription.unknownCa,
]);

/** A fatal alert that a peer sent. */
export function alertFailure(from: BridgeSide, { level, description }: Alert): BridgeFailure {
  const name = alertDescriptionName(description) ?? `alert ${description}`;
  if (from === "server")
    return { code: "upstream-alert", message: `the upstream says ${name}`, level, description };
  if (refusals.has(description)) {
    const message = `the client does not accept the certificate it was shown: ${name}`;
    return { code: "client-rejects-certificate", message, level, description };
  }
  return { code: "client-alert", message: `the client says ${name}`, level, description };
}

/** Whether a handshake is over with that alert: TLS 1.2 knows warnings, behind which it goes on. */
export function isFarewell({ level, description }: Alert): boolean {
  return level !== AlertLevel.warning || description === AlertDescription.closeNotify;
}

/** Who has sent the alert that the failure is, if it is one. */
export function alertSender(failure: BridgeFailure): (Alert & { readonly side: BridgeSide }) | undefined {
  switch (failure.code) {
    case "client-rejects-certificate":
    case "client-alert":
      return { side: "client", level: failure.level, description: failure.description };
    case "upstream-alert":
      return { side: "server", level: failure.level, description: failure.description };
    default:
      return undefined;
  }
}

/** A peer that went beyond a limit. */
export function limitFailure(from: BridgeSide, limit: TlsBridgeLimit): BridgeFailure {
  const message = `the ${nameOf(from)} sent more than ${limit} (${tlsBridgeLimits[limit]}) allows`;
  return { code: "limit", message, from, limit };
}

/**
 * What becomes of an error that a peer's record has caused; one that is no peer's fault stays what it is.
 *
 * @param limit - the one that was in force on a handshake message
 */
export function failureFrom(from: BridgeSide, error: unknown, limit: TlsBridgeLimit): unknown {
  if (error instanceof TlsParseError) {
    if (error.code === "handshake-overflow") return new BridgeFailed(limitFailure(from, limit));
    return recordFailed(from, error.message, parseAlerts[error.code] ?? AlertDescription.decodeError);
  }
  if (error instanceof TlsBridgeError && error.alertDescription !== undefined)
    return recordFailed(from, error.message, error.alertDescription);
  return error;
}

const parseAlerts: Readonly<Partial<Record<TlsParseErrorCode, number>>> = {
  "unknown-content-type": AlertDescription.unexpectedMessage,
  "unsupported-record-version": AlertDescription.protocolVersion,
  "record-overflow": AlertDescription.recordOverflow,
  "empty-record": AlertDescription.unexpectedMessage,
  "illegal-value": AlertDescription.illegalParameter,
  "duplicate-extension": AlertDescription.illegalParameter,
  "misplaced-extension": AlertDescription.illegalParameter,
  "unexpected-message": AlertDescription.unexpectedMessage,
};

/** A record of that peer's which can't be taken. */
export function recordFailed(from: BridgeSide, found: string, description: number): BridgeFailed {
  return new BridgeFailed({
    code: "record",
    message: `from the ${nameOf(from)}: ${found}`,
    from,
    description,
  });
}

/** How people call the peer at that side. */
export function nameOf(side: BridgeSide): string {
  return side === "client" ? "client" : "upstream";
}

/** What each peer is told: undefined where it knows, or has been told by OpenSSL. */
export type FailureAlerts = Readonly<Record<BridgeSide, Alert | undefined>>;

/**
 * The alerts that go with a failure. In mid-session a peer must never take what is cut off for a clean end, so that
 * the innocent one gets a fatal alert, too; before that a close is enough for the upstream.
 */
export function failureAlerts(failure: BridgeFailure, isEstablished: boolean): FailureAlerts {
  const gone = isEstablished ? fatal(AlertDescription.internalError) : closing;
  switch (failure.code) {
    case "client-rejects-certificate":
      return { client: undefined, server: closing };
    case "client-alert":
      return { client: undefined, server: isEstablished ? fatal(failure.description) : closing };
    case "upstream-alert":
      return { client: fatal(failure.description), server: undefined };
    case "upstream-untrusted":
      return both(fatal(alertForReason(failure.reason)));
    case "upstream-asks-for-certificate":
    case "retry-impossible":
      return both(fatal(AlertDescription.handshakeFailure));
    // What RFC 8446 section 9.2 has servers say that need a name.
    case "no-server-name":
      return { client: fatal(AlertDescription.missingExtension), server: gone };
    case "no-common-version":
      return { client: fatal(AlertDescription.protocolVersion), server: gone };
    case "no-common-cipher":
    case "no-common-group":
    case "no-common-signature":
      return { client: fatal(AlertDescription.handshakeFailure), server: gone };
    case "no-common-protocol":
      return { client: fatal(AlertDescription.noApplicationProtocol), server: gone };
    case "handshake":
      return failure.from === "client"
        ? { client: undefined, server: gone }
        : { client: fatal(AlertDescription.handshakeFailure), server: undefined };
    case "record":
      return failure.from === "client"
        ? { client: fatal(failure.description), server: gone }
        : { client: fatal(AlertDescription.internalError), server: fatal(failure.description) };
    case "alert-sent":
      // Before, the upstream's next flight may be the only way to reach the client.
      return { client: undefined, server: isEstablished ? closing : undefined };
    // Who is gone can't be told.
    case "upstream-unreachable":
      return { client: fatal(AlertDescription.internalError), server: undefined };
    case "connection-lost":
      return { client: gone, server: gone, [failure.from]: undefined };
    case "limit":
    case "internal":
      return both(fatal(AlertDescription.internalError));
    default:
      return failure satisfies never;
  }
}

const closing: Alert = { level: AlertLevel.warning, description: AlertDescription.closeNotify };
const fatal = (description: number): Alert => ({ level: AlertLevel.fatal, description });
const both = (alert: Alert): FailureAlerts => ({ client: alert, server: alert });

/** Which alert OpenSSL's own peers send for a verdict of X509_verify_cert; what is not here is `bad_certificate`. */
const reasonAlerts: Readonly<Record<string, number>> = {
  CERT_HAS_EXPIRED: AlertDescription.certificateExpired,
  CERT_NOT_YET_VALID: AlertDescription.certificateExpired,
  CERT_REVOKED: AlertDescription.certificateRevoked,
  CRL_HAS_EXPIRED: AlertDescription.certificateExpired,
  CRL_NOT_YET_VALID: AlertDescription.badCertificate,
  CERT_SIGNATURE_FAILURE: AlertDescription.decryptError,
  CRL_SIGNATURE_FAILURE: AlertDescription.decryptError,
  DEPTH_ZERO_SELF_SIGNED_CERT: AlertDescription.unknownCa,
  SELF_SIGNED_CERT_IN_CHAIN: AlertDescription.unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: AlertDescription.unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: AlertDescription.unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: AlertDescription.unknownCa,
  CERT_CHAIN_TOO_LONG: AlertDescription.unknownCa,
  PATH_LENGTH_EXCEEDED: AlertDescription.unknownCa,
  INVALID_CA: AlertDescription.unknownCa,
  INVALID_PURPOSE: AlertDescription.unsupportedCertificate,
};

function alertForReason(reason: string): number {
  return reasonAlerts[reason] ?? AlertDescription.badCertificate;
}
