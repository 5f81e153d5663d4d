import { homedir, userInfo } from "node:os";
import { isAbsolute, join, posix, win32 } from "node:path";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";

/** Environment variables; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Faultwire keeps what outlives a run: `$FAULTWIRE_HOME`, or the platform's place for a program's data:
 * `$XDG_DATA_HOME/faultwire` or `~/.local/share/faultwire`, `~/Library/Application Support/Faultwire` on macOS,
 * `%LOCALAPPDATA%\Faultwire` on Windows. Nothing is created. An empty variable counts as unset, and so does a relative path in
 * one of the platform's own: it would name another folder in each place that a command is started in, and whoever fills that
 * folder, as by a repository that was cloned, would give us a CA of theirs.
 *
 * @throws {@link CertificateAuthorityError} `storage-failed` where the user has no home, and no variable names a place.
 * @example faultwireHome({ FAULTWIRE_HOME: "/srv/faultwire" }) // → "/srv/faultwire"
 */
export function faultwireHome(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { FAULTWIRE_HOME, XDG_DATA_HOME, LOCALAPPDATA } = environment as Record<string, string | undefined>;
  if (FAULTWIRE_HOME) return FAULTWIRE_HOME;
  const path = platform === "win32" ? win32 : posix;
  const placeIn = (folder = ""): string | undefined => (path.isAbsolute(folder) ? folder : undefined);
  if (platform === "darwin") return join(userHome(), "Library", "Application Support", "Faultwire");
  if (platform === "win32")
    return join(placeIn(LOCALAPPDATA) ?? join(userHome(), "AppData", "Local"), "Faultwire");
  return join(placeIn(XDG_DATA_HOME) ?? join(userHome(), ".local", "share"), "faultwire");
}

/** The user's own folder: `$HOME` where that is a place, or what the system's list of users says. */
function userHome(): string {
  try {
    const home = homedir();
    // `HOME=` is no folder for Node either, but a relative path.
    return isAbsolute(home) ? home : userInfo().homedir;
  } catch (cause) {
    throw new CertificateAuthorityError(
      "storage-failed",
      "This user has no home folder, so there is no place for a CA. Name one by the variable FAULTWIRE_HOME.",
      { cause },
    );
  }
}
