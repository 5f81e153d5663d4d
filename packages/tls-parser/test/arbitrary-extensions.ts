/** Extensions of every kind, by the message that they stand in. */
import fc from "fast-check";
import {
  type CertificateEntryExtension,
  type CertificateRequestExtension,
  type ClientHelloExtension,
  type EncryptedExtension,
  ExtensionType,
  type HelloRetryRequestExtension,
  isGrease,
  type NewSessionTicketExtension,
  type ServerHelloExtension,
} from "../src/index.ts";
import {
  bytes,
  constant,
  exactly,
  hostName,
  latin1,
  list,
  record,
  uint8,
  uint16,
  uint32,
} from "./arbitrary-values.ts";

const grease = fc.integer({ min: 0, max: 15 }).map((high) => high * 0x1010 + 0x0a0a);
const known: ReadonlySet<number> = new Set(Object.values(ExtensionType));
const opaque = fc.oneof(
  record({ type: grease, kind: constant("grease"), data: bytes() }),
  record({
    type: uint16.filter((type) => !known.has(type) && !isGrease(type)),
    kind: constant("unknown"),
    data: bytes(),
  }),
);
const flag = <T extends number, K extends string>(type: T, kind: K): fc.Arbitrary<{ type: T; kind: K }> =>
  fc.constant(0).map(() => ({ type, kind }));
export const uniqueByType = <E extends { readonly type: number }>(
  extension: fc.Arbitrary<E>,
  maxLength = 12,
): fc.Arbitrary<E[]> => fc.uniqueArray(extension, { selector: ({ type }) => type, maxLength });

const keyShareEntry = record({ group: uint16, keyExchange: bytes(1) });
const protocols = list(latin1(1, 12));
const settings = fc.constantFrom(17513 as const, 17613 as const);
const certificateType = fc.constantFrom(19 as const, 20 as const);
const maxFragmentLength = record({ type: constant(1), kind: constant("maxFragmentLength"), code: uint8 });
const heartbeat = record({ type: constant(15), kind: constant("heartbeat"), mode: uint8 });
const recordSizeLimit = record({
  type: constant(28),
  kind: constant("recordSizeLimit"),
  limitBytes: fc.integer({ min: 64, max: 0xffff }),
});
const ecPointFormats = record({
  type: constant(11),
  kind: constant("ecPointFormats"),
  formats: list(uint8),
});
const renegotiationInfo = record({
  type: constant(0xff01),
  kind: constant("renegotiationInfo"),
  renegotiatedConnection: bytes(),
});
const supportedGroups = record({
  type: constant(10),
  kind: constant("supportedGroups"),
  groups: list(uint16),
});
const signatureAlgorithms = record({
  type: constant(13),
  kind: constant("signatureAlgorithms"),
  schemes: list(uint16),
});
const signatureAlgorithmsCert = record({
  type: constant(50),
  kind: constant("signatureAlgorithmsCert"),
  schemes: list(uint16),
});
const delegatedCredential = record({
  type: constant(34),
  kind: constant("delegatedCredential"),
  schemes: list(uint16),
});
const statusRequest = record({
  type: constant(5),
  kind: constant("statusRequest"),
  responderIds: list(bytes(1), 0),
  requestExtensions: bytes(),
});
const compressCertificate = record({
  type: constant(27),
  kind: constant("compressCertificate"),
  algorithms: list(uint16),
});
const certificateAuthorities = record({
  type: constant(47),
  kind: constant("certificateAuthorities"),
  authorities: list(bytes(1)),
});
const scts = record({
  type: constant(18),
  kind: constant("signedCertificateTimestamp"),
  scts: list(bytes(1)),
});
const quic = record({
  type: constant(57),
  kind: constant("quicTransportParameters"),
  parameters: list(record({ id: fc.bigInt({ min: 0n, max: (1n << 62n) - 1n }), value: bytes(0, 80) }), 0),
});
const cookie = record({ type: constant(44), kind: constant("cookie"), cookie: bytes(1) });
const selectedAlpn = record({
  type: constant(16),
  kind: constant("alpn"),
  protocols: list(latin1(1, 12), 1, 1),
});
const selectedVersion = record({
  type: constant(43),
  kind: constant("supportedVersions"),
  selectedVersion: uint16,
});
const selectedCertificateType = record({
  type: certificateType,
  kind: constant("certificateTypes"),
  certificateType: uint8,
});

export const offeredPsk = fc.integer({ min: 1, max: 3 }).chain((count) =>
  record({
    type: constant(41),
    kind: constant("preSharedKey"),
    identities: list(record({ identity: bytes(1), obfuscatedTicketAge: uint32 }), count, count),
    binders: list(bytes(32, 48), count, count),
  }),
);

