import { RuntimeError, type RuntimeErrorCode } from "@faultwire/runtime";

/** Something that the user has to mend: one line on standard error, exit status 2. */
export class UsageError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "UsageError";
}

/** The flags that name what a runtime is opened from, by the error that each can cause. */
export const runtimeFlags: Readonly<Partial<Record<RuntimeErrorCode, string>>> = {
  "rules-unreadable": "--config",
  "upstream-ca-unusable": "--upstream-ca",
  "report-unwritable": "--report",
};

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
