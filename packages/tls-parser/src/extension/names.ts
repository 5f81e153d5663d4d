import type { ByteWriter } from "../wire/byte-writer.ts";
import { latin1, latin1Bytes } from "../wire/latin1.ts";
import type { RangeReader } from "../wire/range-reader.ts";
import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** `server_name` as a client sends it (RFC 6066 section 3). */
export interface ServerNameExtension extends ExtensionBase {
  readonly type: 0;
  readonly kind: "serverName";
  /**
   * The one name of type `host_name`, as sent: printable ASCII, not lower-cased. Anything else in the list is an error,
   * since a second name or a NUL byte makes two readers see two hosts.
   */
  readonly hostName: string;
}

/** `application_layer_protocol_negotiation` (RFC 7301 section 3.1): many names from a client, one from a server. */
export interface AlpnExtension extends ExtensionBase {
  readonly type: 16;
  readonly kind: "alpn";
  /** Each name is one code unit per byte: ASCII for registered ones, but any bytes are legal. */
  readonly protocols: readonly string[];
}

/** `application_settings` as a client sends it (draft-vvv-tls-alps): the ALPN protocols it has settings for. */
export interface ApplicationSettingsExtension extends ExtensionBase {
  /** 17513 in the first form of the draft, 17613 in the later one. */
  readonly type: 17513 | 17613;
  readonly kind: "applicationSettings";
  /** Names of protocols, most preferred first. */
  readonly protocols: readonly string[];
}

/** `application_settings` in EncryptedExtensions (draft-vvv-tls-alps): the settings themselves. */
export interface SelectedApplicationSettingsExtension extends ExtensionBase {
  /** 17513 in the first form of the draft, 17613 in the later one. */
  readonly type: 17513 | 17613;
  readonly kind: "applicationSettings";
  /** The settings as the protocol has them; a view. */
  readonly settings: Uint8Array;
}

const HOST_NAME = 0;
const H2 = "h2";
const HTTP11 = "http/1.1";
const LIST = "serverName.serverNameList";
const NAME = "serverName.hostName";

/** The one name of a `server_name` body. */
export function readHostName(reader: RangeReader): string {
  const list = reader.vector16(LIST, 1);
  const nameType = list.uint8("serverName.nameType");
  if (nameType !== HOST_NAME)
    list.fail("illegal-value", "serverName.nameType", `${nameType}, only host_name (0) exists`);
  const name = list.vector16(NAME, 1);
  for (let at = name.offset; at < name.end; at++) {
    const byte = name.bytes[at]!;
    if (byte < 0x21 || byte > 0x7e) name.fail("illegal-value", NAME, "not printable ASCII", at);
  }
  list.finish(LIST);
  return latin1(name.bytes, name.offset, name.end);
}

export const serverName: ExtensionCodec<ServerNameExtension> = {
  read: (reader) => ({ type: 0, kind: "serverName", hostName: readHostName(reader) }),
  write(writer, { hostName }) {
    if (!/^[\x21-\x7e]+$/.test(hostName)) writer.fail(NAME, "not printable ASCII");
    writer.vector16(LIST, 1, 0xffff, () => {
      writer.uint8(HOST_NAME, "serverName.nameType");
      writer.opaque16(bytesOf(writer, hostName, NAME), NAME, 1);
    });
  },
};

export const alpn: ExtensionCodec<AlpnExtension> = {
  read: (reader) => ({ type: 16, kind: "alpn", protocols: readAlpnProtocols(reader) }),
  write: (writer, { protocols }) => writeProtocols(writer, protocols, "alpn.protocolNameList"),
};

/** A server's answer: exactly one name (RFC 7301 section 3.1). */
export const selectedAlpn: ExtensionCodec<AlpnExtension> = {
  read(reader, type) {
    const extension = alpn.read(reader, type);
    if (extension.protocols.length !== 1)
      reader.fail(
        "illegal-value",
        "alpn.protocolNameList",
        `${extension.protocols.length} names, a server selects one`,
      );
    return extension;
  },
  write(writer, extension) {
    if (extension.protocols.length !== 1) writer.fail("alpn.protocolNameList", "a server selects one name");
    alpn.write(writer, extension);
  },
};

export const applicationSettings: ExtensionCodec<ApplicationSettingsExtension> = {
  read: (reader, type) => ({
    type,
    kind: "applicationSettings",
    protocols: readProtocols(reader, "applicationSettings.supportedProtocols"),
  }),
  write: (writer, { protocols }) =>
    writeProtocols(writer, protocols, "applicationSettings.supportedProtocols"),
};

export const selectedApplicationSettings: ExtensionCodec<SelectedApplicationSettingsExtension> = {
  read: (reader, type) => ({ type, kind: "applicationSettings", settings: reader.rest() }),
  write: (writer, { settings }) => writer.bytes(settings),
};

/** The names of an `application_layer_protocol_negotiation` body. */
export function readAlpnProtocols(reader: RangeReader): string[] {
  return readProtocols(reader, "alpn.protocolNameList");
}

function readProtocols(reader: RangeReader, field: string): string[] {
  const list = reader.vector16(field, 2);
  const protocols: string[] = [];
  while (list.remaining > 0) {
    const length = list.uint8(field);
    if (length === 0) list.fail("length-out-of-range", field, "an empty protocol name", list.offset - 1);
    const start = list.offset;
    list.skip(length, field);
    protocols.push(protocolName(list.bytes, start, length));
  }
  return protocols;
}

/** The two that nearly every client offers need no new string. */
function protocolName(bytes: Uint8Array, start: number, length: number): string {
  if (length === H2.length && equals(bytes, start, H2)) return H2;
  if (length === HTTP11.length && equals(bytes, start, HTTP11)) return HTTP11;
  return latin1(bytes, start, start + length);
}

function equals(bytes: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text.charCodeAt(at)) return false;
  return true;
}

function writeProtocols(writer: ByteWriter, protocols: readonly string[], field: string): void {
  writer.vector16(field, 2, 0xffff, () => {
    for (const protocol of protocols) writer.opaque8(bytesOf(writer, protocol, field), field, 1);
  });
}

function bytesOf(writer: ByteWriter, text: string, field: string): Uint8Array {
  return latin1Bytes(text) ?? writer.fail(field, "a code unit above 255");
}
