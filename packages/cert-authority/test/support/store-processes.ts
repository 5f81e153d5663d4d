/** Processes that work on the CA of a home, and what is in the home afterwards. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { soon } from "@faultwire/testkit/soon";
import { temporaryFolder } from "../openssl.ts";

const program = (name: string): string => join(import.meta.dirname, name);

/** What a process does with a home. */
export type Operation = "load" | "loadOrCreate" | "replace";

/** More steps than any operation has. */
const manySteps = 48;

/**
 * Homes in which a process was killed in front of the first step of an operation, of the second, and so on; in the
 * last one it came to its end.
 *
 * @param arrange makes a home as it is before
 */
export async function killedAtEveryStep(
  operation: Operation,
  arrange: (home: string) => Promise<void>,
): Promise<string[]> {
  const folder = temporaryFolder();
  const homes = Array.from({ length: manySteps }, (_, at) => join(folder, String(at + 1)));
  await Promise.all(homes.map(arrange));
  const args = [program("stop-at-every-step.mjs"), operation, ...homes];
  const { signal, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const steps = Number(stdout);
  if (signal !== "SIGKILL" || !Number.isInteger(steps))
    throw new Error(`${operation} ended by ${signal} after ${stdout.trim()} steps`);
  return homes.slice(0, steps + 1);
}

/** Starts a process and waits until it is ready to begin; `go` gives a line for each time. */
export async function prepare(
  operation: Operation,
  home: string,
  times: number,
): Promise<{ go(): Promise<string[]> }> {
  const child = spawn(process.execPath, [program("again-and-again.mjs"), operation, home, String(times)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (data: Buffer) => {
    text += data.toString();
  });
  const closed = once(child, "close");
  await soon(once(child.stdout, "data"), "the event data of child.stdout", 45_000);
  return {
    async go() {
      child.stdin.end("go\n");
      await closed;
      return text.trim().split("\n").slice(1);
    },
  };
}

/** All files and folders below a home, sorted, with `/`. */
export const filesOf = (home: string): string[] =>
  (readdirSync(home, { recursive: true }) as string[]).map((name) => name.replaceAll("\\", "/")).sort();

/** The keys below a home. */
export const keysOf = (home: string): string[] =>
  filesOf(home)
    .filter((name) => name.endsWith("key.pem"))
    .map((name) => join(home, name));

/** What is neither the folder of the CA nor one of its generations: what a process left behind. */
export const leftoversOf = (home: string): string[] =>
  filesOf(home).filter((name) => !/^ca(?:\/\d+)?(?:\/(?:certificate|key)\.pem)?$/.test(name));
