import type { Fault } from "../faults/fault.ts";
import { PROVIDERS } from "../providers/provider-table.ts";
import type { Provider } from "../providers/request-table.ts";
import type { FormatFacts } from "./format-facts.ts";

/**
 * Why a fault has no meaning on streams of a format; `undefined` where it has one.
 *
 * @param provider - Whose streams; `null` where that is not known.
 */
export function meaninglessIn(
  fault: Fault,
  format: FormatFacts,
  provider: Provider | null,
): string | undefined {
  const reason = reasonIn(fault, format);
  if (reason !== undefined) return reason;
  if (fault.kind === "model.fallback" && provider !== null && !ANSWERS_AS_CLAUDE.has(provider))
    return `an answer of ${PROVIDERS[provider].title} has no fallback block`;
  return undefined;
}

/** APIs that carry the blocks of Anthropic's answers. */
const ANSWERS_AS_CLAUDE: ReadonlySet<Provider> = new Set(["anthropic", "vertex"]);

function reasonIn(fault: Fault, { refuses }: FormatFacts): string | undefined {
  switch (fault.kind) {
    case "stream.damage":
      return refuses.damage[fault.how];
    case "stream.split":
      return refuses.split[fault.where];
    case "stream.stall":
      return fault.pingEveryMs === null ? undefined : refuses.ping;
    case "stream.error-event":
      return fault.event === null || fault.event === "" ? undefined : refuses.event;
    default:
      return undefined;
  }
}
