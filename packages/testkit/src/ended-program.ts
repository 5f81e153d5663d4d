/** A program that runs to its end by itself. */
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";

/** What a program has said, and its status; `null` where a signal ended it. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for a program's end, and collects what it says until then; fails where it could not be started. */
export function ended(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on("data", (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on("data", (bytes: Buffer) => stderr.push(bytes));
  return new Promise((resolve, reject) =>
    child.on("error", reject).on("close", (status) =>
      resolve({
        status,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    ),
  );
}
