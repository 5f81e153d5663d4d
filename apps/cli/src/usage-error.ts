import { RuntimeError, type RuntimeErrorCode } from "@faultwire/runtime";

/** Something that the user has to mend: one line on standard error, exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * An error of the runtime, with what to check on the command line; any other error as it is.
 *
 * @param flags - By the error's code: the flag that named the file.
 */
export function withFlag(error: unknown, flags: Partial<Record<RuntimeErrorCode, string>>): unknown {
  const flag = error instanceof RuntimeError ? flags[error.code] : undefined;
  return flag === undefined
    ? error
    : new UsageError(`${(error as RuntimeError).message}; check ${flag}`, { cause: error });
}
