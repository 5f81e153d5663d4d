import {
  type ClientHello,
  type ClientHelloExtension,
  decodeClientHello,
  ExtensionType,
  encodeClientHello,
  isGrease,
} from "@faultwire/tls-parser";

/** What the fingerprints look at, as plain lists. */
export interface HelloParts {
  readonly legacyVersion?: number;
  readonly cipherSuites: readonly number[];
  /** Types in the order sent; those of the fields below get their bodies, the others an empty or fitting one. */
  readonly extensions?: readonly number[];
  readonly versions?: readonly number[];
  readonly groups?: readonly number[];
  readonly formats?: readonly number[];
  readonly schemes?: readonly number[];
  readonly alpn?: readonly string[];
}

/** A hello that went over the wire: encoded and decoded again. */
export function helloOf(parts: HelloParts): ClientHello {
  return decodeClientHello(helloBytesOf(parts), { malformedExtensions: "keep" });
}

export function helloBytesOf(parts: HelloParts): Uint8Array {
  return encodeClientHello({
    kind: "clientHello",
    legacyVersion: parts.legacyVersion ?? 0x0303,
    random: new Uint8Array(32).fill(7),
    legacySessionId: new Uint8Array(32).fill(9),
    cipherSuites: parts.cipherSuites,
    legacyCompressionMethods: [0],
    extensions: parts.extensions?.map((type) => extensionOf(type, parts)),
  });
}

function extensionOf(type: number, parts: HelloParts): ClientHelloExtension {
  switch (type) {
    case ExtensionType.serverName:
      return { type, kind: "serverName", hostName: "api.example.com" };
    case ExtensionType.supportedGroups:
      return { type, kind: "supportedGroups", groups: parts.groups ?? [29, 23] };
    case ExtensionType.ecPointFormats:
      return { type, kind: "ecPointFormats", formats: parts.formats ?? [0] };
    case ExtensionType.signatureAlgorithms:
      return { type, kind: "signatureAlgorithms", schemes: parts.schemes ?? [0x0403] };
    case ExtensionType.applicationLayerProtocolNegotiation:
      return { type, kind: "alpn", protocols: parts.alpn ?? ["h2", "http/1.1"] };
    case ExtensionType.supportedVersions:
      return { type, kind: "supportedVersions", versions: parts.versions ?? [0x0304, 0x0303] };
    default:
      // Whatever else a type may mean, its body has no part in a fingerprint.
      return { type, kind: isGrease(type) ? "grease" : "unknown", data: new Uint8Array(0) };
  }
}
