import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";
import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** `supported_groups` (RFC 8446 section 4.2.7), most preferred first. */
export interface SupportedGroupsExtension extends ExtensionBase {
  readonly type: 10;
  readonly kind: "supportedGroups";
  /** Groups, by number. */
  readonly groups: readonly number[];
}

/** `ec_point_formats` (RFC 8422 section 5.1.2). */
export interface EcPointFormatsExtension extends ExtensionBase {
  readonly type: 11;
  readonly kind: "ecPointFormats";
  /** Formats: 0 uncompressed. */
  readonly formats: readonly number[];
}

/** One public key for one group (`KeyShareEntry`, RFC 8446 section 4.2.8). */
export interface KeyShareEntry {
  /** The group of the key, by number. */
  readonly group: number;
  /** A view; 1 to 65,535 bytes. */
  readonly keyExchange: Uint8Array;
}

/** `key_share` in a ClientHello (RFC 8446 section 4.2.8); empty where the client asks for a HelloRetryRequest. */
export interface ClientKeyShareExtension extends ExtensionBase {
  readonly type: 51;
  readonly kind: "keyShare";
  /** Keys, most preferred first. */
  readonly clientShares: readonly KeyShareEntry[];
}

/** `key_share` in a ServerHello (RFC 8446 section 4.2.8). */
export interface ServerKeyShareExtension extends ExtensionBase {
  readonly type: 51;
  readonly kind: "keyShare";
  /** The server's key, of one of the client's groups. */
  readonly serverShare: KeyShareEntry;
}

/** `key_share` in a HelloRetryRequest (RFC 8446 section 4.2.8). */
export interface SelectedGroupExtension extends ExtensionBase {
  readonly type: 51;
  readonly kind: "keyShare";
  /** The group that the client is to send a key for. */
  readonly selectedGroup: number;
}

export const supportedGroups: ExtensionCodec<SupportedGroupsExtension> = {
  read: (reader) => ({
    type: 10,
    kind: "supportedGroups",
    groups: reader.uint16List16("supportedGroups.namedGroupList", 2),
  }),
  write: (writer, { groups }) => writer.uint16List16(groups, "supportedGroups.namedGroupList", 2),
};

export const ecPointFormats: ExtensionCodec<EcPointFormatsExtension> = {
  read: (reader) => ({
    type: 11,
    kind: "ecPointFormats",
    formats: reader.uint8List8("ecPointFormats.ecPointFormatList", 1),
  }),
  write: (writer, { formats }) => writer.uint8List8(formats, "ecPointFormats.ecPointFormatList", 1),
};

export const clientKeyShare: ExtensionCodec<ClientKeyShareExtension> = {
  read(reader) {
    const list = reader.vector16("keyShare.clientShares");
    const clientShares: KeyShareEntry[] = [];
    while (list.remaining > 0) clientShares.push(readEntry(list));
    return { type: 51, kind: "keyShare", clientShares };
  },
  write(writer, { clientShares }) {
    writer.vector16("keyShare.clientShares", 0, 0xffff, () => {
      for (const entry of clientShares) writeEntry(writer, entry);
    });
  },
};

export const serverKeyShare: ExtensionCodec<ServerKeyShareExtension> = {
  read: (reader) => ({ type: 51, kind: "keyShare", serverShare: readEntry(reader) }),
  write: (writer, { serverShare }) => writeEntry(writer, serverShare),
};

export const selectedGroup: ExtensionCodec<SelectedGroupExtension> = {
  read: (reader) => ({ type: 51, kind: "keyShare", selectedGroup: reader.uint16("keyShare.selectedGroup") }),
  write: (writer, extension) => writer.uint16(extension.selectedGroup, "keyShare.selectedGroup"),
};

function readEntry(reader: ByteReader): KeyShareEntry {
  const group = reader.uint16("keyShare.group");
  return { group, keyExchange: reader.opaque16("keyShare.keyExchange", 1) };
}

function writeEntry(writer: ByteWriter, { group, keyExchange }: KeyShareEntry): void {
  writer.uint16(group, "keyShare.group");
  writer.opaque16(keyExchange, "keyShare.keyExchange", 1);
}
