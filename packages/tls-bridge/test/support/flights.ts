/** What goes over the wire in a handshake: looked at, and changed. */
import {
  type ClientHelloExtension,
  ContentType,
  decodeAlert,
  decodeClientHello,
  encodeHandshake,
  encodeRecords,
  HANDSHAKE_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  RecordReader,
  type TlsRecord,
} from "@faultwire/tls-parser";

/** The records in those bytes. */
export const recordsIn = (bytes: Uint8Array): TlsRecord[] => [...new RecordReader().push(bytes)];

/** Their content types. */
export const recordTypes = (bytes: Uint8Array): number[] => recordsIn(bytes).map(({ type }) => type);

/** The descriptions of the alerts that are not encrypted. */
export function alertsIn(bytes: Uint8Array): number[] {
  return recordsIn(bytes).flatMap(({ type, fragment }) =>
    type === ContentType.alert && fragment.length === 2 ? [decodeAlert(fragment).description] : [],
  );
}

/** A ClientHello that came in one record, with other extensions, in as many records as it takes. */
export function changedHello(
  flight: Uint8Array,
  change: (extension: ClientHelloExtension) => ClientHelloExtension | undefined,
  added: readonly ClientHelloExtension[] = [],
  maxFragmentBytes = 16_384,
): Uint8Array {
  const hello = decodeClientHello(flight.subarray(RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES));
  const extensions = (hello.extensions ?? []).flatMap((extension) => change(extension) ?? []);
  const fragment = encodeHandshake({ ...hello, extensions: [...added, ...extensions] });
  return encodeRecords(
    { type: ContentType.handshake, legacyVersion: 0x0301, fragment },
    { maxFragmentBytes },
  );
}
