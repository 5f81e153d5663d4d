import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

/** CertificateStatus up to TLS 1.2 (RFC 6066 section 8, RFC 6961 section 2.2). */
export interface CertificateStatus {
  readonly kind: "certificateStatus";
  /** 1 ocsp: exactly one response; 2 ocsp_multi: one per certificate, empty where there is none. */
  readonly statusType: 1 | 2;
  /** DER-encoded OCSPResponses; views. */
  readonly ocspResponses: readonly Uint8Array[];
}

/** Where a client's certificate lies and what it hashes to (`URLAndHash`, RFC 6066 section 5). */
export interface UrlAndHash {
  /** As sent; a view. */
  readonly url: Uint8Array;
  /** 20 bytes; a view. */
  readonly sha1Hash: Uint8Array;
}

/** CertificateURL up to TLS 1.2 (RFC 6066 section 5). */
export interface CertificateUrl {
  readonly kind: "certificateUrl";
  /** 0 individual_certs, 1 pkipath. */
  readonly chainType: number;
  /** Where the certificates are, in the order of the chain. */
  readonly urlAndHashList: readonly UrlAndHash[];
}

const OCSP = 1;
const OCSP_MULTI = 2;
const RESPONSE = "certificateStatus.ocspResponse";
const RESPONSES = "certificateStatus.ocspResponseList";
const URLS = "certificateUrl.urlAndHashList";
const SHA1_BYTES = 20;
/** RFC 6066 section 5 fixes the byte that older clients used to say whether a hash follows. */
const URL_PADDING = 1;

export function readCertificateStatus(reader: ByteReader): CertificateStatus {
  const statusType = reader.uint8("certificateStatus.statusType");
  if (statusType === OCSP)
    return { kind: "certificateStatus", statusType, ocspResponses: [reader.opaque24(RESPONSE, 1)] };
  if (statusType !== OCSP_MULTI)
    reader.fail("illegal-value", "certificateStatus.statusType", `${statusType}, 1 or 2 expected`);
  const list = reader.vector24(RESPONSES, 1);
  const ocspResponses: Uint8Array[] = [];
  while (list.remaining > 0) ocspResponses.push(list.opaque24(RESPONSE));
  return { kind: "certificateStatus", statusType, ocspResponses };
}

export function writeCertificateStatus(writer: ByteWriter, message: CertificateStatus): void {
  writer.uint8(message.statusType, "certificateStatus.statusType");
  if (message.statusType === OCSP) {
    const [only, ...more] = message.ocspResponses;
    if (only === undefined || more.length > 0) writer.fail(RESPONSE, "exactly one response is needed");
    writer.opaque24(only, RESPONSE, 1);
    return;
  }
  writer.vector24(RESPONSES, 1, 0xff_ffff, () => {
    for (const response of message.ocspResponses) writer.opaque24(response, RESPONSE);
  });
}

export function readCertificateUrl(reader: ByteReader): CertificateUrl {
  const chainType = reader.uint8("certificateUrl.type");
  const list = reader.vector16(URLS, 1);
  const urlAndHashList: UrlAndHash[] = [];
  while (list.remaining > 0) {
    const url = list.opaque16("certificateUrl.url", 1);
    const padding = list.uint8("certificateUrl.padding");
    if (padding !== URL_PADDING)
      list.fail("illegal-value", "certificateUrl.padding", `${padding}, 1 expected`);
    urlAndHashList.push({ url, sha1Hash: list.view(SHA1_BYTES, "certificateUrl.sha1Hash") });
  }
  return { kind: "certificateUrl", chainType, urlAndHashList };
}

export function writeCertificateUrl(writer: ByteWriter, message: CertificateUrl): void {
  writer.uint8(message.chainType, "certificateUrl.type");
  writer.vector16(URLS, 1, 0xffff, () => {
    for (const { url, sha1Hash } of message.urlAndHashList) {
      writer.opaque16(url, "certificateUrl.url", 1);
      writer.uint8(URL_PADDING, "certificateUrl.padding");
      writer.fixed(sha1Hash, SHA1_BYTES, "certificateUrl.sha1Hash");
    }
  });
}
