import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { certificateAuthorityLimits as limits } from "../limits.ts";
import { storageError } from "./private-file.ts";

/** Where the two files of a CA are. */
export type AuthorityPaths = { readonly certificatePath: string; readonly keyPath: string };

/**
 * One of the CAs that a home has had. The one with the highest number is in use; those below are retired, and have
 * their certificate left and no key. 0 is for a CA from before there were numbers.
 */
export type Generation = AuthorityPaths & { readonly number: number; readonly folder: string };

/** The folder of the CAs inside Faultwire's home. */
export const authorityFolder = (home: string): string => join(home, "ca");

/** Where a CA of a home is, whether it is there or not. */
export function generationAt(home: string, number: number): Generation {
  const all = authorityFolder(home);
  const folder = number === 0 ? all : join(all, String(number));
  return {
    number,
    folder,
    certificatePath: join(folder, "certificate.pem"),
    keyPath: join(folder, "key.pem"),
  };
}

/**
 * The CAs of a home in the order in which they were made; the last one is in use.
 *
 * @throws {@link CertificateAuthorityError} `storage-failed`
 */
export async function generationsOf(home: string): Promise<Generation[]> {
  const folder = authorityFolder(home);
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw storageError("look into", folder, error);
  });
  const numbers = names.filter((name) => /^[1-9]\d{0,8}$/.test(name)).map(Number);
  if (names.includes("certificate.pem") || names.includes("key.pem")) numbers.push(0);
  return numbers.sort((a, b) => a - b).map((number) => generationAt(home, number));
}

/**
 * Deletes the keys of the CAs below a number. Their certificates stay, so that they can be taken out of trust stores;
 * of those only so many are kept.
 *
 * @throws {@link CertificateAuthorityError} `storage-failed` with the key that is still there
 */
export async function deleteRetiredKeys(home: string, below: number): Promise<void> {
  const retired = (await generationsOf(home)).filter(({ number }) => number < below);
  const forgotten = retired.slice(0, -limits.retiredCertificates);
  for (const { number, folder, keyPath, certificatePath } of retired)
    try {
      await rm(keyPath, { force: true });
      if (!forgotten.some((one) => one.number === number)) continue;
      await rm(number === 0 ? certificatePath : folder, { recursive: true, force: true });
    } catch (error) {
      throw storageError("delete the key of a retired CA,", keyPath, error);
    }
}
