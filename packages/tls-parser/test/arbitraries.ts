/** Values of every shape that the encoders take, for properties. */
import fc from "fast-check";
import {
  type CertificateEntryExtension,
  type CertificateRequestExtension,
  type ClientHello,
  type ClientHelloExtension,
  type DigitallySigned,
  type EncryptedExtension,
  ExtensionType,
  type Handshake,
  type HandshakeContext,
  type HelloRetryRequestExtension,
  isGrease,
  isTls13Version,
  type NewSessionTicketExtension,
  type ServerHelloExtension,
  type Ssl2ClientHello,
} from "../src/index.ts";

const uint8 = fc.integer({ min: 0, max: 0xff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint24 = fc.integer({ min: 0, max: 0xff_ffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = (minLength = 0, maxLength = 40): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
const exactly = (length: number): fc.Arbitrary<Uint8Array> => bytes(length, length);
const list = <T>(item: fc.Arbitrary<T>, minLength = 1, maxLength = 5): fc.Arbitrary<T[]> =>
  fc.array(item, { minLength, maxLength });
const constant = <const T>(value: T): fc.Arbitrary<T> => fc.constant(value);
const record = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;
/** A string of code units below 256. */
const latin1 = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  bytes(minLength, maxLength).map((units) => String.fromCharCode(...units));
const hostName = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 40,
});

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
const uniqueByType = <E extends { readonly type: number }>(
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

const offeredPsk = fc.integer({ min: 1, max: 3 }).chain((count) =>
  record({
    type: constant(41),
    kind: constant("preSharedKey"),
    identities: list(record({ identity: bytes(1), obfuscatedTicketAge: uint32 }), count, count),
    binders: list(bytes(32, 48), count, count),
  }),
);

const clientHelloExtension: fc.Arbitrary<ClientHelloExtension> = fc.oneof(
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

const serverHelloExtension: fc.Arbitrary<ServerHelloExtension> = fc.oneof(
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

const helloRetryRequestExtension: fc.Arbitrary<HelloRetryRequestExtension> = fc.oneof(
  selectedVersion,
  cookie,
  record({ type: constant(51), kind: constant("keyShare"), selectedGroup: uint16 }),
  record({ type: constant(0xfe0d), kind: constant("encryptedClientHello"), confirmation: exactly(8) }),
  opaque,
);

const encryptedExtension: fc.Arbitrary<EncryptedExtension> = fc.oneof(
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

const certificateRequestExtension: fc.Arbitrary<CertificateRequestExtension> = fc.oneof(
  flag(5, "statusRequest"),
  signatureAlgorithms,
  flag(18, "signedCertificateTimestamp"),
  compressCertificate,
  delegatedCredential,
  certificateAuthorities,
  signatureAlgorithmsCert,
  opaque,
);

const certificateEntryExtension: fc.Arbitrary<CertificateEntryExtension> = fc.oneof(
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

const newSessionTicketExtension: fc.Arbitrary<NewSessionTicketExtension> = fc.oneof(
  record({ type: constant(42), kind: constant("earlyData"), maxEarlyDataBytes: uint32 }),
  opaque,
);

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

/** Any ClientHello; where there is a `pre_shared_key`, it comes last. */
export const clientHello: fc.Arbitrary<ClientHello> = record<ClientHello>({
  kind: constant("clientHello"),
  legacyVersion: uint16,
  random: exactly(32),
  legacySessionId: bytes(0, 32),
  cipherSuites: list(uint16, 1, 20),
  legacyCompressionMethods: list(uint8),
  extensions: optional(
    fc
      .tuple(uniqueByType(clientHelloExtension), optional(offeredPsk))
      .map(([extensions, psk]) => (psk === undefined ? extensions : [...extensions, psk])),
  ),
});

const isDraft = (version: number): boolean => isTls13Version(version) && version !== TLS13;
const serverHelloFields = {
  legacyVersion: uint16.filter((version) => !isDraft(version)),
  legacySessionIdEcho: bytes(0, 32),
  cipherSuite: uint16,
  legacyCompressionMethod: uint8,
};
/** What drafts of TLS 1.3 before 22 have room for. */
const draftHelloFields = {
  legacyVersion: fc.integer({ min: 0x7f13, max: 0x7f15 }),
  legacySessionIdEcho: constant(new Uint8Array(0)),
  cipherSuite: uint16,
  legacyCompressionMethod: constant(0),
};

const digitallySigned = (hasAlgorithm: boolean): fc.Arbitrary<DigitallySigned> =>
  record({ algorithm: hasAlgorithm ? uint16 : constant(undefined), signature: bytes() });

const context = (version: number, cipherSuite?: number): HandshakeContext =>
  cipherSuite === undefined ? { version } : { version, cipherSuite };
const TLS10 = 0x0301;
const TLS12 = 0x0303;
const TLS13 = 0x0304;

/** A message and the context in which its bytes mean that message. */
export interface MessageInContext {
  readonly message: Handshake;
  readonly context: HandshakeContext;
}

const within = (
  where: HandshakeContext,
  ...messages: readonly fc.Arbitrary<Handshake>[]
): fc.Arbitrary<MessageInContext> => fc.oneof(...messages).map((message) => ({ message, context: where }));

const ecdhe = (
  identityHint: fc.Arbitrary<Uint8Array | undefined>,
  signed: fc.Arbitrary<DigitallySigned | undefined>,
) =>
  record({
    kind: constant("serverKeyExchange"),
    form: constant("ecdhe"),
    identityHint,
    namedCurve: uint16,
    publicKey: bytes(1),
    signed,
  }) as fc.Arbitrary<Handshake>;
const dhe = (
  identityHint: fc.Arbitrary<Uint8Array | undefined>,
  signed: fc.Arbitrary<DigitallySigned | undefined>,
) =>
  record({
    kind: constant("serverKeyExchange"),
    form: constant("dhe"),
    identityHint,
    dhP: bytes(1),
    dhG: bytes(1),
    publicKey: bytes(1),
    signed,
  }) as fc.Arbitrary<Handshake>;
const clientExchange = (form: "dhe" | "ecdhe", identity: fc.Arbitrary<Uint8Array | undefined>) =>
  record({
    kind: constant("clientKeyExchange"),
    form: constant(form),
    identity,
    publicKey: bytes(1),
  }) as fc.Arbitrary<Handshake>;
const rsaExchange = (identity: fc.Arbitrary<Uint8Array | undefined>, hasLength: boolean) =>
  record({
    kind: constant("clientKeyExchange"),
    form: constant("rsa"),
    identity,
    encryptedPreMasterSecret: bytes(1),
    hasLength: constant(hasLength),
  }) as fc.Arbitrary<Handshake>;
const none = constant(undefined);

const anyVersion: fc.Arbitrary<Handshake> = fc.oneof(
  clientHello,
  record({
    kind: constant("serverHello"),
    ...serverHelloFields,
    random: exactly(32),
    extensions: optional(uniqueByType(serverHelloExtension)),
  }),
  record({
    kind: constant("helloRetryRequest"),
    ...serverHelloFields,
    extensions: uniqueByType(helloRetryRequestExtension),
  }),
  record({
    kind: constant("serverHello"),
    ...draftHelloFields,
    random: exactly(32),
    extensions: optional(uniqueByType(serverHelloExtension)),
  }),
  record({
    kind: constant("helloRetryRequest"),
    ...draftHelloFields,
    extensions: uniqueByType(helloRetryRequestExtension),
  }),
  record({ kind: constant("helloRequest") }),
  record({ kind: constant("serverHelloDone") }),
  record({ kind: constant("endOfEarlyData") }),
  record({ kind: constant("encryptedExtensions"), extensions: uniqueByType(encryptedExtension) }),
  record({ kind: constant("finished"), verifyData: bytes(12, 64) }),
  record({ kind: constant("keyUpdate"), updateRequested: fc.boolean() }),
  record({ kind: constant("messageHash"), hash: bytes() }),
  record({
    kind: constant("supplementalData"),
    entries: list(record({ type: uint16, data: bytes() })),
  }),
  record({
    kind: constant("compressedCertificate"),
    algorithm: uint16,
    uncompressedBytes: uint24,
    compressed: bytes(1),
  }),
  record({
    kind: constant("certificateUrl"),
    chainType: uint8,
    urlAndHashList: list(record({ url: bytes(1), sha1Hash: exactly(20) })),
  }),
  record({
    kind: constant("certificateStatus"),
    statusType: constant(1),
    ocspResponses: list(bytes(1), 1, 1),
  }),
  record({ kind: constant("certificateStatus"), statusType: constant(2), ocspResponses: list(bytes()) }),
  record({ kind: constant("unknown"), type: fc.constantFrom(3, 7, 9, 67, 99, 203), data: bytes() }),
);

const tls13: fc.Arbitrary<Handshake> = fc.oneof(
  record({
    kind: constant("newSessionTicket"),
    form: constant("tls13"),
    lifetimeSeconds: uint32,
    ageAdd: uint32,
    nonce: bytes(),
    ticket: bytes(1),
    extensions: uniqueByType(newSessionTicketExtension),
  }),
  record({
    kind: constant("certificate"),
    form: constant("tls13"),
    certificateRequestContext: bytes(),
    entries: list(record({ certData: bytes(1), extensions: uniqueByType(certificateEntryExtension, 3) }), 0),
  }),
  record({
    kind: constant("certificateRequest"),
    form: constant("tls13"),
    certificateRequestContext: bytes(),
    extensions: uniqueByType(certificateRequestExtension),
  }),
  record({ kind: constant("certificateVerify"), algorithm: uint16, signature: bytes() }),
);

const older = (hasAlgorithm: boolean): fc.Arbitrary<Handshake> =>
  fc.oneof(
    record({
      kind: constant("newSessionTicket"),
      form: constant("tls12"),
      lifetimeHintSeconds: uint32,
      ticket: bytes(),
    }),
    record({ kind: constant("certificate"), form: constant("tls12"), certificates: list(bytes(1), 0) }),
    record({
      kind: constant("certificateRequest"),
      form: constant("tls12"),
      certificateTypes: list(uint8),
      supportedSignatureAlgorithms: hasAlgorithm ? list(uint16) : none,
      certificateAuthorities: list(bytes(1), 0),
    }) as fc.Arbitrary<Handshake>,
    digitallySigned(hasAlgorithm).map((signed) => ({ kind: "certificateVerify" as const, ...signed })),
    record({ kind: constant("serverKeyExchange"), form: constant("opaque"), data: bytes() }),
    record({ kind: constant("clientKeyExchange"), form: constant("opaque"), data: bytes() }),
  );

/** Any message of any version, with key exchanges of each kind of suite. */
export const messageInContext: fc.Arbitrary<MessageInContext> = fc.oneof(
  { weight: 6, arbitrary: within(context(TLS13), anyVersion) },
  { weight: 3, arbitrary: within(context(TLS13), tls13) },
  within(context(TLS12), older(true)),
  within(context(TLS10), older(false)),
  within(context(TLS12, 0xc02f), ecdhe(none, digitallySigned(true)), clientExchange("ecdhe", none)),
  within(context(TLS10, 0xc013), ecdhe(none, digitallySigned(false))),
  within(context(TLS12, 0xc018), ecdhe(none, none)),
  within(context(TLS12, 0xccac), ecdhe(bytes(), none), clientExchange("ecdhe", bytes())),
  within(context(TLS12, 0x009e), dhe(none, digitallySigned(true)), clientExchange("dhe", none)),
  within(context(TLS12, 0x00a6), dhe(none, none)),
  within(context(TLS12, 0x00aa), dhe(bytes(), none), clientExchange("dhe", bytes())),
  within(context(TLS12, 0x009c), rsaExchange(none, true)),
  within(context(TLS12, 0x00ac), rsaExchange(bytes(), true)),
  within(context(0x0300, 0x000a), rsaExchange(none, false)),
  within(
    context(TLS12, 0x00a8),
    record({ kind: constant("serverKeyExchange"), form: constant("psk"), identityHint: bytes() }),
    record({ kind: constant("clientKeyExchange"), form: constant("psk"), identity: bytes() }),
  ),
  within(
    context(TLS10, 0x0003),
    record({
      kind: constant("serverKeyExchange"),
      form: constant("rsa"),
      rsaModulus: bytes(1),
      rsaExponent: bytes(1),
      signed: digitallySigned(false),
    }),
  ),
);

/** Any CLIENT-HELLO of SSL 2.0. */
export const ssl2ClientHello: fc.Arbitrary<Ssl2ClientHello> = record<Ssl2ClientHello>({
  kind: constant("ssl2ClientHello"),
  version: uint16,
  cipherSpecs: list(uint24, 1, 10),
  sessionId: fc.oneof(exactly(0), exactly(16)),
  challenge: bytes(16, 32),
});
