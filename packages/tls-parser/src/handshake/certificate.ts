import { certificateEntryCodecs } from "../extension/codecs.ts";
import type { DecodeOptions } from "../extension/extension.ts";
import { readExtensions, writeExtensions } from "../extension/extension-list.ts";
import type { CertificateEntryExtension } from "../extension/messages.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

/** A Certificate up to TLS 1.2 (RFC 5246 section 7.4.2). */
export interface Tls12Certificate {
  readonly kind: "certificate";
  readonly form: "tls12";
  /** DER, the sender's own first; empty where a client has none. Views. */
  readonly certificates: readonly Uint8Array[];
}

/** A Certificate of TLS 1.3 (RFC 8446 section 4.4.2). */
export interface Tls13Certificate {
  readonly kind: "certificate";
  readonly form: "tls13";
  /** Empty unless it answers a CertificateRequest after the handshake; a view. */
  readonly certificateRequestContext: Uint8Array;
  /** The sender's own first; empty where a client has none. */
  readonly entries: readonly CertificateEntry[];
}

/** One certificate with its extensions (`CertificateEntry`, RFC 8446 section 4.4.2). */
export interface CertificateEntry {
  /** DER, or a raw public key where that was negotiated; a view. */
  readonly certData: Uint8Array;
  /** In the order sent. */
  readonly extensions: readonly CertificateEntryExtension[];
}

/** A Certificate of TLS 1.3, compressed (RFC 8879 section 4). Nothing is decompressed here. */
export interface CompressedCertificate {
  readonly kind: "compressedCertificate";
  /** 1 zlib, 2 brotli, 3 zstd. */
  readonly algorithm: number;
  /** What the message says that it grows to: hold it against a limit before decompressing. */
  readonly uncompressedBytes: number;
  /** A view. */
  readonly compressed: Uint8Array;
}

const LIST = "certificate.certificateList";

export function readTls12Certificate(reader: ByteReader): Tls12Certificate {
  const list = reader.vector24(LIST);
  const certificates: Uint8Array[] = [];
  while (list.remaining > 0) certificates.push(list.opaque24("certificate.asn1Cert", 1));
  return { kind: "certificate", form: "tls12", certificates };
}

export function readTls13Certificate(reader: ByteReader, options: DecodeOptions): Tls13Certificate {
  const certificateRequestContext = reader.opaque8("certificate.certificateRequestContext");
  const list = reader.vector24(LIST);
  const entries: CertificateEntry[] = [];
  while (list.remaining > 0) {
    const certData = list.opaque24("certificate.certData", 1);
    entries.push({ certData, extensions: readExtensions(list, certificateEntryCodecs, options) });
  }
  return { kind: "certificate", form: "tls13", certificateRequestContext, entries };
}

export function writeCertificate(writer: ByteWriter, message: Tls12Certificate | Tls13Certificate): void {
  if (message.form === "tls12") {
    writer.vector24(LIST, 0, 0xff_ffff, () => {
      for (const certificate of message.certificates) writer.opaque24(certificate, "certificate.asn1Cert", 1);
    });
    return;
  }
  writer.opaque8(message.certificateRequestContext, "certificate.certificateRequestContext");
  writer.vector24(LIST, 0, 0xff_ffff, () => {
    for (const { certData, extensions } of message.entries) {
      writer.opaque24(certData, "certificate.certData", 1);
      writeExtensions(writer, extensions, certificateEntryCodecs);
    }
  });
}

export function readCompressedCertificate(reader: ByteReader): CompressedCertificate {
  const algorithm = reader.uint16("compressedCertificate.algorithm");
  const uncompressedBytes = reader.uint24("compressedCertificate.uncompressedLength");
  const compressed = reader.opaque24("compressedCertificate.compressedCertificateMessage", 1);
  return { kind: "compressedCertificate", algorithm, uncompressedBytes, compressed };
}

export function writeCompressedCertificate(writer: ByteWriter, message: CompressedCertificate): void {
  writer.uint16(message.algorithm, "compressedCertificate.algorithm");
  writer.uint24(message.uncompressedBytes, "compressedCertificate.uncompressedLength");
  writer.opaque24(message.compressed, "compressedCertificate.compressedCertificateMessage", 1);
}
