import { chmod, lstat, stat } from "node:fs/promises";
import { join } from "node:path";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import type { Environment } from "../store/home.ts";
import { refuseForeign, refusePlace } from "../store/ownership.ts";
import { makeFolder, refuseWritableByOthers, storageError } from "../store/private-file.ts";

/**
 * The folder of a home for files that make programs trust the CA: made where it is not there, and nobody else's. Whoever could
 * write there would have programs trust a root of theirs, or PHP read settings of theirs.
 *
 * A folder that others may write is closed where nobody else can come into the home; else somebody may have been there.
 *
 * @throws {@link CertificateAuthorityError} `owned-by-other`, `writable-by-others`, `storage-failed`
 */
export async function trustFolder(home: string, environment: Environment = process.env): Promise<string> {
  await refusePlace(home, environment);
  const folder = join(home, "trust");
  try {
    await makeFolder(home, 0o700);
    const isClosed = ((await stat(home)).mode & 0o077) === 0;
    for (const each of [folder, join(folder, "php")]) {
      await makeFolder(each, 0o755);
      // A link is looked at as well as what it leads to.
      refuseForeign(each, await lstat(each), environment);
      const stats = await stat(each);
      refuseForeign(each, stats, environment);
      if (isClosed && (stats.mode & 0o022) !== 0) await chmod(each, stats.mode & 0o755);
      else refuseWritableByOthers(each, stats);
    }
  } catch (error) {
    if (error instanceof CertificateAuthorityError) throw error;
    throw storageError("use the folder", folder, error);
  }
  return folder;
}
