import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";
import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** `status_request` as a client sends it, for OCSP (RFC 6066 section 8). */
export interface StatusRequestExtension extends ExtensionBase {
  readonly type: 5;
  readonly kind: "statusRequest";
  /** DER-encoded ResponderIDs; views. */
  readonly responderIds: readonly Uint8Array[];
  /** DER-encoded Extensions, or empty; a view. */
  readonly requestExtensions: Uint8Array;
}

/** `status_request` in a CertificateEntry: the stapled response (RFC 8446 section 4.4.2.1). */
export interface CertificateStatusExtension extends ExtensionBase {
  readonly type: 5;
  readonly kind: "statusRequest";
  /** A DER-encoded OCSPResponse; a view. */
  readonly ocspResponse: Uint8Array;
}

/** `signed_certificate_timestamp` with timestamps in it (RFC 6962 section 3.3). */
export interface SignedCertificateTimestampExtension extends ExtensionBase {
  readonly type: 18;
  readonly kind: "signedCertificateTimestamp";
  /** Serialized SCTs; views. */
  readonly scts: readonly Uint8Array[];
}

/** `certificate_authorities` (RFC 8446 section 4.2.4). */
export interface CertificateAuthoritiesExtension extends ExtensionBase {
  readonly type: 47;
  readonly kind: "certificateAuthorities";
  /** DER-encoded distinguished names; views. */
  readonly authorities: readonly Uint8Array[];
}

/** `compress_certificate` (RFC 8879 section 3): 1 zlib, 2 brotli, 3 zstd. */
export interface CompressCertificateExtension extends ExtensionBase {
  readonly type: 27;
  readonly kind: "compressCertificate";
  /** Algorithms that the sender can decompress, by number. */
  readonly algorithms: readonly number[];
}

/** `client_certificate_type` or `server_certificate_type` as a client sends them (RFC 7250 section 3). */
export interface CertificateTypesExtension extends ExtensionBase {
  /** 19 for the client's certificate, 20 for the server's. */
  readonly type: 19 | 20;
  readonly kind: "certificateTypes";
  /** Types, most preferred first: 0 X.509, 2 raw public key. */
  readonly certificateTypes: readonly number[];
}

/** `client_certificate_type` or `server_certificate_type` as a server answers them (RFC 7250 section 3). */
export interface SelectedCertificateTypeExtension extends ExtensionBase {
  /** 19 for the client's certificate, 20 for the server's. */
  readonly type: 19 | 20;
  readonly kind: "certificateTypes";
  /** The type chosen: 0 X.509, 2 raw public key. */
  readonly certificateType: number;
}

const OCSP = 1;

export const statusRequest: ExtensionCodec<StatusRequestExtension> = {
  read(reader) {
    readStatusType(reader);
    const list = reader.vector16("statusRequest.responderIdList");
    const responderIds: Uint8Array[] = [];
    while (list.remaining > 0) responderIds.push(list.opaque16("statusRequest.responderId", 1));
    const requestExtensions = reader.opaque16("statusRequest.requestExtensions");
    return { type: 5, kind: "statusRequest", responderIds, requestExtensions };
  },
  write(writer, { responderIds, requestExtensions }) {
    writer.uint8(OCSP, "statusRequest.statusType");
    writeList16(writer, responderIds, "statusRequest.responderIdList", 0);
    writer.opaque16(requestExtensions, "statusRequest.requestExtensions");
  },
};

export const certificateStatus: ExtensionCodec<CertificateStatusExtension> = {
  read(reader) {
    readStatusType(reader);
    const ocspResponse = reader.opaque24("statusRequest.ocspResponse", 1);
    return { type: 5, kind: "statusRequest", ocspResponse };
  },
  write(writer, { ocspResponse }) {
    writer.uint8(OCSP, "statusRequest.statusType");
    writer.opaque24(ocspResponse, "statusRequest.ocspResponse", 1);
  },
};

export const signedCertificateTimestamp: ExtensionCodec<SignedCertificateTimestampExtension> = {
  read(reader) {
    const list = reader.vector16("signedCertificateTimestamp.sctList", 1);
    const scts: Uint8Array[] = [];
    while (list.remaining > 0) scts.push(list.opaque16("signedCertificateTimestamp.serializedSct", 1));
    return { type: 18, kind: "signedCertificateTimestamp", scts };
  },
  write: (writer, { scts }) => writeList16(writer, scts, "signedCertificateTimestamp.sctList", 1),
};

export const certificateAuthorities: ExtensionCodec<CertificateAuthoritiesExtension> = {
  read(reader) {
    const list = reader.vector16("certificateAuthorities.authorities", 3);
    const authorities: Uint8Array[] = [];
    while (list.remaining > 0) authorities.push(list.opaque16("certificateAuthorities.authority", 1));
    return { type: 47, kind: "certificateAuthorities", authorities };
  },
  write: (writer, { authorities }) =>
    writeList16(writer, authorities, "certificateAuthorities.authorities", 3),
};

export const compressCertificate: ExtensionCodec<CompressCertificateExtension> = {
  read: (reader) => ({
    type: 27,
    kind: "compressCertificate",
    algorithms: reader.uint16List8("compressCertificate.algorithms", 2),
  }),
  write: (writer, { algorithms }) => writer.uint16List8(algorithms, "compressCertificate.algorithms", 2),
};

export const certificateTypes: ExtensionCodec<CertificateTypesExtension> = {
  read: (reader, type) => ({
    type,
    kind: "certificateTypes",
    certificateTypes: reader.uint8List8("certificateTypes.certificateTypes", 1),
  }),
  write: (writer, extension) =>
    writer.uint8List8(extension.certificateTypes, "certificateTypes.certificateTypes", 1),
};

export const selectedCertificateType: ExtensionCodec<SelectedCertificateTypeExtension> = {
  read: (reader, type) => ({
    type,
    kind: "certificateTypes",
    certificateType: reader.uint8("certificateTypes.certificateType"),
  }),
  write: (writer, { certificateType }) => writer.uint8(certificateType, "certificateTypes.certificateType"),
};

function readStatusType(reader: ByteReader): void {
  const statusType = reader.uint8("statusRequest.statusType");
  if (statusType !== OCSP)
    reader.fail("illegal-value", "statusRequest.statusType", `${statusType}, only ocsp (1) is known`);
}

/** `opaque item<1..2^16-1>; item list<min..2^16-1>`. */
function writeList16(writer: ByteWriter, items: readonly Uint8Array[], field: string, min: number): void {
  writer.vector16(field, min, 0xffff, () => {
    for (const item of items) writer.opaque16(item, field, 1);
  });
}
