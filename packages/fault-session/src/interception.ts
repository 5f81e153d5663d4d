/** How HTTPS is opened: whom we can stand for, whom we trust, and which hosts have to stay closed. */
import type { CertificateDefect } from "@faultwire/fault-engine";
import {
  type BridgeFailure,
  type IdentityRequest,
  SecureContextCache,
  type ServerIdentity,
  type TlsBridgeOptions,
  type UpstreamTrust,
} from "@faultwire/tls-bridge";
import {
  alpnProtocolsOf,
  type ClientHello,
  clientHelloExtension,
  isGrease,
  offeredVersionsOf,
} from "@faultwire/tls-parser";
import { LRUCache } from "lru-cache";
import type { Http2Mode } from "./carrier.ts";
import type { ClosedReason } from "./events.ts";

/** How HTTPS is opened: certificates for clients, trust in upstreams. */
export interface InterceptionOptions {
  /** Who we are toward a client. */
  identityFor(request: IdentityRequest): Promise<ServerIdentity>;
  /** The same with something wrong on purpose; without it no certificate can be bad. */
  defectiveIdentityFor?(defect: CertificateDefect, serverName: string): Promise<ServerIdentity>;
  /** The CA's public key: a client that says that it takes no certificate signed by such a key stays closed. */
  readonly issuerKey?: NonNullable<TlsBridgeOptions["issuerKey"]>;
  /** Whether the CA may stand for a host; true for all unless given. */
  permits?(host: string): boolean;
  /** How upstreams are verified: against Node's roots and these. */
  readonly upstream?: UpstreamTrust;
}

/** Limits of what is remembered of hosts. */
export const interceptionLimits = {
  /** Hosts, and offers to hosts, that have to stay closed. A client that makes up offers pushes out old ones. */
  maxClosedHosts: 1000,
  /** How long a host stays closed for what it once did, in ms: it may be mended. */
  closedForMs: 600_000,
} as const;

/**
 * What we speak inside of an opened connection with a client that offers these protocols.
 *
 * @param mode - As of a carrier.
 */
export function ourProtocols(mode: Http2Mode, offered: readonly string[]): readonly string[] {
  if (mode === "on") return ["h2", "http/1.1"];
  return mode === "alone" && !offered.includes("http/1.1") ? ["h2"] : ["http/1.1"];
}

/** Shared by all sessions of a carrier. */
export class Interception {
  /** What it was made from. */
  readonly options: InterceptionOptions;
  /** OpenSSL's contexts, made once for all sessions. */
  readonly contexts: SecureContextCache = new SecureContextCache();
  readonly #closed: LRUCache<string, ClosedReason>;

  /** @param now - Milliseconds, never going backwards. */
  constructor(options: InterceptionOptions, now: () => number) {
    this.options = options;
    this.#closed = new LRUCache({
      max: interceptionLimits.maxClosedHosts,
      ttl: interceptionLimits.closedForMs,
      ttlResolution: 0,
      perf: { now },
    });
  }

  /**
   * Why this connection has to stay closed, or undefined where it can be opened.
   *
   * @param mode - As of a carrier; `off` unless given.
   */
  obstacle(host: string, hello: ClientHello, mode: Http2Mode = "off"): ClosedReason | undefined {
    const offered = alpnProtocolsOf(hello);
    const ours = ourProtocols(mode, offered);
    if (offered.length > 0 && !offered.some((protocol) => ours.includes(protocol))) return "h2-only";
    if (this.options.permits?.(host) === false) return "not-permitted";
    return this.#closed.get(host) ?? this.#closed.get(offerTo(host, hello));
  }

  /**
   * From now on connections to this host stay closed, for a while: all of them, or those with the same offer where it is
   * the offer that the upstream refuses. Otherwise one odd client would keep every rule from all the others.
   */
  learn(host: string, why: ClosedReason, hello: ClientHello): void {
    this.#closed.set(why === "upstream-refuses" ? offerTo(host, hello) : host, why);
  }
}

/** Why connections to a host stay closed once a session has failed like this; `undefined` where they don't. */
export function lessonOf(failure: BridgeFailure, isHandshake: boolean): ClosedReason | undefined {
  const { code } = failure;
  if (code === "upstream-asks-for-certificate") return "asks-for-certificate";
  const refuses = code === "upstream-alert" || (code === "handshake" && failure.from === "server");
  return isHandshake && refuses ? "upstream-refuses" : undefined;
}

/** What an upstream may refuse: our own offer follows the client's. GREASE (RFC 8701) differs in each connection. */
function offerTo(host: string, hello: ClientHello): string {
  const lists = [
    offeredVersionsOf(hello),
    hello.cipherSuites,
    clientHelloExtension(hello, "supportedGroups")?.groups ?? [],
    clientHelloExtension(hello, "signatureAlgorithms")?.schemes ?? [],
  ].map((values) => values.filter((value) => !isGrease(value)));
  return JSON.stringify([host, ...lists, alpnProtocolsOf(hello)]);
}
