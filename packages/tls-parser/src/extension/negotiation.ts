import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** `supported_versions` in a ClientHello (RFC 8446 section 4.2.1), most preferred first. */
export interface SupportedVersionsExtension extends ExtensionBase {
  readonly type: 43;
  readonly kind: "supportedVersions";
  /** Versions, by number, GREASE included. */
  readonly versions: readonly number[];
}

/** `supported_versions` in a ServerHello or HelloRetryRequest (RFC 8446 section 4.2.1). */
export interface SelectedVersionExtension extends ExtensionBase {
  readonly type: 43;
  readonly kind: "supportedVersions";
  /** The version chosen. */
  readonly selectedVersion: number;
}

/** `cookie` (RFC 8446 section 4.2.2). */
export interface CookieExtension extends ExtensionBase {
  readonly type: 44;
  readonly kind: "cookie";
  /** A view; 1 to 65,535 bytes. */
  readonly cookie: Uint8Array;
}

/** `renegotiation_info` (RFC 5746 section 3.2); empty in a first handshake. */
export interface RenegotiationInfoExtension extends ExtensionBase {
  readonly type: 0xff01;
  readonly kind: "renegotiationInfo";
  /** The `verify_data` of the handshake before; a view. */
  readonly renegotiatedConnection: Uint8Array;
}

/** `max_fragment_length` (RFC 6066 section 4). */
export interface MaxFragmentLengthExtension extends ExtensionBase {
  readonly type: 1;
  readonly kind: "maxFragmentLength";
  /** 1 to 4 stand for 512, 1024, 2048 and 4096 bytes. */
  readonly code: number;
}

/** `record_size_limit` (RFC 8449 section 4). */
export interface RecordSizeLimitExtension extends ExtensionBase {
  readonly type: 28;
  readonly kind: "recordSizeLimit";
  /** Bytes of plaintext per record, at least 64; in TLS 1.3 the content type and the padding count. */
  readonly limitBytes: number;
}

/** `padding` (RFC 7685 section 3): that many zero bytes. */
export interface PaddingExtension extends ExtensionBase {
  readonly type: 21;
  readonly kind: "padding";
  /** How many bytes, 0 to 65,535. */
  readonly byteLength: number;
}

/** `heartbeat` (RFC 6520 section 2): 1 the peer may send requests, 2 it may not. */
export interface HeartbeatExtension extends ExtensionBase {
  readonly type: 15;
  readonly kind: "heartbeat";
  /** 1 or 2; other numbers survive. */
  readonly mode: number;
}

export const supportedVersions: ExtensionCodec<SupportedVersionsExtension> = {
  read: (reader) => ({
    type: 43,
    kind: "supportedVersions",
    versions: reader.uint16List8("supportedVersions.versions", 2),
  }),
  write: (writer, { versions }) => writer.uint16List8(versions, "supportedVersions.versions", 2),
};

export const selectedVersion: ExtensionCodec<SelectedVersionExtension> = {
  read: (reader) => ({
    type: 43,
    kind: "supportedVersions",
    selectedVersion: reader.uint16("supportedVersions.selectedVersion"),
  }),
  write: (writer, extension) => writer.uint16(extension.selectedVersion, "supportedVersions.selectedVersion"),
};

export const cookie: ExtensionCodec<CookieExtension> = {
  read: (reader) => ({ type: 44, kind: "cookie", cookie: reader.opaque16("cookie.cookie", 1) }),
  write: (writer, extension) => writer.opaque16(extension.cookie, "cookie.cookie", 1),
};

export const renegotiationInfo: ExtensionCodec<RenegotiationInfoExtension> = {
  read: (reader) => ({
    type: 0xff01,
    kind: "renegotiationInfo",
    renegotiatedConnection: reader.opaque8("renegotiationInfo.renegotiatedConnection"),
  }),
  write: (writer, { renegotiatedConnection }) =>
    writer.opaque8(renegotiatedConnection, "renegotiationInfo.renegotiatedConnection"),
};

export const maxFragmentLength: ExtensionCodec<MaxFragmentLengthExtension> = {
  read: (reader) => ({ type: 1, kind: "maxFragmentLength", code: reader.uint8("maxFragmentLength.code") }),
  write: (writer, { code }) => writer.uint8(code, "maxFragmentLength.code"),
};

const MIN_RECORD_SIZE_LIMIT = 64;

export const recordSizeLimit: ExtensionCodec<RecordSizeLimitExtension> = {
  read(reader) {
    const limitBytes = reader.uint16("recordSizeLimit.limit");
    if (limitBytes < MIN_RECORD_SIZE_LIMIT)
      reader.fail("illegal-value", "recordSizeLimit.limit", `${limitBytes}, at least 64 needed`);
    return { type: 28, kind: "recordSizeLimit", limitBytes };
  },
  write(writer, { limitBytes }) {
    if (limitBytes < MIN_RECORD_SIZE_LIMIT) writer.fail("recordSizeLimit.limit", "at least 64 needed");
    writer.uint16(limitBytes, "recordSizeLimit.limit");
  },
};

export const padding: ExtensionCodec<PaddingExtension> = {
  read(reader) {
    const start = reader.offset;
    for (let at = start; at < reader.end; at++)
      if (reader.bytes[at] !== 0) reader.fail("illegal-value", "padding", "a byte that is not zero", at);
    reader.offset = reader.end;
    return { type: 21, kind: "padding", byteLength: reader.end - start };
  },
  write(writer, { byteLength }) {
    if (!Number.isInteger(byteLength) || byteLength < 0 || byteLength > 0xffff)
      writer.fail("padding", `${byteLength} bytes, 0 to 65535 allowed`);
    writer.zeros(byteLength);
  },
};

export const heartbeat: ExtensionCodec<HeartbeatExtension> = {
  read: (reader) => ({ type: 15, kind: "heartbeat", mode: reader.uint8("heartbeat.mode") }),
  write: (writer, { mode }) => writer.uint8(mode, "heartbeat.mode"),
};
