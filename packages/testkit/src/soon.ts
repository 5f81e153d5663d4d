/** Waits that end with a reason: a test that waits for ever says nothing but that it timed out, a minute later. */

/** Long enough for a machine that is busy with something else, and shorter than the time limit of a test. In ms. */
export const SOON_MS = 15_000;

/**
 * What `promise` gives; rejects with `what` when that takes longer than {@link SOON_MS}. Not a measure of speed.
 *
 * @param what - what is waited for, as it is to stand in the error: "the trailers"
 * @example `await soon(once(stream, "close"), "the end of the stream")`
 */
export async function soon<T>(promise: Promise<T>, what: string, ms: number = SOON_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
