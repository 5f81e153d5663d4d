/** Options of a pino logger by which no key reaches a line, whatever a carrier or an error puts there. */
import { maskKeys } from "@faultwire/fault-engine/internal";
import type { LoggerOptions } from "pino";

/** Objects in one another that are looked into; deeper ones are left out. */
const maxDepth = 5;

/** A copy in which every text is masked. */
function masked(value: unknown, depth: number): unknown {
  if (typeof value === "string") return maskKeys(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "[left out]";
  if (value instanceof Error) {
    const { name, message, stack } = value;
    return masked({ type: name, message, stack }, maxDepth);
  }
  if (Array.isArray(value)) return value.map((one) => masked(one, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [maskKeys(name), masked(one, depth - 1)]),
  );
}

type LogMethodHook = NonNullable<NonNullable<LoggerOptions["hooks"]>["logMethod"]>;

/**
 * Masks keys in all that is logged, fields and message. Merge it into the options of the logger that a runtime is given.
 *
 * @example
 * ```ts
 * const logger = pino({ level: "info", hooks: maskedLog });
 * ```
 */
export const maskedLog: { readonly logMethod: LogMethodHook } = {
  logMethod(args, method) {
    method.apply(this, args.map((one: unknown) => masked(one, maxDepth)) as typeof args);
  },
};
