import { randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { certificateAuthorityLimits as limits } from "../limits.ts";
import { authorityFolder, deleteRetiredKeys, generationsOf } from "./generations.ts";

/** The first part of the name of a folder in which this process prepares a CA. */
export const scratchPrefix: string = `.new-${process.pid}-`;

/** Whether a process with this number runs on this machine. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether the process that made a folder for preparing a CA can't be at it any more. */
async function isAbandoned(path: string, pid: number | undefined): Promise<boolean> {
  if (pid !== undefined && !isAlive(pid)) return true;
  return Date.now() - (await stat(path)).mtimeMs > limits.prepareMs;
}

/** Folders in which a CA is, or was by versions before, prepared; with the number of the process where it is told. */
const scratchName = /^\.(?:new|ca)-(?:(\d+)-)?/;

/**
 * Deletes a folder of which nothing may be used any more. It gets another name first: of this and the rename by which
 * a CA comes into use only one succeeds, so no CA comes into use with one of its files gone.
 */
async function discard(folder: string, name: string): Promise<void> {
  const doomed = join(folder, scratchPrefix + randomBytes(6).toString("hex"));
  await rename(join(folder, name), doomed);
  await rm(doomed, { recursive: true, force: true });
}

async function sweepFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const match = scratchName.exec(name);
    const pid = match?.[1] === undefined ? undefined : Number(match[1]);
    if (match && (await isAbandoned(join(folder, name), pid))) await discard(folder, name);
    // Versions before renamed the whole folder of a CA and deleted its key then.
    if (name.startsWith("ca-retired-")) await rm(join(folder, name, "key.pem"), { force: true });
  }
}

/**
 * Deletes what processes left that were killed while they made or replaced a CA: folders with a CA that never came
 * into use, and the keys of retired CAs.
 *
 * Another process may do the same and be first; and a home that is mounted for reading can't be swept. Neither keeps
 * anybody from using the CA, so both are left to the next process.
 */
export async function sweepLeftovers(home: string): Promise<void> {
  const current = (await generationsOf(home)).at(-1);
  const sweeps = [
    () => sweepFolder(authorityFolder(home)),
    () => sweepFolder(home),
    () => deleteRetiredKeys(home, current?.number ?? 0),
  ];
  for (const sweep of sweeps) await sweep().catch(() => undefined);
}
