import type { KeyObject } from "node:crypto";
import {
  type Authentication,
  alpnProtocolsOf,
  type ClientHello,
  cipherSuiteFacts,
  clientHelloExtension,
  ExtensionType,
  NamedGroup,
  namedGroupName,
  offeredVersionsOf,
  ProtocolVersion,
  SignatureScheme,
  serverNameOf,
  signatureSchemeName,
} from "@faultwire/tls-parser";
import { BridgeFailed } from "../bridge/bridge-failure.ts";
import type { BridgeVersion, IdentityKeyType } from "../bridge/bridge-peers.ts";
import type { TlsBridgeOptions } from "../bridge/tls-bridge-options.ts";
import { cipherSuiteProtection } from "../record-protection/record-protection-suite.ts";
import type { SecureContextCache } from "./secure-context-cache.ts";
import { spareGroups, supportedCurves, supportedSuites } from "./supported.ts";

const versionNumbers: readonly (readonly [BridgeVersion, number])[] = [
  ["TLSv1.3", ProtocolVersion.tls13],
  ["TLSv1.2", ProtocolVersion.tls12],
];

/** Why a client can't be served in a version. */
type Obstacle = "no-common-cipher" | "no-common-group" | "no-common-signature";

/** What a client offers, cut to what a bridge can do and may do, each list in the client's order. */
export class ClientOffer {
  /** SNI, as sent; undefined where there is none, or an empty one. */
  readonly serverName: string | undefined;
  /** Those in which the client can be served. Never empty. */
  readonly versions: readonly BridgeVersion[];
  /** Empty where the client offers no application protocol at all. */
  readonly protocols: readonly string[];
  /** The groups that the client can do, those with a key share first. Never empty. */
  readonly groups: readonly number[];
  /** Whether the client has sent 0-RTT data. */
  readonly hasEarlyData: boolean;
  /** What the client says in its record_size_limit (RFC 8449); undefined where it says nothing of the kind. */
  readonly recordSizeLimit: number | undefined;
  /** Whether the client asks for smaller records by max_fragment_length (RFC 6066), which OpenSSL answers. */
  readonly hasFragmentLimit: boolean;
  readonly #hello: ClientHello;
  readonly #allowedSuites: readonly number[] | undefined;
  /** What the client says about groups, as far as we can do it. */
  readonly #named: NamedGroups;

  /**
   * Everything for which a client can't be served is found here, before anything is sent to anybody.
   *
   * @throws {@link BridgeFailed} `no-common-version`, `no-common-cipher`, `no-common-group`, `no-common-signature`,
   *   `no-common-protocol`
   */
  constructor(hello: ClientHello, options: TlsBridgeOptions, contexts: SecureContextCache) {
    this.#hello = hello;
    this.#allowedSuites = options.cipherSuites;
    this.serverName = serverNameOf(hello) || undefined;
    this.#named = namedGroupsOf(hello, contexts);
    const { curves, spare } = this.#named;
    if (curves.length > 0) this.groups = curves;
    else this.groups = spare.length > 0 ? spare : [...supportedCurves.keys()];
    this.versions = this.#servable(versionsOf(hello, options.versions));
    requireCertificate(hello, options.issuerKey);
    this.protocols = protocolsOf(hello, options.protocols ?? ["http/1.1"]);
    this.hasEarlyData = clientHelloExtension(hello, "earlyData") !== undefined;
    this.hasFragmentLimit = hello.extensions?.some(isFragmentLimit) ?? false;
    this.recordSizeLimit = clientHelloExtension(hello, "recordSizeLimit")?.limitBytes;
  }

