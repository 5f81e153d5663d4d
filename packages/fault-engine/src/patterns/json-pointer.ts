import { FaultEngineError } from "../fault-engine-error.ts";

/**
 * Compiles a JSON pointer (RFC 6901) to a look-up that gives `undefined` where nothing is there. Only own properties
 * count, so that `/constructor` finds nothing.
 *
 * @throws FaultEngineError `invalid-pattern` for a text that is neither empty nor begins with `/`, or has a bad `~`.
 *
 * @example
 * ```ts
 * compileJsonPointer("/messages/0/role")({ messages: [{ role: "user" }] }); // "user"
 * ```
 */
export function compileJsonPointer(pointer: string): (value: unknown) => unknown {
  if ((pointer !== "" && !pointer.startsWith("/")) || /~(?![01])/.test(pointer))
    throw new FaultEngineError(
      "invalid-pattern",
      `${JSON.stringify(pointer)} is no JSON pointer; expected "" or /name/0/… with ~0 for ~ and ~1 for /`,
    );
  const steps = pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return (value) => {
    for (const step of steps) {
      if (typeof value !== "object" || value === null) return undefined;
      if (Array.isArray(value) && !/^(?:0|[1-9][0-9]*)$/.test(step)) return undefined;
      if (!Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string, unknown>)[step];
    }
    return value;
  };
}
