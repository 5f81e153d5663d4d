/** Tells when a file may hold something else. */
import { stat } from "node:fs/promises";
import { after } from "@faultwire/timers";

/** How often the file is looked at, in ms. */
const lookEveryMs = 200;

/**
 * Calls `onChange` when a file has been written, replaced by another (as editors save), made or removed, once it is the
 * same for two looks: editors write in several steps. The first call comes in any case, for what happened before.
 *
 * By looking at it again and again, because what the system tells of changes is bound to the file that was there at the
 * start, and is silent on network and container mounts. Nothing is kept alive by this.
 *
 * @returns what ends it.
 */
export function watchFileText(path: string, onChange: () => void): () => void {
  let takeBack: (() => void) | undefined;
  let isOver = false;
  let seen: string | undefined;
  let isNew = false;
  const look = async (): Promise<void> => {
    const now = await signatureOf(path);
    if (isOver) return;
    if (now !== seen) isNew = true;
    else if (isNew) {
      isNew = false;
      onChange();
    }
    seen = now;
    wait();
  };
  const wait = (): void => {
    takeBack = after(lookEveryMs, () => void look(), { keepsAlive: false });
  };
  wait();
  return () => {
    isOver = true;
    takeBack?.();
  };
}

/** Equal for a file that nobody has touched, in nanoseconds. */
async function signatureOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? "unreadable";
  }
}