  /** Suites for the upstream: the client's own, so that the upstream chooses among the same. */
  upstreamSuites(): readonly number[] {
    return this.versions.flatMap((version) => this.#suites(version));
  }

  /**
   * How we can serve the client in that version: which kind of key it is to be, and the suites. Those for the other kind
   * are among them, since an identity that is bad on purpose may have another key than was asked for.
   *
   * @throws {@link BridgeFailed} `no-common-cipher` where {@link TlsBridgeOptions.cipherSuites} leaves none
   */
  serving(version: BridgeVersion): { keyType: IdentityKeyType; suites: readonly number[] } {
    const suites = this.#suites(version).filter((suite) => this.#allowedSuites?.includes(suite) ?? true);
    const keyType = this.#keyType(version, suites);
    if (keyType !== undefined) return { keyType, suites };
    throw this.#failed("no-common-cipher", [version]);
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

  /** @throws {@link BridgeFailed} where none is left, with the obstacle of the first of them */
  #servable(versions: readonly BridgeVersion[]): readonly BridgeVersion[] {
    const obstacles = versions.map((version) => this.#obstacle(version));
    const servable = versions.filter((_version, at) => obstacles[at] === undefined);
    if (servable.length > 0) return servable;
    throw this.#failed(obstacles[0] ?? "no-common-cipher", versions);
  }

  #obstacle(version: BridgeVersion): Obstacle | undefined {
    if (this.#offered(version).length === 0) return "no-common-cipher";
    const suites = this.#suites(version);
    if (suites.length === 0) return "no-common-group";
    return this.#keyType(version, suites) === undefined ? "no-common-signature" : undefined;
  }

  #failed(code: Obstacle, versions: readonly BridgeVersion[]): BridgeFailed {
    const groups = clientHelloExtension(this.#hello, "supportedGroups")?.groups ?? [];
    const names = groups.map((group) => namedGroupName(group) ?? `0x${group.toString(16)}`);
    const lacks: Readonly<Record<Obstacle, string>> = {
      "no-common-cipher": "no cipher suite that may be negotiated",
      "no-common-group": `no group that this Node's OpenSSL can do (${names.join(", ") || "none at all"})`,
      "no-common-signature": "no way to verify a signature of ours, by ECDSA with P-256 or by RSA",
    };
    return new BridgeFailed({
      code,
      message: `the client offers ${lacks[code]}, in ${versions.join(" or ")}`,
    });
  }

  /** Suites of that version which we can do and the client offers. */
  #offered(version: BridgeVersion): readonly number[] {
    return this.#hello.cipherSuites.filter((suite) => supportedSuites.has(suite) && isOf(suite, version));
  }

  /** Those of them whose key exchange the client has a group for. */
  #suites(version: BridgeVersion): readonly number[] {
    const { curves, spare, isSilent } = this.#named;
    const hasCurve = curves.length > 0 || isSilent;
    const offered = this.#offered(version);
    const hasEcdhe = offered.some((suite) => keyExchangeOf(suite) === "ecdhe");
    return offered.filter((suite) => {
      // For clients that have nothing else, as most upstreams don't do it. Its groups are the server's own business.
      if (keyExchangeOf(suite) === "dhe") return !hasEcdhe;
      // RFC 8446 section 9.2: without groups there is only resumption, which we don't do.
      return version === "TLSv1.2" ? hasCurve : curves.length + spare.length > 0;
    });
  }

  #keyType(version: BridgeVersion, suites: readonly number[]): IdentityKeyType | undefined {
    const goesWith = (authentication: Authentication): boolean =>
      suites.some((suite) => ["any", authentication].includes(cipherSuiteFacts(suite)!.authentication));
    if (this.#verifiesEcdsa(version) && goesWith("ecdsa")) return "ecdsa-p256";
    return this.#verifiesRsa(version) && goesWith("rsa") ? "rsa-2048" : undefined;
  }

