import { createPrivateKey, type KeyObject, randomBytes, sign, verify, X509Certificate } from "node:crypto";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { type CaCertificateFacts, readCaCertificate } from "../x509/certificate-reader.ts";
import { certificatePemBlocks } from "../x509/pem.ts";
import type { AuthorityPem } from "./authority-files.ts";

/** A CA that can sign: everything held against everything. */
export type Authority = CaCertificateFacts & {
  readonly certificate: X509Certificate;
  /** What a server has to send after a leaf: the way up to the root, without it, DER. Empty below a root. */
  readonly chain: readonly Buffer[];
  /** Secret. */
  readonly privateKey: KeyObject;
};

/** What reading a CA needs to know besides its two files. */
export type ReadAuthorityOptions = {
  /** Secret; for an encrypted key. */
  readonly passphrase: string | undefined;
  /** Where the files are, for messages. */
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly now: number;
  /** Whether a CA that has expired, or is not valid yet, is read all the same. */
  readonly allowOutsideValidity: boolean;
};

/** The environment variable that holds the passphrase of an encrypted CA key. */
export const passphraseVariable = "FAULTWIRE_CA_PASSPHRASE";

const minRsaBits = 2048;
const curves: readonly (string | undefined)[] = ["prime256v1", "secp384r1", "secp521r1"];

const refuse = (
  code: ConstructorParameters<typeof CertificateAuthorityError>[0],
  message: string,
): CertificateAuthorityError => new CertificateAuthorityError(code, message);

/**
 * Reads a private key in any of the PEM forms that OpenSSL writes: PKCS #1, SEC 1, PKCS #8, encrypted or not.
 *
 * OpenSSL's own errors are not passed on: what is said about a secret is said here.
 */
function readPrivateKey(pem: string, { passphrase, keyPath }: ReadAuthorityOptions): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    throw refuse("key-malformed", `${keyPath} holds no private key in PEM form ("BEGIN … PRIVATE KEY").`);
  const encrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem);
  if (encrypted && passphrase === undefined)
    throw refuse(
      "passphrase-missing",
      `The key ${keyPath} is encrypted. Put its passphrase into ${passphraseVariable}.`,
    );
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: "pem", ...(encrypted && { passphrase }) });
  } catch {
    if (encrypted)
      throw refuse(
        "passphrase-wrong",
        `The passphrase in ${passphraseVariable} does not open ${keyPath} (or it is encrypted in a way that this ` +
          "OpenSSL no longer reads; `openssl pkcs8 -topk8` rewrites it).",
      );
    throw refuse(
      "key-malformed",
      `${keyPath} is no private key that OpenSSL can read; RSA or EC is expected.`,
    );
  }
  const details = key.asymmetricKeyDetails;
  const good =
    (key.asymmetricKeyType === "rsa" && (details?.modulusLength ?? 0) >= minRsaBits) ||
    (key.asymmetricKeyType === "ec" && curves.includes(details?.namedCurve));
  if (good) return key;
  throw refuse(
    "key-unsupported",
    `The key ${keyPath} is ${key.asymmetricKeyType} ${details?.namedCurve ?? details?.modulusLength ?? ""}; ` +
      `RSA of at least ${minRsaBits} bits or EC on P-256, P-384 or P-521 is expected, because TLS clients refuse others.`,
  );
}

/**
 * Whether what the key signs verifies with the certificate. `checkPrivateKey` compares public keys, and a file whose
 * private number was damaged still has the right public one beside it.
 */
function signsFor(key: KeyObject, certificate: X509Certificate): boolean {
  const message = randomBytes(32);
  try {
    return verify("sha256", message, certificate.publicKey, sign("sha256", message, key));
  } catch {
    return false;
  }
}

function readCertificates(pem: string, path: string): [X509Certificate, ...X509Certificate[]] {
  try {
    const [first, ...rest] = certificatePemBlocks(pem).map((block) => new X509Certificate(block));
    if (first) return [first, ...rest];
  } catch (cause) {
    throw new CertificateAuthorityError(
      "certificate-malformed",
      `${path} holds a certificate that can't be read.`,
      {
        cause,
      },
    );
  }
  throw refuse("certificate-malformed", `${path} holds no certificate in PEM form ("BEGIN CERTIFICATE").`);
}

/** Whether issuer and subject are the same, as in a root. */
export const isSelfIssued = (certificate: X509Certificate): boolean =>
  certificate.subject === certificate.issuer;

/** Whether a certificate is valid at a time, in milliseconds since 1970. */
export function validityOf(certificate: X509Certificate, now: number): "valid" | "expired" | "not-yet-valid" {
  if (now > Date.parse(certificate.validTo)) return "expired";
  return now < Date.parse(certificate.validFrom) ? "not-yet-valid" : "valid";
}

/** Refuses a CA certificate outside its validity. */
export function checkValidity(certificate: X509Certificate, path: string, now: number): void {
  const mend = "Make a new one (`faultwire ca init --force`) or name another.";
  const state = validityOf(certificate, now);
  if (state === "expired")
    throw refuse("ca-expired", `The CA in ${path} expired on ${certificate.validTo}. ${mend}`);
  if (state === "not-yet-valid")
    throw refuse(
      "ca-not-yet-valid",
      `The CA in ${path} is not valid before ${certificate.validFrom}. ${mend}`,
    );
}

/**
 * Reads a CA, ours or anyone's, and holds it against what issuing needs.
 *
 * @throws {@link CertificateAuthorityError} `certificate-malformed`, `key-malformed`, `passphrase-missing`,
 *   `passphrase-wrong`, `key-unsupported`, `key-mismatch`, `not-a-ca`, `ca-expired`, `ca-not-yet-valid`
 */
export function readAuthority(pem: AuthorityPem, options: ReadAuthorityOptions): Authority {
  const { certificatePath, keyPath, now, allowOutsideValidity } = options;
  const [certificate, ...others] = readCertificates(pem.certificatePem, certificatePath);
  const privateKey = readPrivateKey(pem.keyPem, options);
  if (!certificate.checkPrivateKey(privateKey) || !signsFor(privateKey, certificate))
    throw refuse("key-mismatch", `The key ${keyPath} does not belong to the certificate ${certificatePath}.`);
  let facts: CaCertificateFacts;
  try {
    facts = readCaCertificate(certificate);
  } catch (cause) {
    throw new CertificateAuthorityError(
      "certificate-malformed",
      `${certificatePath} holds a certificate whose extensions can't be read.`,
      { cause },
    );
  }
  const missing = !certificate.ca
    ? "basicConstraints does not say CA:TRUE"
    : !facts.maySignCertificates
      ? "keyUsage lacks keyCertSign"
      : !facts.mayServe
        ? "extendedKeyUsage lacks serverAuth"
        : undefined;
  if (missing)
    throw refuse(
      "not-a-ca",
      `The certificate ${certificatePath} can't sign server certificates: ${missing}.`,
    );
  if (!allowOutsideValidity) checkValidity(certificate, certificatePath, now);
  // RFC 8446 §4.4.2: the root may be left out, since a client that does not have it will not take it from us.
  const chain = [certificate, ...others].filter((one) => !isSelfIssued(one)).map(({ raw }) => raw);
  return { ...facts, certificate, chain, privateKey };
}
