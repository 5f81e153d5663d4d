/** The processes of this machine, as far as the system tells: who started whom. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** A process, at the moment when it was looked at. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The group that the terminal's signals go to; below 1 without a terminal. */
  readonly foregroundGroup: number;
  /** Tells two processes with one id, one after the other, apart. */
  readonly startedAt: string;
  /** A short name: on Linux 15 characters of the program's file name. */
  readonly name: string;
  /** It has ended, and its parent has not asked for its status yet. */
  readonly isZombie: boolean;
}

/**
 * Reads a `/proc/PID/stat`. The name stands in parentheses and may hold anything, parentheses and line ends as well, so
 * the fields are counted from the last `)` (proc_pid_stat(5)).
 *
 * @returns undefined where the text is no such line.
 */
export function parseStat(text: string): ProcessRow | undefined {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  const [state, parent, group, , , foregroundGroup] = fields;
  const startedAt = fields[19];
  if (open < 1 || close < open || foregroundGroup === undefined || startedAt === undefined) return undefined;
  return {
    pid: Number(text.slice(0, open)),
    parent: Number(parent),
    group: Number(group),
    foregroundGroup: Number(foregroundGroup),
    startedAt: startedAt.trim(),
    name: text.slice(open + 1, close).replaceAll(/[^\x20-\x7e]/g, "?"),
    isZombie: state === "Z" || state === "X",
  };
}

/** Reads what `ps -Ao pid=,ppid=,pgid=,tpgid=,lstart=,comm=` prints: `lstart` is five words, `comm` may hold blanks. */
export function parsePs(text: string): ProcessRow[] {
  return text.split("\n").flatMap((line) => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(-?\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.+)$/.exec(line);
    if (!found) return [];
    const [, pid, parent, group, foregroundGroup, startedAt = "", path = ""] = found;
    const name = path.trim().split("/").at(-1) ?? path;
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        group: Number(group),
        foregroundGroup: Number(foregroundGroup),
        startedAt,
        name: name.replaceAll(/[^\x20-\x7e]/g, "?"),
        isZombie: name === "<defunct>" || /^\(.*\)$/.test(name),
      },
    ];
  });
}

/** Every process that can be seen. Empty where the system does not tell, as on Windows. */
export async function allProcesses(platform: NodeJS.Platform = process.platform): Promise<ProcessRow[]> {
  if (platform === "win32") return [];
  if (platform === "linux") return listedProcesses();
  const columns = "pid=,ppid=,pgid=,tpgid=,lstart=,comm=";
  const options = { env: { ...process.env, LC_ALL: "C" }, maxBuffer: maxPsBytes };
  const { stdout } = await promisify(execFile)("ps", ["-Ao", columns], options).catch(() => ({ stdout: "" }));
  return parsePs(stdout);
}

/** Bytes that `ps` may print; a machine at its limit of processes prints a tenth of that. */
const maxPsBytes = 16 * 1024 * 1024;

/** Every process on Linux. */
function listedProcesses(): ProcessRow[] {
  let names: string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return [];
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((pid) => processRow(Number(pid)) ?? []);
}

/** One process on Linux; undefined where it has gone. */
export function processRow(pid: number): ProcessRow | undefined {
  try {
    // Synchronous: the kernel answers from memory, and a thread of Node's pool costs more than the answer.
    return parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Of a table, the processes that `root` has started, directly or not, and `root` itself; parents first. */
export function descendantsOf(root: number, table: readonly ProcessRow[]): ProcessRow[] {
  const children = new Map<number, ProcessRow[]>();
  for (const row of table) children.set(row.parent, [...(children.get(row.parent) ?? []), row]);
  const found = table.filter(({ pid }) => pid === root);
  const seen = new Set([root]);
  for (const { pid } of found)
    for (const child of children.get(pid) ?? []) {
      // A table that was read while processes came and went may lead round in a circle.
      if (seen.has(child.pid)) continue;
      seen.add(child.pid);
      found.push(child);
    }
  return found;
}
