import {
  type Authentication,
  alpnProtocolsOf,
  type ClientHello,
  cipherSuiteFacts,
  clientHelloExtension,
  NamedGroup,
  offeredVersionsOf,
  ProtocolVersion,
  SignatureScheme,
  serverNameOf,
} from "@faultwire/tls-parser";
import { BridgeFailed } from "../bridge/bridge-failure.ts";
import type { BridgeVersion, IdentityKeyType, TlsBridgeOptions } from "../bridge/tls-bridge-options.ts";
import { cipherSuiteProtection } from "../record-protection/record-protection-suite.ts";
import { supportedGroups, supportedSuites } from "./supported.ts";

const versionNumbers: readonly (readonly [BridgeVersion, number])[] = [
  ["TLSv1.3", ProtocolVersion.tls13],
  ["TLSv1.2", ProtocolVersion.tls12],
];

/** What a client offers, cut to what a bridge can do and may do, each list in the client's order. */
export class ClientOffer {
  /** SNI, as sent; undefined where there is none, or an empty one. */
  readonly serverName: string | undefined;
  /** Never empty. */
  readonly versions: readonly BridgeVersion[];
  /** Empty where the client offers no application protocol at all. */
  readonly protocols: readonly string[];
  /** The groups that the client can do, those with a key share first. Never empty. */
  readonly groups: readonly number[];
  /** Whether the client has sent 0-RTT data. */
  readonly hasEarlyData: boolean;
  /** What the client says in its record_size_limit (RFC 8449); undefined where it says nothing of the kind. */
  readonly recordSizeLimit: number | undefined;
  readonly #hello: ClientHello;
  readonly #allowedSuites: readonly number[] | undefined;

  /** @throws {@link BridgeFailed} `no-common-version`, `no-common-protocol` */
  constructor(hello: ClientHello, options: TlsBridgeOptions) {
    this.#hello = hello;
    this.#allowedSuites = options.cipherSuites;
    this.serverName = serverNameOf(hello) || undefined;
    this.versions = versionsOf(hello, options.versions);
    this.protocols = protocolsOf(hello, options.protocols ?? ["http/1.1"]);
    this.groups = groupsOf(hello);
    this.hasEarlyData = clientHelloExtension(hello, "earlyData") !== undefined;
    this.recordSizeLimit = clientHelloExtension(hello, "recordSizeLimit")?.limitBytes;
  }

  /**
   * Suites for the upstream: the client's own, so that the upstream chooses among the same. Where that leaves a
   * version without any, all suites of that version, for the client is refused for that elsewhere.
   */
  upstreamSuites(): readonly number[] {
    return this.versions.flatMap((version) => {
      const all = [...supportedSuites.keys()].filter((suite) => isOf(suite, version));
      const offered = this.#hello.cipherSuites.filter((suite) => all.includes(suite));
      return offered.length > 0 ? offered : all;
    });
  }

  /**
   * How we can serve the client in that version: which kind of key it is to be, and the suites. Those for the other kind
   * are among them, since an identity that is bad on purpose may have another key than was asked for.
   *
   * @throws {@link BridgeFailed} `no-common-cipher`
   */
  serving(version: BridgeVersion): { keyType: IdentityKeyType; suites: readonly number[] } {
    const offered = this.#hello.cipherSuites.filter(
      (suite) =>
        supportedSuites.has(suite) && isOf(suite, version) && (this.#allowedSuites?.includes(suite) ?? true),
    );
    const goesWith = (authentication: Authentication): boolean =>
      offered.some((suite) => ["any", authentication].includes(cipherSuiteFacts(suite)!.authentication));
    if (this.#verifiesEcdsa(version) && goesWith("ecdsa")) return { keyType: "ecdsa-p256", suites: offered };
    if (goesWith("rsa")) return { keyType: "rsa-2048", suites: offered };
    throw new BridgeFailed({
      code: "no-common-cipher",
      message: `the client offers no cipher suite for ${version} that may be negotiated`,
    });
  }

  /**
   * A group that the client can do and has sent no share of, so that a server that insists on it makes the client send
   * a second ClientHello; the wished one where that is such a group.
   */
  retryGroup(wished: number): number | undefined {
    const shares = sharesOf(this.#hello);
    const others = this.groups.filter((group) => !shares.includes(group));
    return others.includes(wished) ? wished : others[0];
  }

  /** In TLS 1.2 the curve of the certificate has to be one of the client's groups, too (RFC 8422 section 5.1). */
  #verifiesEcdsa(version: BridgeVersion): boolean {
    const schemes = clientHelloExtension(this.#hello, "signatureAlgorithms")?.schemes ?? [];
    const groups = clientHelloExtension(this.#hello, "supportedGroups")?.groups;
    if (version === "TLSv1.2" && groups?.includes(NamedGroup.secp256r1) === false) return false;
    return schemes.includes(SignatureScheme.ecdsa_secp256r1_sha256);
  }
}

const isOf = (suite: number, version: BridgeVersion): boolean =>
  cipherSuiteProtection(suite)?.version === version;

function versionsOf(hello: ClientHello, allowed: readonly BridgeVersion[] | undefined): BridgeVersion[] {
  const offered = offeredVersionsOf(hello);
  const versions = versionNumbers.flatMap(([version, number]) =>
    offered.includes(number) && (allowed?.includes(version) ?? true) ? [version] : [],
  );
  if (versions.length > 0) return versions;
  throw new BridgeFailed({
    code: "no-common-version",
    message: `the client offers none of ${(allowed ?? versionNumbers.map(([version]) => version)).join(", ")}`,
  });
}

function protocolsOf(hello: ClientHello, ours: readonly string[]): string[] {
  const offered = alpnProtocolsOf(hello);
  const protocols = offered.filter((protocol) => ours.includes(protocol));
  if (protocols.length > 0 || offered.length === 0) return protocols;
  throw new BridgeFailed({
    code: "no-common-protocol",
    message: `the client offers none of ${ours.join(", ")}`,
  });
}

/** A client that names no groups, as TLS 1.2 allows, can be asked for any. */
function groupsOf(hello: ClientHello): number[] {
  const shares = sharesOf(hello);
  const named = clientHelloExtension(hello, "supportedGroups")?.groups ?? [];
  const groups = [...new Set([...shares, ...named])].filter((group) => supportedGroups.has(group));
  return groups.length > 0 ? groups : [...supportedGroups.keys()];
}

function sharesOf(hello: ClientHello): number[] {
  return clientHelloExtension(hello, "keyShare")?.clientShares.map(({ group }) => group) ?? [];
}
