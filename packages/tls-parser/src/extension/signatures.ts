import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** `signature_algorithms` (RFC 8446 section 4.2.3; in TLS 1.2 the same bytes are hash and signature pairs). */
export interface SignatureAlgorithmsExtension extends ExtensionBase {
  readonly type: 13;
  readonly kind: "signatureAlgorithms";
  /** Schemes, by number, most preferred first. */
  readonly schemes: readonly number[];
}

/** `signature_algorithms_cert` (RFC 8446 section 4.2.3). */
export interface SignatureAlgorithmsCertExtension extends ExtensionBase {
  readonly type: 50;
  readonly kind: "signatureAlgorithmsCert";
  /** Schemes, by number, most preferred first. */
  readonly schemes: readonly number[];
}

/** `delegated_credential` as its receiver offers it (RFC 9345 section 4.1.1). */
export interface DelegatedCredentialExtension extends ExtensionBase {
  readonly type: 34;
  readonly kind: "delegatedCredential";
  /** Schemes, by number, most preferred first. */
  readonly schemes: readonly number[];
}

/** `delegated_credential` in a CertificateEntry (`DelegatedCredential`, RFC 9345 section 4). */
export interface DelegatedCredentialEntryExtension extends ExtensionBase {
  readonly type: 34;
  readonly kind: "delegatedCredential";
  /** Seconds after the certificate's notBefore. */
  readonly validTimeSeconds: number;
  /** Scheme with which the credential's key signs the handshake. */
  readonly dcCertVerifyAlgorithm: number;
  /** DER; a view. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** Scheme of {@link signature}. */
  readonly algorithm: number;
  /** The certificate's signature over the credential; a view. */
  readonly signature: Uint8Array;
}

const SCHEMES = "signatureAlgorithms.supportedSignatureAlgorithms";
const CERT_SCHEMES = "signatureAlgorithmsCert.supportedSignatureAlgorithms";
const DELEGATED = "delegatedCredential.supportedSignatureAlgorithms";

export const signatureAlgorithms: ExtensionCodec<SignatureAlgorithmsExtension> = {
  read: (reader) => ({
    type: 13,
    kind: "signatureAlgorithms",
    schemes: reader.uint16List16(SCHEMES, 2),
  }),
  write: (writer, { schemes }) => writer.uint16List16(schemes, SCHEMES, 2),
};

export const signatureAlgorithmsCert: ExtensionCodec<SignatureAlgorithmsCertExtension> = {
  read: (reader) => ({
    type: 50,
    kind: "signatureAlgorithmsCert",
    schemes: reader.uint16List16(CERT_SCHEMES, 2),
  }),
  write: (writer, { schemes }) => writer.uint16List16(schemes, CERT_SCHEMES, 2),
};

export const delegatedCredential: ExtensionCodec<DelegatedCredentialExtension> = {
  read: (reader) => ({
    type: 34,
    kind: "delegatedCredential",
    schemes: reader.uint16List16(DELEGATED, 2),
  }),
  write: (writer, { schemes }) => writer.uint16List16(schemes, DELEGATED, 2),
};

export const delegatedCredentialEntry: ExtensionCodec<DelegatedCredentialEntryExtension> = {
  read(reader) {
    const validTimeSeconds = reader.uint32("delegatedCredential.validTime");
    const dcCertVerifyAlgorithm = reader.uint16("delegatedCredential.dcCertVerifyAlgorithm");
    const subjectPublicKeyInfo = reader.opaque24("delegatedCredential.subjectPublicKeyInfo", 1);
    const algorithm = reader.uint16("delegatedCredential.algorithm");
    const signature = reader.opaque16("delegatedCredential.signature", 1);
    return {
      type: 34,
      kind: "delegatedCredential",
      validTimeSeconds,
      dcCertVerifyAlgorithm,
      subjectPublicKeyInfo,
      algorithm,
      signature,
    };
  },
  write(writer, credential) {
    writer.uint32(credential.validTimeSeconds, "delegatedCredential.validTime");
    writer.uint16(credential.dcCertVerifyAlgorithm, "delegatedCredential.dcCertVerifyAlgorithm");
    writer.opaque24(credential.subjectPublicKeyInfo, "delegatedCredential.subjectPublicKeyInfo", 1);
    writer.uint16(credential.algorithm, "delegatedCredential.algorithm");
    writer.opaque16(credential.signature, "delegatedCredential.signature", 1);
  },
};
