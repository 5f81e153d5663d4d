import type { Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { getSystemErrorMap } from "node:util";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { certificateAuthorityLimits as limits } from "../limits.ts";

/** Windows has no modes: there the folder's access list decides, and a user's profile is the user's own. */
const hasModes: boolean = process.platform !== "win32";

const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** True for the error that says that there is no such file or folder. */
export const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "");

/** An error of the file system with a name, a place and the system's reason. */
export function storageError(what: string, path: string, error: unknown): CertificateAuthorityError {
  const { errno, code, message = String(error) } = error as NodeJS.ErrnoException;
  const [name, words] = (errno !== undefined && getSystemErrorMap().get(errno)) || [];
  const reason = name === undefined ? (code ?? message) : `${words} (${name})`;
  return new CertificateAuthorityError("storage-failed", `Can't ${what} ${path}: ${reason}.`, {
    cause: error,
  });
}

/** A path as a POSIX shell takes it in one piece. */
export const shellQuoted = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** How the modes of a file or folder are named in messages. */
const octal = (stats: Stats): string => (stats.mode & 0o777).toString(8).padStart(4, "0");

/** Refuses a key that anyone but its owner can read or change. */
export function refuseReadableByOthers(path: string, stats: Stats): void {
  if (!hasModes || (stats.mode & 0o077) === 0) return;
  throw new CertificateAuthorityError(
    "readable-by-others",
    `The private key ${path} has mode ${octal(stats)}, so others can use it; 0600 is expected. ` +
      `Mend it with: chmod 600 ${shellQuoted(path)} (and make a new CA if others may have read it).`,
  );
}

/** Refuses a folder in which anyone but its owner can put another CA in our CA's place. */
export function refuseWritableByOthers(path: string, stats: Stats): void {
  if (!hasModes || (stats.mode & 0o022) === 0) return;
  throw new CertificateAuthorityError(
    "writable-by-others",
    `The folder ${path} has mode ${octal(stats)}, so others can replace the CA in it; 0700 is expected. ` +
      `Mend it with: chmod 700 ${shellQuoted(path)}`,
  );
}

/**
 * Reads a small file. What is checked is the file that was opened, not whatever has the name a moment later.
 *
 * @param check refuses the file by its stats before it is read
 * @throws {@link CertificateAuthorityError} `storage-failed`; a missing file gives the system's own error
 */
export async function readSmallFile(path: string, check?: (stats: Stats) => void): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const stats = await handle.stat();
    check?.(stats);
    if (stats.size > limits.fileBytes)
      throw new CertificateAuthorityError(
        "storage-failed",
        `${path} has ${stats.size} bytes; a certificate or key has at most ${limits.fileBytes}.`,
      );
    return await handle.readFile("utf8");
  } catch (error) {
    if (error instanceof CertificateAuthorityError || isMissing(error)) throw error;
    throw storageError("read", path, error);
  } finally {
    await handle?.close();
  }
}

/** Brings the names in a folder down to the disk, so that a later change of them is not the only one to get there. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and writes its names in order.
  if (!hasModes) return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a file that must not exist yet, down to the disk. */
export async function writeNewFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
