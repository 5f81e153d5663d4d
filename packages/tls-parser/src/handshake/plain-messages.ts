import { encryptedExtensionsCodecs } from "../extension/codecs.ts";
import type { DecodeOptions } from "../extension/extension.ts";
import { readExtensions, writeExtensions } from "../extension/extension-list.ts";
import type { EncryptedExtension } from "../extension/messages.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

/** HelloRequest: the server would like to renegotiate (RFC 5246 section 7.4.1.1). */
export interface HelloRequest {
  readonly kind: "helloRequest";
}

/** ServerHelloDone: the server's flight is over (RFC 5246 section 7.4.5). */
export interface ServerHelloDone {
  readonly kind: "serverHelloDone";
}

/** EndOfEarlyData: no more 0-RTT data follow (RFC 8446 section 4.5). */
export interface EndOfEarlyData {
  readonly kind: "endOfEarlyData";
}

/** EncryptedExtensions (RFC 8446 section 4.3.1). */
export interface EncryptedExtensions {
  readonly kind: "encryptedExtensions";
  /** In the order sent. */
  readonly extensions: readonly EncryptedExtension[];
}

/** Finished (RFC 8446 section 4.4.4, RFC 5246 section 7.4.9). */
export interface Finished {
  readonly kind: "finished";
  /** 12 bytes in TLS 1.0–1.2, 36 in SSL 3.0, a hash in TLS 1.3; a view. */
  readonly verifyData: Uint8Array;
}

/** KeyUpdate (RFC 8446 section 4.6.3). */
export interface KeyUpdate {
  readonly kind: "keyUpdate";
  /** Whether the peer shall update its keys, too. */
  readonly updateRequested: boolean;
}

/** The message that stands for a first ClientHello in transcripts (RFC 8446 section 4.4.1); never on the wire. */
export interface MessageHash {
  readonly kind: "messageHash";
  /** A view. */
  readonly hash: Uint8Array;
}

/** SupplementalData (RFC 4680 section 2). */
export interface SupplementalData {
  readonly kind: "supplementalData";
  /** In the order sent. */
  readonly entries: readonly SupplementalDataEntry[];
}

/** One entry of {@link SupplementalData}. */
export interface SupplementalDataEntry {
  /** The kind of data, by number. */
  readonly type: number;
  /** A view. */
  readonly data: Uint8Array;
}

/** The shortest that any version has (RFC 5246 section 7.4.9). */
const MIN_VERIFY_DATA_BYTES = 12;
const SUPPLEMENTAL = "supplementalData.suppData";

export function readEncryptedExtensions(reader: ByteReader, options: DecodeOptions): EncryptedExtensions {
  return {
    kind: "encryptedExtensions",
    extensions: readExtensions(reader, encryptedExtensionsCodecs, options),
  };
}

export function writeEncryptedExtensions(writer: ByteWriter, { extensions }: EncryptedExtensions): void {
  writeExtensions(writer, extensions, encryptedExtensionsCodecs);
}

export function readFinished(reader: ByteReader): Finished {
  if (reader.remaining < MIN_VERIFY_DATA_BYTES)
    reader.fail("truncated", "finished.verifyData", `${reader.remaining} bytes, at least 12 needed`);
  return { kind: "finished", verifyData: reader.rest() };
}

export function writeFinished(writer: ByteWriter, { verifyData }: Finished): void {
  if (verifyData.length < MIN_VERIFY_DATA_BYTES)
    writer.fail("finished.verifyData", "at least 12 bytes needed");
  writer.bytes(verifyData);
}

export function readKeyUpdate(reader: ByteReader): KeyUpdate {
  const request = reader.uint8("keyUpdate.requestUpdate");
  if (request > 1) reader.fail("illegal-value", "keyUpdate.requestUpdate", `${request}, 0 or 1 expected`);
  return { kind: "keyUpdate", updateRequested: request === 1 };
}

export function writeKeyUpdate(writer: ByteWriter, { updateRequested }: KeyUpdate): void {
  writer.uint8(updateRequested ? 1 : 0, "keyUpdate.requestUpdate");
}

export function readSupplementalData(reader: ByteReader): SupplementalData {
  const list = reader.vector24(SUPPLEMENTAL, 1);
  const entries: SupplementalDataEntry[] = [];
  while (list.remaining > 0) {
    const type = list.uint16("supplementalData.suppDataType");
    entries.push({ type, data: list.opaque16("supplementalData.data") });
  }
  return { kind: "supplementalData", entries };
}

export function writeSupplementalData(writer: ByteWriter, { entries }: SupplementalData): void {
  writer.vector24(SUPPLEMENTAL, 1, 0xff_ffff, () => {
    for (const { type, data } of entries) {
      writer.uint16(type, "supplementalData.suppDataType");
      writer.opaque16(data, "supplementalData.data");
    }
  });
}
