import { createHash } from "node:crypto";
import { rootCertificates } from "node:tls";
import { isMissing, readSmallFile } from "../store/private-file.ts";
import { certificatePemBlocks } from "../x509/pem.ts";

/** Where systems keep all their roots in one file: Debian and Arch, Fedora, openSUSE, Alpine and macOS. */
const systemBundles: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");

/** The certificates of a file; none when there is no such file. */
async function certificatesOf(path: string): Promise<string[]> {
  try {
    return certificatePemBlocks(await readSmallFile(path));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * All roots of this machine: those that came with Node (Mozilla's), those of the system, and those of the files named,
 * each once. PEM blocks.
 *
 * @param files more files to take roots from; a missing one is passed over
 * @throws {@link CertificateAuthorityError} `storage-failed` for a file that can't be read
 */
export async function machineRoots(files: readonly string[] = []): Promise<string[]> {
  const blocks: string[] = [...rootCertificates];
  for (const path of [...systemBundles, ...files]) blocks.push(...(await certificatesOf(path)));
  const unique = new Map<string, string>();
  for (const block of blocks) {
    const digest = createHash("sha256").update(derOf(block)).digest("hex");
    if (!unique.has(digest)) unique.set(digest, block.trim());
  }
  return [...unique.values()];
}

/** A file for variables that replace the roots: the CA first, then the roots, so that real hosts still verify. */
export const bundlePem = (certificatePem: string, roots: readonly string[]): string =>
  `${[certificatePem.trim(), ...roots].join("\n")}\n`;
