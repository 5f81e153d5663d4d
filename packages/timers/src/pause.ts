import { after } from "./after.ts";

/**
 * Resolves after `delayMs`, however long that is.
 *
 * @param signal - what ends the wait early
 * @throws the signal's reason, where the signal is aborted first
 * @example
 * ```ts
 * await pause(1_000, AbortSignal.timeout(5_000));
 * ```
 */
export function pause(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      takeBack();
      reject(signal?.reason as Error);
    };
    const takeBack = after(delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
