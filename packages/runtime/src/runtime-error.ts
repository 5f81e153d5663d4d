import { getSystemErrorMap } from "node:util";
import type { RuleProblem } from "@faultwire/fault-engine";

/**
 * What the user of an app has to mend.
 *
 * - `rules-unreadable`: the rule file can't be read
 * - `rules-refused`: the rules can't be put into force; for a file, `problems` lists every reason
 * - `upstream-ca-unusable`: a CA file of upstreams can't be read, or holds no certificate
 * - `report-unwritable`: the event log or a report can't be written
 * - `events-unusable`: an event log can't be read, or is none
 */
export type RuntimeErrorCode =
  | "rules-unreadable"
  | "rules-refused"
  | "upstream-ca-unusable"
  | "report-unwritable"
  | "events-unusable";

/**
 * The error of this package. The message is one line (one more for each problem of a rule file), names the file, and
 * names no flag: an app that has flags adds which one to check.
 */
export class RuntimeError extends Error {
  /** The class's name, the same in every copy of the package. */
  override readonly name = "RuntimeError";
  /** What went wrong, for programs: match this, not the message. */
  readonly code: RuntimeErrorCode;
  /** For `rules-refused` of a file: every reason. Empty otherwise. */
  readonly problems: readonly RuleProblem[];

  constructor(
    code: RuntimeErrorCode,
    message: string,
    { problems = [], ...options }: ErrorOptions & { readonly problems?: readonly RuleProblem[] } = {},
  ) {
    super(message, options);
    this.code = code;
    this.problems = problems;
    Object.defineProperty(this, brand, { value: true });
  }

  /** An error that another copy of this package has made is one, too. */
  static override [Symbol.hasInstance](value: unknown): value is RuntimeError {
    if (this !== RuntimeError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** What every copy of this package marks the error with (docs/adr/0035). */
const brand: symbol = /* @__PURE__ */ Symbol.for("@faultwire/runtime/RuntimeError");

/** What the system has said of a file, with its short name: `ENOENT: no such file or directory`. */
export function systemReason(error: unknown): string {
  const { code, errno, message, syscall } = error as NodeJS.ErrnoException;
  if (code === "EEXIST" && syscall === "mkdir") return "it is there already, and is no folder";
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (known === undefined) return code ?? (message || "unknown error");
  const [name, words] = known;
  return `${name}: ${plainWords[name] ?? words}`;
}

/** Where the system's own words are not for people. */
const plainWords: Readonly<Record<string, string>> = {
  EISDIR: "it is a folder",
  ENOTDIR: "a part of this path is a file, not a folder",
};