  /** In TLS 1.2 the curve of the certificate has to be one of the client's groups, too (RFC 8422 section 5.1). */
  #verifiesEcdsa(version: BridgeVersion): boolean {
    const schemes = clientHelloExtension(this.#hello, "signatureAlgorithms")?.schemes ?? [];
    const groups = clientHelloExtension(this.#hello, "supportedGroups")?.groups;
    if (version === "TLSv1.2" && groups?.includes(NamedGroup.secp256r1) === false) return false;
    return schemes.includes(SignatureScheme.ecdsa_secp256r1_sha256);
  }

  /** A client of TLS 1.2 that says nothing about signatures takes RSA (RFC 5246 section 7.4.1.4.1). */
  #verifiesRsa(version: BridgeVersion): boolean {
    const schemes = clientHelloExtension(this.#hello, "signatureAlgorithms")?.schemes;
    if (version === "TLSv1.3") return schemes?.some((scheme) => rsaPssSchemes.includes(scheme)) ?? false;
    return schemes?.some((scheme) => [...rsaPssSchemes, ...rsaPkcs1Schemes].includes(scheme)) ?? true;
  }
}

/** A client that says nothing of certificates takes ours as far as OpenSSL is concerned. */
function requireCertificate(hello: ClientHello, issuerKey: KeyObject | undefined): void {
  const taken = clientHelloExtension(hello, "signatureAlgorithmsCert")?.schemes;
  if (issuerKey === undefined || taken === undefined) return;
  const scheme = schemeOf(issuerKey);
  if (taken.includes(scheme)) return;
  const nameOf = (number: number): string => signatureSchemeName(number) ?? `0x${number.toString(16)}`;
  const names = [...taken.slice(0, maxNamed).map(nameOf), ...(taken.length > maxNamed ? ["…"] : [])].join(
    ", ",
  );
  throw new BridgeFailed({
    code: "no-common-signature",
    message: `the client takes no certificate that is signed by ${nameOf(scheme)}, as ours are: its signature_algorithms_cert has ${names || "nothing"}`,
  });
}

/** How a CA's key signs: by the hash that fits its strength. */
function schemeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): number {
  if (asymmetricKeyType === "rsa") return SignatureScheme.rsa_pkcs1_sha256;
  switch (asymmetricKeyDetails?.namedCurve) {
    case "secp384r1":
      return SignatureScheme.ecdsa_secp384r1_sha384;
    case "secp521r1":
      return SignatureScheme.ecdsa_secp521r1_sha512;
    default:
      return SignatureScheme.ecdsa_secp256r1_sha256;
  }
}

/** Schemes that a message names, of a list that a client makes as long as it likes. */
const maxNamed = 4;

const isFragmentLimit = ({ type }: { readonly type: number }): boolean =>
  type === ExtensionType.maxFragmentLength;

const keyExchangeOf = (suite: number): string | undefined => cipherSuiteFacts(suite)?.keyExchange;

const rsaPssSchemes: readonly number[] = [
  SignatureScheme.rsa_pss_rsae_sha256,
  SignatureScheme.rsa_pss_rsae_sha384,
  SignatureScheme.rsa_pss_rsae_sha512,
];
const rsaPkcs1Schemes: readonly number[] = [
  SignatureScheme.rsa_pkcs1_sha256,
  SignatureScheme.rsa_pkcs1_sha384,
  SignatureScheme.rsa_pkcs1_sha512,
];

const isOf = (suite: number, version: BridgeVersion): boolean =>
  cipherSuiteProtection(suite)?.version === version;

function versionsOf(hello: ClientHello, allowed: readonly BridgeVersion[] | undefined): BridgeVersion[] {
  const hasList = clientHelloExtension(hello, "supportedVersions") !== undefined;
  // Without the list a hello offers TLS 1.2 at most, whatever its version says (RFC 8446 section 4.2.1).
  const offered = offeredVersionsOf(hello).map((version) =>
    hasList ? version : Math.min(version, ProtocolVersion.tls12),
  );
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

interface NamedGroups {
  readonly curves: readonly number[];
  readonly spare: readonly number[];
  /** A client that names no groups at all, as TLS 1.2 allows, can be asked for any curve. */
  readonly isSilent: boolean;
}

function namedGroupsOf(hello: ClientHello, contexts: SecureContextCache): NamedGroups {
  const shares = sharesOf(hello);
  const named = clientHelloExtension(hello, "supportedGroups")?.groups ?? [];
  const groups = [...new Set([...shares, ...named])];
  const curves = groups.filter((group) => supportedCurves.has(group));
  const spare = groups.filter((group) => {
    const name = spareGroups.get(group);
    return curves.length === 0 && name !== undefined && contexts.hasGroup(name);
  });
  return { curves, spare, isSilent: groups.length === 0 };
}

function sharesOf(hello: ClientHello): number[] {
  return clientHelloExtension(hello, "keyShare")?.clientShares.map(({ group }) => group) ?? [];
}
