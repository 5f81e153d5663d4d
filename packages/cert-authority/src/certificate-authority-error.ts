/**
 * Why something could not be done. Callers match these; the texts of messages may change.
 *
 * | code | meaning |
 * |---|---|
 * | `bad-host` | not a DNS name, wildcard or IP literal that a certificate can hold |
 * | `bad-target` | a target that a name constraint cannot express: `*`, `*.com`, an IP address |
 * | `bad-option` | an option outside its range, or options that exclude each other |
 * | `no-targets` | a constrained CA was asked for without a single target |
 * | `outside-constraint` | the CA's name constraints do not permit this name |
 * | `ca-missing` | there is no CA at this place, and none was to be made |
 * | `ca-incomplete` | of certificate and key only one is there |
 * | `ca-exists` | a CA stands where a new one was to be made |
 * | `ca-expired`, `ca-not-yet-valid` | the CA certificate is outside its validity |
 * | `not-a-ca` | the certificate may not sign certificates (basicConstraints, keyUsage) |
 * | `key-mismatch` | key and certificate do not belong together |
 * | `key-unsupported` | neither RSA of at least 2048 bits nor ECDSA on P-256, P-384 or P-521 |
 * | `key-malformed`, `certificate-malformed` | the file holds no such thing |
 * | `passphrase-missing`, `passphrase-wrong` | the key is encrypted |
 * | `readable-by-others`, `writable-by-others` | the file mode gives the key away; the message holds the command that mends it |
 * | `owned-by-other` | a file or folder of the CA belongs to another user; the message says whose it is, what that means for root, and the command |
 * | `outside-home` | a link leads out of Faultwire's home |
 * | `storage-failed` | the file system said no; `cause` is its error |
 * | `not-possible` | this CA cannot make this kind of bad certificate |
 * | `trust-failed` | a trust store's own program failed |
 */
export type CertificateAuthorityErrorCode =
  | "bad-host"
  | "bad-target"
  | "bad-option"
  | "no-targets"
  | "outside-constraint"
  | "ca-missing"
  | "ca-incomplete"
  | "ca-exists"
  | "ca-expired"
  | "ca-not-yet-valid"
  | "not-a-ca"
  | "key-mismatch"
  | "key-unsupported"
  | "key-malformed"
  | "certificate-malformed"
  | "passphrase-missing"
  | "passphrase-wrong"
  | "readable-by-others"
  | "writable-by-others"
  | "owned-by-other"
  | "outside-home"
  | "storage-failed"
  | "not-possible"
  | "trust-failed";

/**
 * The one error class of this package. The message says what was found, what was expected and what to do; it never
 * holds key material or a passphrase.
 *
 * @example
 * ```ts
 * try {
 *   await ca.forHost("not.a.target");
 * } catch (error) {
 *   if (error instanceof CertificateAuthorityError && error.code === "outside-constraint") askForAnotherCa();
 *   else throw error;
 * }
 * ```
 */
export class CertificateAuthorityError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "CertificateAuthorityError";
  /** What went wrong, for programs. */
  readonly code: CertificateAuthorityErrorCode;

  constructor(code: CertificateAuthorityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is CertificateAuthorityError {
    if (this !== CertificateAuthorityError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/cert-authority/CertificateAuthorityError");
