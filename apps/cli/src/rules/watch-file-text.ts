/** Tells when a file may hold something else. */
import { unwatchFile, watchFile } from "node:fs";

/** How often the file is looked at, in ms. */
const lookEveryMs = 200;
/** How long it has to be left alone before it counts as written, in ms: editors write in several steps. */
const settleMs = 100;

/**
 * Calls `onChange` when a file has been written, replaced by another (as editors save), or made.
 *
 * By looking at it again and again, because what the system tells of changes is bound to the file that was there at the
 * start, and is silent on network and container mounts. Nothing is kept alive by this.
 *
 * @returns what ends it.
 */
export function watchFileText(path: string, onChange: () => void): () => void {
  let settling: NodeJS.Timeout | undefined;
  const listener = (): void => {
    clearTimeout(settling);
    settling = setTimeout(onChange, settleMs);
    settling.unref();
  };
  watchFile(path, { interval: lookEveryMs, persistent: false }, listener);
  return () => {
    clearTimeout(settling);
    unwatchFile(path, listener);
  };
}
