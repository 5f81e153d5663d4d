import type { SecureContextCache } from "../handshake/secure-context-cache.ts";
import type { BridgeFailure } from "./bridge-failure.ts";
import type { BridgeSide, BridgeVersion, IdentityKeyType, ServerIdentity } from "./bridge-peers.ts";

/** What an identity is asked for. */
export interface IdentityRequest {
  /** The client's SNI, else {@link UpstreamTrust.host}, else "". */
  readonly serverName: string;
  /** What the client's signature algorithms and suites can verify; ECDSA where it can do both. */
  readonly keyType: IdentityKeyType;
}

/** How the upstream is verified. */
export interface UpstreamTrust {
  /** Certificates to trust besides Node's roots. The same array for many bridges is parsed once. */
  readonly caPem?: readonly string[];
  /** Take any certificate. Off unless given, and nothing for traffic that matters. */
  readonly insecure?: boolean;
  /** Whom the certificate has to stand for where the client names nobody, a name or an IP address. */
  readonly host?: string;
}

/** An alert in place of what the client would get. */
export interface HandshakeAlert {
  /**
   * `client-hello`: as soon as the ClientHello is read, not encrypted. `server-hello`: in TLS 1.3 behind our
   * ServerHello, encrypted; in TLS 1.2 in its place. `established`: behind the handshake, encrypted.
   */
  readonly at: "client-hello" | "server-hello" | "established";
  /** One of `AlertLevel`. A fatal one ends the session, with the failure `alert-sent`; it goes on behind a warning. */
  readonly level: number;
  /** One of `AlertDescription`. */
  readonly description: number;
}

/** What a {@link TlsBridge} is made from. */
export interface TlsBridgeOptions {
  /** Who we are toward the client. What it rejects with ends the session with the failure `internal`. */
  identityFor(request: IdentityRequest): Promise<ServerIdentity>;
  readonly upstream?: UpstreamTrust;
  /** Application protocols that the handler understands; `["http/1.1"]` unless given. */
  readonly protocols?: readonly string[];
  /** Versions that may be negotiated; both unless given. */
  readonly versions?: readonly BridgeVersion[];
  /** Cipher suites that may be negotiated with the client, by number; all that we can do unless given. */
  readonly cipherSuites?: readonly number[];
  readonly handshakeAlert?: HandshakeAlert;
  /**
   * Whether bytes for one peer can leave only when the other one has sent something. A HelloRetryRequest of the
   * upstream is then followed by one of ours, so that the client sends again. True unless given.
   */
  readonly lockstep?: boolean;
  /**
   * Whether the client's handshake goes on, by our own choice among what it offers, where the upstream can't be reached or
   * does not verify. The session then has no upstream: what is written to it goes nowhere. Off unless given, and for
   * whoever answers the client in the upstream's place.
   */
  readonly withoutUpstream?: boolean;
  /** OpenSSL's contexts, to be shared among bridges; one of its own unless given. */
  readonly contexts?: SecureContextCache;
  readonly handler: TlsBridgeHandler;
}

/** What was negotiated with one peer. */
export interface BridgeSessionSide {
  /** The suite's number. */
  readonly cipherSuite: number;
  /** Undefined where none was negotiated. */
  readonly alpnProtocol: string | undefined;
}

/** What was negotiated; the version is the same with both peers. */
export interface BridgeSession {
  /** What the identity was asked for. */
  readonly serverName: string;
  readonly version: BridgeVersion;
  readonly client: BridgeSessionSide;
  /** Undefined where there is no upstream; {@link upstreamFailure} says why. */
  readonly server: BridgeSessionSide | undefined;
  /** Why there is no upstream; only with {@link TlsBridgeOptions.withoutUpstream}. */
  readonly upstreamFailure: BridgeFailure | undefined;
}

/**
 * Who uses a bridge. Every method may call the bridge. One that throws ends the session with the failure `internal`.
 */
export interface TlsBridgeHandler {
  /** Both handshakes are done: `write` may be called from now on. Comes once, before any data. */
  established(session: BridgeSession): void;
  /** Application data, in order; memory of its own. */
  data(from: BridgeSide, plaintext: Uint8Array): void;
  /** The peer will send no more. */
  closeNotify(from: BridgeSide): void;
  /**
   * The peer's stream has ended and it had not said that it would: what it said may be cut off (RFC 8446 section 6.1).
   * Comes where {@link TlsBridge.pushEnd} is called, once for each peer; the other direction goes on.
   */
  truncated?(from: BridgeSide): void;
  /** Any other alert; a fatal one is followed by `failed`. */
  alert(from: BridgeSide, level: number, description: number): void;
  /** The session can't go on. Comes once; alerts for both peers are queued, as far as there are any. */
  failed(failure: BridgeFailure): void;
}
