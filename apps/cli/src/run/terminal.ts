/** Whether a terminal sends its signals (Ctrl-C, Ctrl-\) to this process, and so to the command that it has started. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseStat } from "./process-table.ts";

/**
 * Whether this process is in the foreground group of its terminal. A command that it has started is in the same group,
 * and gets the terminal's signals without us. `false` where the system does not tell.
 */
export function isInForeground(platform: NodeJS.Platform = process.platform): boolean {
  try {
    if (platform === "win32") return true;
    if (platform === "linux") {
      const stat = parseStat(readFileSync("/proc/self/stat", "utf8"));
      return stat !== undefined && stat.foregroundGroup === stat.group;
    }
    const [group, foreground] = execFileSync("ps", ["-o", "pgid=,tpgid=", "-p", String(process.pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 1000,
    })
      .trim()
      .split(/\s+/);
    return group !== undefined && group === foreground;
  } catch {
    return false;
  }
}
