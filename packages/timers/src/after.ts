/** How a timer behaves besides waiting. */
export interface TimerOptions {
  /** Whether the process stays for it; true unless given. */
  readonly keepsAlive?: boolean;
}

/** The most that Node and browsers hold, 24.8 days in ms: what is longer they fire at once. */
export const longestWaitMs: number = 2 ** 31 - 1;

/**
 * Calls `action` once after `delayMs`, however long that is: a wait beyond 24.8 days is made of several timers, and
 * `Infinity` never ends. Less than 0 and NaN are 0.
 *
 * @returns what takes it back; nothing happens where it has fired already.
 * @example
 * ```ts
 * const takeBack = after(30 * 86_400_000, () => console.log("a month later"));
 * ```
 */
export function after(
  delayMs: number,
  action: () => void,
  { keepsAlive = true }: TimerOptions = {},
): () => void {
  let leftMs = Number.isNaN(delayMs) ? 0 : Math.max(0, delayMs);
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const waitMs = Math.min(leftMs, longestWaitMs);
    leftMs -= waitMs;
    timer = setTimeout(leftMs > 0 ? arm : action, waitMs);
    if (!keepsAlive) timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}
