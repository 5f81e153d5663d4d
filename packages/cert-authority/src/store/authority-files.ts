import { mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import {
  isMissing,
  readSmallFile,
  refuseReadableByOthers,
  refuseWritableByOthers,
  storageError,
  writeNewFile,
} from "./private-file.ts";

/** Where the two files of a CA are. */
export type AuthorityPaths = { readonly certificatePath: string; readonly keyPath: string };

/** What the two files of a CA hold. `keyPem` is secret. */
export type AuthorityPem = { readonly certificatePem: string; readonly keyPem: string };

/** The folder of the CA inside Faultwire's home. Both files appear in it at once or not at all. */
export const authorityFolder = (home: string): string => join(home, "ca");

/** The files of the CA that Faultwire makes itself. */
export const authorityPaths = (home: string): AuthorityPaths => ({
  certificatePath: join(authorityFolder(home), "certificate.pem"),
  keyPath: join(authorityFolder(home), "key.pem"),
});

const orUndefined = async (reading: Promise<string>): Promise<string | undefined> => {
  try {
    return await reading;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/**
 * Reads both files of a CA; undefined when there is neither.
 *
 * @throws {@link CertificateAuthorityError} `ca-incomplete`, `readable-by-others`, `storage-failed`
 */
export async function readAuthorityFiles(paths: AuthorityPaths): Promise<AuthorityPem | undefined> {
  const { certificatePath, keyPath } = paths;
  const certificatePem = await orUndefined(readSmallFile(certificatePath));
  const keyPem = await orUndefined(readSmallFile(keyPath, (stats) => refuseReadableByOthers(keyPath, stats)));
  if (certificatePem !== undefined && keyPem !== undefined) return { certificatePem, keyPem };
  if (certificatePem === undefined && keyPem === undefined) return undefined;
  const [there, missing] = keyPem === undefined ? [certificatePath, keyPath] : [keyPath, certificatePath];
  throw new CertificateAuthorityError(
    "ca-incomplete",
    `There is ${there} but no ${missing}; a CA needs both. Put it back, or make a new CA.`,
  );
}

/** Reads the CA that stands in a home; undefined when there is none. */
export async function readStoredAuthority(home: string): Promise<AuthorityPem | undefined> {
  const folder = authorityFolder(home);
  try {
    refuseWritableByOthers(folder, await stat(folder));
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (error instanceof CertificateAuthorityError) throw error;
    throw storageError("look at", folder, error);
  }
  return readAuthorityFiles(authorityPaths(home));
}

/** What rename(2) says when the folder to be is there already: POSIX leaves the choice, Windows has its own. */
const taken: ReadonlySet<string | undefined> = new Set(["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"]);

/**
 * Puts a CA into a home, unless there is one: both files are written into a folder of their own, which then takes its
 * place in one step. Of two processes that do this at once one wins, and the other is told.
 *
 * @returns false when a CA was there already; nothing has changed then
 * @throws {@link CertificateAuthorityError} `storage-failed`
 */
export async function storeAuthority(home: string, pem: AuthorityPem): Promise<boolean> {
  let scratch: string | undefined;
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    // mkdtemp makes the folder with mode 0700.
    scratch = await mkdtemp(join(home, ".ca-"));
    await writeNewFile(join(scratch, "key.pem"), pem.keyPem, 0o600);
    await writeNewFile(join(scratch, "certificate.pem"), pem.certificatePem, 0o644);
    await rename(scratch, authorityFolder(home));
    return true;
  } catch (error) {
    if (scratch) await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
    if (taken.has((error as NodeJS.ErrnoException).code) && (await isThere(authorityFolder(home))))
      return false;
    throw storageError("store the CA in", home, error);
  }
}

/**
 * Takes the CA of a home out of use: its key is deleted, its certificate kept beside, so that it can still be taken
 * out of trust stores.
 *
 * @returns the path of the kept certificate; undefined when there was no CA
 */
export async function retireAuthority(home: string): Promise<string | undefined> {
  const folder = authorityFolder(home);
  const retired = join(home, `ca-retired-${Date.now().toString(36)}`);
  try {
    await rename(folder, retired);
    await rm(join(retired, "key.pem"), { force: true });
    return join(retired, "certificate.pem");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw storageError("retire the CA in", home, error);
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
