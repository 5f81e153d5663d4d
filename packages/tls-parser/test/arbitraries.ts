/** Values of every shape that the encoders take, for properties. */
import fc from "fast-check";
import {
  type ClientHello,
  type DigitallySigned,
  type Handshake,
  type HandshakeContext,
  isTls13Version,
  type Ssl2ClientHello,
} from "../src/index.ts";
import {
  certificateEntryExtension,
  certificateRequestExtension,
  clientHelloExtension,
  encryptedExtension,
  helloRetryRequestExtension,
  newSessionTicketExtension,
  offeredPsk,
  serverHelloExtension,
  uniqueByType,
} from "./arbitrary-extensions.ts";
import {
  bytes,
  constant,
  exactly,
  list,
  optional,
  record,
  uint8,
  uint16,
  uint24,
  uint32,
} from "./arbitrary-values.ts";

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
