import { ProtocolVersion } from "../protocol-version.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

/** A signature (`DigitallySigned`, RFC 5246 section 4.7). */
export interface DigitallySigned {
  /** The signature scheme; undefined before TLS 1.2, where it follows from the certificate. */
  readonly algorithm: number | undefined;
  /** A view. */
  readonly signature: Uint8Array;
}

/** CertificateVerify (RFC 8446 section 4.4.3, RFC 5246 section 7.4.8). */
export interface CertificateVerify extends DigitallySigned {
  readonly kind: "certificateVerify";
}

export function readDigitallySigned(reader: ByteReader, version: number): DigitallySigned {
  const algorithm = version >= ProtocolVersion.tls12 ? reader.uint16("digitallySigned.algorithm") : undefined;
  return { algorithm, signature: reader.opaque16("digitallySigned.signature") };
}

export function writeDigitallySigned(writer: ByteWriter, { algorithm, signature }: DigitallySigned): void {
  if (algorithm !== undefined) writer.uint16(algorithm, "digitallySigned.algorithm");
  writer.opaque16(signature, "digitallySigned.signature");
}

export function readCertificateVerify(reader: ByteReader, version: number): CertificateVerify {
  return { kind: "certificateVerify", ...readDigitallySigned(reader, version) };
}
