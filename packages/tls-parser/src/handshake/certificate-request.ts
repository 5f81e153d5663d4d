import { certificateRequestCodecs } from "../extension/codecs.ts";
import type { DecodeOptions } from "../extension/extension.ts";
import { readExtensions, writeExtensions } from "../extension/extension-list.ts";
import type { CertificateRequestExtension } from "../extension/messages.ts";
import { ProtocolVersion } from "../protocol-version.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

/** A CertificateRequest up to TLS 1.2 (RFC 5246 section 7.4.4, RFC 2246 section 7.4.4). */
export interface Tls12CertificateRequest {
  readonly kind: "certificateRequest";
  readonly form: "tls12";
  /** 1 rsa_sign, 2 dss_sign, 64 ecdsa_sign and others. */
  readonly certificateTypes: readonly number[];
  /** Undefined before TLS 1.2. */
  readonly supportedSignatureAlgorithms: readonly number[] | undefined;
  /** DER-encoded distinguished names; views. Empty: any will do. */
  readonly certificateAuthorities: readonly Uint8Array[];
}

/** A CertificateRequest of TLS 1.3 (RFC 8446 section 4.3.2). */
export interface Tls13CertificateRequest {
  readonly kind: "certificateRequest";
  readonly form: "tls13";
  /** Empty in the handshake; what the Certificate repeats after it. A view. */
  readonly certificateRequestContext: Uint8Array;
  /** In the order sent. */
  readonly extensions: readonly CertificateRequestExtension[];
}

const TYPES = "certificateRequest.certificateTypes";
const SCHEMES = "certificateRequest.supportedSignatureAlgorithms";
const AUTHORITIES = "certificateRequest.certificateAuthorities";
const CONTEXT = "certificateRequest.certificateRequestContext";

export function readTls12CertificateRequest(reader: ByteReader, version: number): Tls12CertificateRequest {
  const certificateTypes = reader.uint8List8(TYPES, 1);
  const supportedSignatureAlgorithms =
    version >= ProtocolVersion.tls12 ? reader.uint16List16(SCHEMES, 2) : undefined;
  const list = reader.vector16(AUTHORITIES);
  const certificateAuthorities: Uint8Array[] = [];
  while (list.remaining > 0) certificateAuthorities.push(list.opaque16(AUTHORITIES, 1));
  return {
    kind: "certificateRequest",
    form: "tls12",
    certificateTypes,
    supportedSignatureAlgorithms,
    certificateAuthorities,
  };
}

export function readTls13CertificateRequest(
  reader: ByteReader,
  options: DecodeOptions,
): Tls13CertificateRequest {
  const certificateRequestContext = reader.opaque8(CONTEXT);
  const extensions = readExtensions(reader, certificateRequestCodecs, options);
  return { kind: "certificateRequest", form: "tls13", certificateRequestContext, extensions };
}

export function writeCertificateRequest(
  writer: ByteWriter,
  message: Tls12CertificateRequest | Tls13CertificateRequest,
): void {
  if (message.form === "tls13") {
    writer.opaque8(message.certificateRequestContext, CONTEXT);
    writeExtensions(writer, message.extensions, certificateRequestCodecs);
    return;
  }
  writer.uint8List8(message.certificateTypes, TYPES, 1);
  if (message.supportedSignatureAlgorithms !== undefined)
    writer.uint16List16(message.supportedSignatureAlgorithms, SCHEMES, 2);
  writer.vector16(AUTHORITIES, 0, 0xffff, () => {
    for (const authority of message.certificateAuthorities) writer.opaque16(authority, AUTHORITIES, 1);
  });
}
