import { randomBytes } from "node:crypto";
import { lstat, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { CertificateAuthority } from "../certificate-authority.ts";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { isFolder, makeFolder, storageError, writeNewFile } from "../store/private-file.ts";
import { kindOf } from "../store/regular-file.ts";
import { bundlePem, machineRoots } from "./bundle.ts";
import { pkcs12TrustStore } from "./pkcs12.ts";

/** The forms in which a CA's certificate can be given away, each with what it is for. None holds a key. */
export const exportFormats = {
  pem: "the certificate as text, for almost everything",
  der: "the certificate in binary, for Windows, Android and Java's keytool",
  p12: 'the certificate as a PKCS #12 trust store with the password "faultwire", for Java',
  bundle: "the certificate and the roots of this machine as text, for variables that replace the roots",
} as const;

/** One of {@link exportFormats}. */
export type ExportFormat = keyof typeof exportFormats;

/** What of a CA is needed to give it away. */
export type PublicCertificate = Pick<CertificateAuthority, "certificate" | "certificatePem">;

/** The name of the CA in a trust store: short, and another one for another CA. */
export const storeName = ({ certificate }: Pick<PublicCertificate, "certificate">): string =>
  `faultwire-${certificate.fingerprint256.replaceAll(":", "").slice(0, 8).toLowerCase()}`;

/** The CA's certificate in one of the {@link exportFormats}. */
export async function encodeCertificate(ca: PublicCertificate, format: ExportFormat): Promise<Buffer> {
  switch (format) {
    case "pem":
      return Buffer.from(ca.certificatePem);
    case "der":
      return ca.certificate.raw;
    case "p12":
      return pkcs12TrustStore([{ name: storeName(ca), der: ca.certificate.raw }]);
    case "bundle":
      return Buffer.from(bundlePem(ca.certificatePem, await machineRoots()));
    default:
      return format satisfies never;
  }
}

/**
 * Puts a file in place at once: readers see the old or the new one, never half of it. It takes the place of files, and of
 * links, alone: root could lose a device otherwise.
 */
export async function replaceFile(
  path: string,
  content: Uint8Array | string,
  mode: number = 0o644,
): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  const isReplaced = !found || found.isFile() || (found.isSymbolicLink() && !(await isFolder(path)));
  if (!isReplaced) {
    const kind = found.isSymbolicLink() ? "a folder" : kindOf(found);
    throw new CertificateAuthorityError("storage-failed", `Can't write ${path}: it is ${kind}.`);
  }
  const scratch = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await makeFolder(dirname(path));
    await writeNewFile(scratch, content, mode);
    await rename(scratch, path);
  } catch (error) {
    await rm(scratch, { force: true }).catch(() => undefined);
    throw storageError("write", path, error);
  }
}

/**
 * Writes the CA's certificate to a file that anyone may read, over one that is there; folders are made.
 *
 * @throws {@link CertificateAuthorityError} `storage-failed`
 * @example await exportCertificate(ca, "ca.pem");
 */
export async function exportCertificate(
  ca: PublicCertificate,
  path: string,
  format: ExportFormat = "pem",
): Promise<void> {
  await replaceFile(path, await encodeCertificate(ca, format));
}
