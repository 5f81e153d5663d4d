import { after, type TimerOptions } from "./after.ts";

/**
 * Calls `action` each time that `everyMs` have passed since it returned, however long that is.
 *
 * @returns what ends it.
 * @example
 * ```ts
 * const stop = every(60_000, () => console.log("a minute later"));
 * stop();
 * ```
 */
export function every(everyMs: number, action: () => void, options: TimerOptions = {}): () => void {
  let isOver = false;
  let takeBack = (): void => {};
  const arm = (): void => {
    takeBack = after(everyMs, fire, options);
  };
  const fire = (): void => {
    action();
    if (!isOver) arm();
  };
  arm();
  return () => {
    isOver = true;
    takeBack();
  };
}
