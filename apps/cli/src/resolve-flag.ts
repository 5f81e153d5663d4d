/** `--resolve`, as curl has it. */
import { parseResolveFlag } from "@faultwire/proxy/internal";
import { InvalidArgumentError } from "commander";

/** Adds what one flag says to what those before it said, or gives commander's error with what was expected. */
export function resolveFlag(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const entry = parseResolveFlag(text);
  if (!entry)
    throw new InvalidArgumentError("Expected HOST:PORT:ADDRESS[:PORT]; an IPv6 address has brackets.");
  const [from, to] = entry;
  return { ...before, [from]: to };
}