export const clientHelloExtension: fc.Arbitrary<ClientHelloExtension> = fc.oneof(
  record({ type: constant(0), kind: constant("serverName"), hostName }),
  maxFragmentLength,
  statusRequest,
  supportedGroups,
  ecPointFormats,
  signatureAlgorithms,
  heartbeat,
  record({ type: constant(16), kind: constant("alpn"), protocols }),
  flag(18, "signedCertificateTimestamp"),
  record({ type: certificateType, kind: constant("certificateTypes"), certificateTypes: list(uint8) }),
  record({ type: constant(21), kind: constant("padding"), byteLength: fc.integer({ min: 0, max: 300 }) }),
  flag(22, "encryptThenMac"),
  flag(23, "extendedMasterSecret"),
  compressCertificate,
  recordSizeLimit,
  delegatedCredential,
  record({ type: constant(35), kind: constant("sessionTicket"), ticket: bytes() }),
  flag(42, "earlyData"),
  record({ type: constant(43), kind: constant("supportedVersions"), versions: list(uint16) }),
  cookie,
  record({ type: constant(45), kind: constant("pskKeyExchangeModes"), modes: list(uint8) }),
  certificateAuthorities,
  flag(49, "postHandshakeAuth"),
  signatureAlgorithmsCert,
  record({ type: constant(51), kind: constant("keyShare"), clientShares: list(keyShareEntry, 0) }),
  quic,
  record({ type: settings, kind: constant("applicationSettings"), protocols }),
  record({
    type: constant(0xfe0d),
    kind: constant("encryptedClientHello"),
    form: constant("outer"),
    kdfId: uint16,
    aeadId: uint16,
    configId: uint8,
    enc: bytes(),
    payload: bytes(1),
  }),
  record({ type: constant(0xfe0d), kind: constant("encryptedClientHello"), form: constant("inner") }),
  renegotiationInfo,
  opaque,
);

export const serverHelloExtension: fc.Arbitrary<ServerHelloExtension> = fc.oneof(
  flag(0, "serverName"),
  maxFragmentLength,
  flag(5, "statusRequest"),
  ecPointFormats,
  heartbeat,
  selectedAlpn,
  scts,
  selectedCertificateType,
  flag(22, "encryptThenMac"),
  flag(23, "extendedMasterSecret"),
  recordSizeLimit,
  flag(35, "sessionTicket"),
  record({ type: constant(41), kind: constant("preSharedKey"), selectedIdentity: uint16 }),
  selectedVersion,
  record({ type: constant(51), kind: constant("keyShare"), serverShare: keyShareEntry }),
  renegotiationInfo,
  opaque,
);

export const helloRetryRequestExtension: fc.Arbitrary<HelloRetryRequestExtension> = fc.oneof(
  selectedVersion,
  cookie,
  record({ type: constant(51), kind: constant("keyShare"), selectedGroup: uint16 }),
  record({ type: constant(0xfe0d), kind: constant("encryptedClientHello"), confirmation: exactly(8) }),
  opaque,
);

export const encryptedExtension: fc.Arbitrary<EncryptedExtension> = fc.oneof(
  flag(0, "serverName"),
  maxFragmentLength,
  supportedGroups,
  heartbeat,
  selectedAlpn,
  selectedCertificateType,
  recordSizeLimit,
  flag(42, "earlyData"),
  quic,
  record({ type: settings, kind: constant("applicationSettings"), settings: bytes() }),
  record({
    type: constant(0xfe0d),
    kind: constant("encryptedClientHello"),
    retryConfigs: list(record({ version: uint16, contents: bytes() })),
  }),
  opaque,
);

export const certificateRequestExtension: fc.Arbitrary<CertificateRequestExtension> = fc.oneof(
  flag(5, "statusRequest"),
  signatureAlgorithms,
  flag(18, "signedCertificateTimestamp"),
  compressCertificate,
  delegatedCredential,
  certificateAuthorities,
  signatureAlgorithmsCert,
  opaque,
);

export const certificateEntryExtension: fc.Arbitrary<CertificateEntryExtension> = fc.oneof(
  record({ type: constant(5), kind: constant("statusRequest"), ocspResponse: bytes(1) }),
  scts,
  record({
    type: constant(34),
    kind: constant("delegatedCredential"),
    validTimeSeconds: uint32,
    dcCertVerifyAlgorithm: uint16,
    subjectPublicKeyInfo: bytes(1),
    algorithm: uint16,
    signature: bytes(1),
  }),
  opaque,
);

export const newSessionTicketExtension: fc.Arbitrary<NewSessionTicketExtension> = fc.oneof(
  record({ type: constant(42), kind: constant("earlyData"), maxEarlyDataBytes: uint32 }),
  opaque,
);
