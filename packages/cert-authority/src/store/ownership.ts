/** Whose files are, and where links lead: what another user could change is no CA of ours. */
import type { Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import type { Environment } from "./home.ts";
import { isMissing, refuseWritableByOthers, shellQuoted, storageError } from "./private-file.ts";

/**
 * Refuses a file or folder of another user, who could change it at any time. Those of root are taken: root can change
 * everything anyway. On Windows access lists decide.
 */
export function refuseForeign(path: string, stats: Stats, environment: Environment): void {
  const user = process.geteuid?.();
  if (user === undefined || stats.uid === user || stats.uid === 0) return;
  throw new CertificateAuthorityError(
    "owned-by-other",
    `${path} belongs to user ${stats.uid}, who could change it; user ${user} is expected. ${mendOf(path, stats, user, environment)}`,
  );
}

function mendOf(path: string, stats: Stats, user: number, environment: Environment): string {
  const chown = `chown -R ${user} ${shellQuoted(path)}`;
  const { SUDO_UID, SUDO_USER } = environment as Record<string, string | undefined>;
  if (user !== 0 || SUDO_UID !== String(stats.uid))
    return `Mend it with: ${user === 0 ? "" : "sudo "}${chown}`;
  const name = SUDO_USER ?? `user ${SUDO_UID}`;
  return (
    `This runs as root, by sudo, with the home of ${name}: run it without sudo, or with \`sudo -H\` for a CA of root's own. ` +
    `To give the files to root instead: ${chown}`
  );
}

/**
 * Refuses a folder that others can write, or that belongs to another user. One that is not there is told of by what is
 * missing in it.
 */
export async function refuseFolder(folder: string, environment: Environment): Promise<void> {
  const stats = await statsOf(folder);
  if (!stats) return;
  refuseForeign(folder, stats, environment);
  refuseWritableByOthers(folder, stats);
}

/**
 * Refuses a home inside of a user's own one (`$HOME`) that everybody may write: others could put another folder in its place.
 * Of other folders above a home, such as `/tmp`, their users have to know.
 */
export async function refuseOpenUserHome(home: string, environment: Environment): Promise<void> {
  const user = environment["HOME"];
  if (!user || !isAbsolute(user) || !isInside(resolve(home), resolve(user))) return;
  const stats = await statsOf(user);
  if (!stats || process.platform === "win32") return;
  const isSticky = (stats.mode & 0o1000) !== 0;
  if ((stats.mode & 0o002) === 0 || isSticky) return;
  const mode = (stats.mode & 0o777).toString(8).padStart(4, "0");
  throw new CertificateAuthorityError(
    "writable-by-others",
    `The home ${user} has mode ${mode}, so others can put another folder in the place of ${home}; 0755 or less is expected. ` +
      `Mend it with: chmod go-w ${shellQuoted(user)}`,
  );
}

const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

/** Refuses a home in which a CA is not to be made: its own, or where it is not there yet, the nearest folder above it. */
export async function refusePlace(home: string, environment: Environment): Promise<void> {
  await refuseOpenUserHome(home, environment);
  if (await statsOf(home)) return refuseFolder(home, environment);
  for (let above = dirname(home); ; above = dirname(above)) {
    const stats = await statsOf(above);
    if (stats) return refuseForeign(above, stats, environment);
    if (above === dirname(above)) return;
  }
}

/** Refuses what a link leads to outside of the home. The home itself may be a link. */
export async function refuseOutside(path: string, home: string): Promise<void> {
  const [real, realHome] = await Promise.all([realOf(path), realOf(home)]);
  if (real === undefined || realHome === undefined) return;
  const way = relative(realHome, real);
  if (way !== ".." && !way.startsWith(`..${sep}`)) return;
  throw new CertificateAuthorityError(
    "outside-home",
    `${path} is a link that leads out of ${home}, to ${real}; a file of the CA is expected. ` +
      `Put the file in its place, or name it with --ca-cert and --ca-key.`,
  );
}

const realOf = (path: string): Promise<string | undefined> => orMissing(realpath(path), path);
const statsOf = (path: string): Promise<Stats | undefined> => orMissing(stat(path), path);

async function orMissing<T>(work: Promise<T>, path: string): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw storageError("look at", path, error);
  }
}
