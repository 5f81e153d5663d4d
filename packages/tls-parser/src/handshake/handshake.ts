import type { DecodeOptions } from "../extension/extension.ts";
import { ProtocolVersion } from "../protocol-version.ts";
import { ByteReader } from "../wire/byte-reader.ts";
import { plainView } from "../wire/plain-view.ts";
import {
  type CompressedCertificate,
  readCompressedCertificate,
  readTls12Certificate,
  readTls13Certificate,
  type Tls12Certificate,
  type Tls13Certificate,
} from "./certificate.ts";
import {
  readTls12CertificateRequest,
  readTls13CertificateRequest,
  type Tls12CertificateRequest,
  type Tls13CertificateRequest,
} from "./certificate-request.ts";
import {
  type CertificateStatus,
  type CertificateUrl,
  readCertificateStatus,
  readCertificateUrl,
} from "./certificate-status.ts";
import { type ClientHello, decodeClientHello } from "./client-hello.ts";
import { type ClientKeyExchange, readClientKeyExchange } from "./client-key-exchange.ts";
import { type CertificateVerify, readCertificateVerify } from "./digitally-signed.ts";
import { HandshakeType } from "./handshake-type.ts";
import {
  readTls12NewSessionTicket,
  readTls13NewSessionTicket,
  type Tls12NewSessionTicket,
  type Tls13NewSessionTicket,
} from "./new-session-ticket.ts";
import {
  type EncryptedExtensions,
  type EndOfEarlyData,
  type Finished,
  type HelloRequest,
  type KeyUpdate,
  type MessageHash,
  readEncryptedExtensions,
  readFinished,
  readKeyUpdate,
  readSupplementalData,
  type ServerHelloDone,
  type SupplementalData,
} from "./plain-messages.ts";
import {
  decodeDraftHelloRetryRequest,
  decodeServerHello,
  type HelloRetryRequest,
  type ServerHello,
} from "./server-hello.ts";
import { readServerKeyExchange, type ServerKeyExchange } from "./server-key-exchange.ts";

/** A message of a type that this package does not know. */
export interface UnknownHandshake {
  readonly kind: "unknown";
  /** The number on the wire. */
  readonly type: number;
  /** The body; a view. */
  readonly data: Uint8Array;
}

/** A handshake message (`Handshake`, RFC 8446 section 4 and RFC 5246 section 7.4): switch on `kind`, then on `form`. */
export type Handshake =
  | CertificateStatus
  | CertificateUrl
  | CertificateVerify
  | ClientHello
  | ClientKeyExchange
  | CompressedCertificate
  | EncryptedExtensions
  | EndOfEarlyData
  | Finished
  | HelloRequest
  | HelloRetryRequest
  | KeyUpdate
  | MessageHash
  | ServerHello
  | ServerHelloDone
  | ServerKeyExchange
  | SupplementalData
  | Tls12Certificate
  | Tls12CertificateRequest
  | Tls12NewSessionTicket
  | Tls13Certificate
  | Tls13CertificateRequest
  | Tls13NewSessionTicket
  | UnknownHandshake;

/** What a message's bytes don't say and its meaning depends on. */
export interface HandshakeContext extends DecodeOptions {
  /** The version that was negotiated ({@link selectedVersionOf}); before that any will do for the messages there are. */
  readonly version: number;
  /** The suite that was negotiated. Without it, the two KeyExchange messages stay opaque. */
  readonly cipherSuite?: number;
}

/**
 * Decodes one handshake message, of any type and version.
 *
 * @param frame - what {@link HandshakeReader} gives, or a type and a body
 * @throws {@link TlsParseError} for a body that is not exactly one such message; offsets count from the body's start
 *
 * @example
 * ```ts
 * const message = decodeHandshake(frame, { version: 0x0303, cipherSuite: 0xc02f });
 * if (message.kind === "serverKeyExchange" && message.form === "ecdhe") console.log(message.namedCurve);
 * ```
 */
export function decodeHandshake(
  frame: { readonly type: number; readonly body: Uint8Array },
  context: HandshakeContext,
): Handshake {
  const { type, body } = frame;
  if (type === HandshakeType.clientHello) return decodeClientHello(body, context);
  if (type === HandshakeType.serverHello) return decodeServerHello(body, context);
  if (type === HandshakeType.helloRetryRequest) {
    const retry = decodeDraftHelloRetryRequest(body, context);
    if (retry !== undefined) return retry;
  }
  const reader = new ByteReader(plainView(body));
  const message = readMessage(reader, type, context);
  reader.finish(message.kind);
  return message;
}

function readMessage(reader: ByteReader, type: number, context: HandshakeContext): Handshake {
  const { version, cipherSuite } = context;
  const isTls13 = version >= ProtocolVersion.tls13;
  switch (type) {
    case HandshakeType.helloRequest:
      return { kind: "helloRequest" };
    case HandshakeType.newSessionTicket:
      return isTls13 ? readTls13NewSessionTicket(reader, context) : readTls12NewSessionTicket(reader);
    case HandshakeType.endOfEarlyData:
      return { kind: "endOfEarlyData" };
    case HandshakeType.encryptedExtensions:
      return readEncryptedExtensions(reader, context);
    case HandshakeType.certificate:
      return isTls13 ? readTls13Certificate(reader, context) : readTls12Certificate(reader);
    case HandshakeType.serverKeyExchange:
      return readServerKeyExchange(reader, version, cipherSuite);
    case HandshakeType.certificateRequest:
      return isTls13
        ? readTls13CertificateRequest(reader, context)
        : readTls12CertificateRequest(reader, version);
    case HandshakeType.serverHelloDone:
      return { kind: "serverHelloDone" };
    case HandshakeType.certificateVerify:
      return readCertificateVerify(reader, version);
    case HandshakeType.clientKeyExchange:
      return readClientKeyExchange(reader, version, cipherSuite);
    case HandshakeType.finished:
      return readFinished(reader);
    case HandshakeType.certificateUrl:
      return readCertificateUrl(reader);
    case HandshakeType.certificateStatus:
      return readCertificateStatus(reader);
    case HandshakeType.supplementalData:
      return readSupplementalData(reader);
    case HandshakeType.keyUpdate:
      return readKeyUpdate(reader);
    case HandshakeType.compressedCertificate:
      return readCompressedCertificate(reader);
    case HandshakeType.messageHash:
      return { kind: "messageHash", hash: reader.rest() };
    default:
      return { kind: "unknown", type, data: reader.rest() };
  }
}
