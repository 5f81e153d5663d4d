import type { Stats } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { getSystemErrorMap } from "node:util";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { certificateAuthorityLimits as limits } from "../limits.ts";
import { readRegularFile } from "./regular-file.ts";

/** Windows has no modes: there the folder's access list decides, and a user's profile is the user's own. */
const hasModes: boolean = process.platform !== "win32";

const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** True for the error that says that there is no such file or folder. */
export const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "");

/** Where the system's own words are not for people. */
const plainWords: Readonly<Record<string, string>> = {
  EISDIR: "it is a folder",
  ENOTDIR: "a part of this path is a file, not a folder",
  EEXIST: "something else is there already",
};

/** What the file system has said, with its short name: `no such file or directory (ENOENT)`. */
function systemReason(error: unknown): string {
  const { errno, code, message } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (known === undefined) return code ?? message;
  const [name, words] = known;
  return `${plainWords[name] ?? words} (${name})`;
}

/** An error of the file system with a name, a place and the system's reason. */
export function storageError(what: string, path: string, error: unknown): CertificateAuthorityError {
  const reason = systemReason(error);
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
  try {
    const options = { maxBytes: limits.fileBytes, ...(check && { check }) };
    return (await readRegularFile(path, options)).toString("utf8");
  } catch (error) {
    if (error instanceof CertificateAuthorityError || isMissing(error)) throw error;
    throw storageError("read", path, error);
  }
}

/**
 * Makes a folder, and those above it, for the user alone where `mode` says so. Node's own way (`recursive`) never ends
 * where a folder can't be made although the one above it is there, as in /proc: the whole process hangs.
 *
 * @param mode - Of each folder that is made, less the process's umask.
 * @throws the file system's own error.
 *
 * @example
 * ```ts
 * await makeFolder("out/reports");
 * ```
 */
export async function makeFolder(path: string, mode: number = 0o777): Promise<void> {
  try {
    await makeLastFolder(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (errorCode(error) !== "ENOENT" || above === path) throw error;
    await makeFolder(above, mode);
    await makeLastFolder(path, mode);
  }
}

/** Makes a folder in one that is there. Systems have several words for a folder that is there already. */
async function makeLastFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (!(await isFolder(path))) throw error;
  }
}

/** Whether there is a folder of this name. */
export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

/** Brings down to the disk what was written. Where there is no way to (below), the system does it when it likes. */
export async function bringToDisk(handle: { sync(): Promise<void> }): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    // Yarn puts a file system of its own before Node's (Plug'n'Play), whose handles have no sync. What a disk refuses has a
    // code, and is not passed over.
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
  }
}

/** Brings the names in a folder down to the disk, so that a later change of them is not the only one to get there. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and writes its names in order.
  if (!hasModes) return;
  const handle = await open(path, "r");
  try {
    await bringToDisk(handle);
  } finally {
    await handle.close();
  }
}

/** Writes a file that must not exist yet, down to the disk. */
export async function writeNewFile(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    await handle.writeFile(content);
    await bringToDisk(handle);
  } finally {
    await handle.close();
  }
}
