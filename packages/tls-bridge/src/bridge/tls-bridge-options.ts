import type { KeyObject } from "node:crypto";
import type { SecureContextCache } from "../handshake/secure-context-cache.ts";
import { type OptionNames, refuseUnknownOptions } from "../known-options.ts";
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
  /**
   * Public keys that vouch for no upstream, whatever is trusted besides: of a CA that clients trust us by, for instance, where
   * Node was told to trust it, too.
   */
  readonly distrusted?: readonly KeyObject[];
  /** Take any certificate. Off unless given, and nothing for traffic that matters. */
  readonly insecure?: boolean;
  /**
   * Take what current clients refuse: a certificate that names its host in the common name alone (RFC 9525 section 2) or by a
   * wildcard for a part of a label (section 6.3), RSA keys below 2048 bits, and SHA-1 or MD5 in a signature of the chain. Off
   * unless given.
   */
  readonly legacy?: boolean;
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
  /**
   * Public key of the CA that signs the certificates of identities. A client whose signature_algorithms_cert has no such
   * signature can't be served (RFC 8446 section 4.2.3), and that is found before anything is sent. Unless given, OpenSSL finds
   * it, behind the upstream's handshake.
   */
  readonly issuerKey?: KeyObject;
  /** How the upstream is verified. */
  readonly upstream?: UpstreamTrust;
  /** Application protocols that the handler understands; `["http/1.1"]` unless given. */
  readonly protocols?: readonly string[];
  /** Versions that may be negotiated; both unless given. */
  readonly versions?: readonly BridgeVersion[];
  /** Cipher suites that may be negotiated with the client, by number; all that we can do unless given. */
  readonly cipherSuites?: readonly number[];
  /** An alert that ends the client's handshake on purpose; none unless given. */
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
  /**
   * Whether the client's handshake goes on alone, too, where the upstream has no application protocol of the client's: it
   * says `no_application_protocol`, or chooses none though the client has `h2` alone. Only with {@link withoutUpstream}, and for
   * whoever speaks with that upstream in its own protocol. Off unless given.
   */
  readonly withoutSharedProtocol?: boolean;
  /**
   * Whether there is no upstream from the start: nothing is ever said to one, and the client's handshake goes on at once as
   * with {@link withoutUpstream}. Off unless given.
   */
  readonly alone?: boolean;
  /**
   * The application protocol that the client is served with where there is no upstream, if it offers that; the first of its own
   * list that we can do unless given. Asked when it is to be chosen.
   */
  readonly preferredAlone?: () => string | undefined;
  /** OpenSSL's contexts, to be shared among bridges; one of its own unless given. */
  readonly contexts?: SecureContextCache;
  /** Gets what happens in the session. */
  readonly handler: TlsBridgeHandler;
}

const optionNames: OptionNames<TlsBridgeOptions> = {
  identityFor: true,
  issuerKey: true,
  upstream: true,
  protocols: true,
  versions: true,
  cipherSuites: true,
  handshakeAlert: true,
  lockstep: true,
  withoutUpstream: true,
  withoutSharedProtocol: true,
  alone: true,
  preferredAlone: true,
  contexts: true,
  handler: true,
};
const trustNames: OptionNames<UpstreamTrust> = {
  caPem: true,
  distrusted: true,
  insecure: true,
  legacy: true,
  host: true,
};
const alertNames: OptionNames<HandshakeAlert> = { at: true, level: true, description: true };

/** Refuses options of a bridge that don't exist, those of its parts included. */
export function checkBridgeOptions(options: TlsBridgeOptions): void {
  refuseUnknownOptions("TlsBridge", options, optionNames);
  checkTrust("TlsBridge: upstream", options.upstream);
  refuseUnknownOptions("TlsBridge: handshakeAlert", options.handshakeAlert, alertNames);
}

/** The same for how an upstream is verified. */
export function checkTrust(where: string, trust: UpstreamTrust | undefined): void {
  refuseUnknownOptions(where, trust, trustNames);
}

/** The same for `bridgeSockets`, which has a handler of its own and needs no lockstep. */
export function checkSocketsOptions(options: object): void {
  const { handler: _handler, lockstep: _lockstep, ...names } = optionNames;
  refuseUnknownOptions("bridgeSockets", options, { ...names, handlerFor: true });
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
  /** The version negotiated, with both peers. */
  readonly version: BridgeVersion;
  /** What was agreed with the client. */
  readonly client: BridgeSessionSide;
  /** Undefined where there is no upstream; {@link upstreamFailure} says why. */
  readonly server: BridgeSessionSide | undefined;
  /** Why there is no upstream; only with {@link TlsBridgeOptions.withoutUpstream} or `alone`. */
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
