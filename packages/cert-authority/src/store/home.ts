import { homedir } from "node:os";
import { join } from "node:path";

/** Environment variables; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Faultwire keeps what outlives a run: `$FAULTWIRE_HOME`, or the platform's place for a program's data:
 * `$XDG_DATA_HOME/faultwire` or `~/.local/share/faultwire`, `~/Library/Application Support/Faultwire` on macOS,
 * `%LOCALAPPDATA%\Faultwire` on Windows. Nothing is created. An empty variable counts as unset.
 *
 * @example faultwireHome({ FAULTWIRE_HOME: "/srv/faultwire" }) // → "/srv/faultwire"
 */
export function faultwireHome(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { FAULTWIRE_HOME, XDG_DATA_HOME, LOCALAPPDATA } = environment as Record<string, string | undefined>;
  if (FAULTWIRE_HOME) return FAULTWIRE_HOME;
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "Faultwire");
  if (platform === "win32") return join(LOCALAPPDATA || join(homedir(), "AppData", "Local"), "Faultwire");
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "faultwire");
}
