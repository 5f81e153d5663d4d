/** Something that the user has to mend: one line on standard error, exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
