// What the runtimes need: programs that are looked for, and folders of clients that are installed once.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fillerOf } from "../support/filled.mjs";

export const here = import.meta.dirname;
export const clients = join(here, "clients");
/** Installations of clients, kept between runs. */
const cache = join(here, "../.run");

/** Runs a program to its end. Its words are in the error when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${`${result.stdout}${result.stderr}`.trim().slice(-600)}`);
  return `${result.stdout}${result.stderr}`;
}

/** What a program says of itself, by a pattern with one group; undefined where the program is not there. */
export function versionOf(command, args, pattern) {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? pattern.exec(`${stdout}${stderr}`)?.[1] : undefined;
}

/** As {@link fillerOf} makes it. */
export const filled = fillerOf("interop:run", cache);

/** The text of files, for {@link filled}. */
export const textOf = (...files) => files.map((file) => readFileSync(file, "utf8")).join("\n");
