/** Reading of files that a user names: within a limit, and never one that has no end. */
import { type BigIntStats, constants, type Stats } from "node:fs";
import { open, stat } from "node:fs/promises";

/** What is read. */
export interface ReadRegularFileOptions {
  /** Bytes of the file at the most. */
  readonly maxBytes: number;
  /** Refuses the file that was opened by its stats, before it is read. */
  readonly check?: (stats: Stats) => void;
}

/** Bytes that are asked for at once. */
const partBytes = 65_536;

/**
 * Reads a regular file whole. A device has no end, and a pipe without a writer never answers: both are refused before
 * they are read, and so is a file over the limit. What is checked is the file that was opened.
 *
 * @throws the file system's own error, or an Error whose message is the reason, such as `it is a pipe, not a file`.
 *
 * @example
 * ```ts
 * const text = (await readRegularFile("faults.yaml", { maxBytes: 1_048_576 })).toString("utf8");
 * ```
 */
export async function readRegularFile(path: string, options: ReadRegularFileOptions): Promise<Buffer> {
  if (path.includes("\0")) throw new Error("no path has null bytes");
  const { maxBytes, check } = options;
  // To open some devices has effects of its own, so they are not even opened.
  refuseUnfit(await stat(path), maxBytes);
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    refuseUnfit(stats, maxBytes);
    check?.(stats);
    const parts: Buffer[] = [];
    let length = 0;
    // The size that a system tells is not all: a file may grow, and those of /proc have none.
    for (;;) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(partBytes), 0, partBytes, null);
      if (bytesRead === 0) return Buffer.concat(parts);
      length += bytesRead;
      if (length > maxBytes) throw tooLarge(length, maxBytes);
      parts.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

function refuseUnfit(stats: Stats, maxBytes: number): void {
  if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, not a file`);
  if (stats.size > maxBytes) throw tooLarge(stats.size, maxBytes);
}

const tooLarge = (bytes: number, maxBytes: number): Error =>
  new Error(`it has ${bytes} bytes or more, and at the most ${maxBytes} are read`);

/** What something is that is no regular file, in words. */
export function kindOf(stats: Stats | BigIntStats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}
