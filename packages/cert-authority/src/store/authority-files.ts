import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { certificateAuthorityLimits as limits } from "../limits.ts";
import {
  type AuthorityPaths,
  authorityFolder,
  type Generation,
  generationAt,
  generationsOf,
} from "./generations.ts";
import type { Environment } from "./home.ts";
import { scratchPrefix } from "./leftovers.ts";
import { refuseFolder, refuseForeign, refuseOpenUserHome, refuseOutside, refusePlace } from "./ownership.ts";
import {
  isMissing,
  makeFolder,
  readSmallFile,
  refuseReadableByOthers,
  storageError,
  syncFolder,
  writeNewFile,
} from "./private-file.ts";

/** What the two files of a CA hold. `keyPem` is secret. */
export type AuthorityPem = { readonly certificatePem: string; readonly keyPem: string };

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
 * @throws {@link CertificateAuthorityError} `ca-incomplete`, `owned-by-other`, `readable-by-others`, `storage-failed`
 */
export async function readAuthorityFiles(
  paths: AuthorityPaths,
  environment: Environment,
): Promise<AuthorityPem | undefined> {
  const { certificatePath, keyPath } = paths;
  const certificatePem = await orUndefined(
    readSmallFile(certificatePath, (stats) => refuseForeign(certificatePath, stats, environment)),
  );
  const keyPem = await orUndefined(
    readSmallFile(keyPath, (stats) => {
      refuseForeign(keyPath, stats, environment);
      refuseReadableByOthers(keyPath, stats);
    }),
  );
  if (certificatePem !== undefined && keyPem !== undefined) return { certificatePem, keyPem };
  if (certificatePem === undefined && keyPem === undefined) return undefined;
  throw keyPem === undefined ? incomplete(certificatePath, keyPath) : incomplete(keyPath, certificatePath);
}

const incomplete = (there: string, missing: string): CertificateAuthorityError =>
  new CertificateAuthorityError(
    "ca-incomplete",
    `There is ${there} but no ${missing}; a CA needs both. Put it back, or make a new CA (\`faultwire ca init --force\`).`,
  );

/** A CA that is stored, and where. */
export type StoredAuthority = { readonly pem: AuthorityPem; readonly paths: AuthorityPaths };

/**
 * Reads the CA in use of a home; undefined when there is none. Both files are of one generation, whose files never
 * change. When the one that was being read is retired meanwhile, the one in its place is read.
 *
 * @throws {@link CertificateAuthorityError} `ca-incomplete`, `writable-by-others`, `readable-by-others`,
 *   `owned-by-other`, `outside-home`, `storage-failed`
 */
export async function readStoredAuthority(
  home: string,
  environment: Environment,
): Promise<StoredAuthority | undefined> {
  let before: number | undefined;
  for (;;) {
    const newest = (await generationsOf(home)).at(-1);
    if (!newest) return undefined;
    try {
      await refuseOpenUserHome(home, environment);
      await refuseFolder(home, environment);
      await refuseFolder(authorityFolder(home), environment);
      await refuseFolder(newest.folder, environment);
      for (const path of [newest.certificatePath, newest.keyPath]) await refuseOutside(path, home);
      const pem = await readAuthorityFiles(newest, environment);
      if (pem) return { pem, paths: newest };
      throw incomplete(newest.folder, newest.certificatePath);
    } catch (error) {
      const isGone = error instanceof CertificateAuthorityError && error.code === "ca-incomplete";
      // Whoever retires a CA has put another one in its place before: a higher number is there now.
      if (!isGone || newest.number === before) throw error;
      before = newest.number;
    }
  }
}

/** What rename(2) says when the folder to be is there already: POSIX leaves the choice, Windows has its own. */
const taken: ReadonlySet<string | undefined> = new Set(["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"]);

/** What came of storing a CA. */
export type StoreOutcome =
  | { readonly kind: "stored"; readonly at: Generation; readonly before: Generation | undefined }
  | { readonly kind: "taken"; readonly by: Generation };

/**
 * Puts a CA into a home. Both files are written into a folder of their own, which then gets the next number in one
 * step; a number is given once. The CA before stays usable until then, and its key is there until
 * {@link deleteRetiredKeys}.
 *
 * @param replace Whether a CA that is there is to be replaced; else it stays, and `taken` is told
 * @throws {@link CertificateAuthorityError} `storage-failed`, `writable-by-others`, `owned-by-other`
 */
export async function storeAuthority(
  home: string,
  pem: AuthorityPem,
  replace: boolean,
  environment: Environment,
): Promise<StoreOutcome> {
  const all = authorityFolder(home);
  await refusePlace(home, environment);
  for (let attempt = 1; ; attempt++) {
    const before = (await generationsOf(home)).at(-1);
    if (before && !replace) return { kind: "taken", by: before };
    const at = generationAt(home, (before?.number ?? 0) + 1);
    let scratch: string | undefined;
    try {
      await makeFolder(all, 0o700);
      await refuseFolder(all, environment);
      // mkdtemp makes the folder with mode 0700.
      scratch = await mkdtemp(join(all, scratchPrefix));
      await writeNewFile(join(scratch, "key.pem"), pem.keyPem, 0o600);
      await writeNewFile(join(scratch, "certificate.pem"), pem.certificatePem, 0o644);
      await rename(scratch, at.folder);
      await syncFolder(all);
      return { kind: "stored", at, before };
    } catch (error) {
      // Another process has taken the number, or has swept the folder of one that stood still for a minute.
      const isTaken = taken.has((error as NodeJS.ErrnoException).code) && (await isThere(at.folder));
      const isSwept = scratch !== undefined && !(await isThere(scratch));
      if (scratch) await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
      if ((isTaken || isSwept) && attempt < limits.storeAttempts) continue;
      if (error instanceof CertificateAuthorityError) throw error;
      throw storageError("store the CA in", home, error);
    }
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
