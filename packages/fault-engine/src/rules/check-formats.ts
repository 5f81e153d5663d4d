import { FaultEngineError } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import { FORMAT_FACTS } from "../formats/format-facts.ts";
import { meaninglessIn } from "../formats/meaningless.ts";
import { PROVIDERS, type Provider } from "../providers/provider-table.ts";
import { requestProvider } from "./facts.ts";
import type { Match } from "./match-keys.ts";
import type { Rule } from "./rule.ts";

/**
 * Holds a rule's faults against the streams of the providers that its match tells.
 *
 * @throws FaultEngineError `invalid-rules` where a fault has no meaning on any of them.
 */
export function checkFormats({ name, match, faults, also = [] }: Rule): void {
  const providers = providersOf(match);
  for (const fault of [...faults, ...also.flat()]) {
    const reason = fault === null ? undefined : meaninglessOf(fault, providers);
    if (reason !== undefined)
      throw new FaultEngineError(
        "invalid-rules",
        `rule ${name}: ${fault?.kind} has no meaning here: ${reason}`,
      );
  }
}

/** The providers that a match tells: by name, or by paths without `*`. None where anybody's requests may match. */
function providersOf({ provider, path }: Match): readonly Provider[] {
  if (provider !== undefined) return provider;
  const found = (path ?? []).map(({ kind, text }) =>
    kind === "glob" && !text.includes("*") ? requestProvider(text, []) : undefined,
  );
  return found.includes(undefined) ? [] : (found as Provider[]);
}

/** Why a fault has no meaning on any stream of these providers. */
function meaninglessOf(fault: Fault, providers: readonly Provider[]): string | undefined {
  const reasons = providers.flatMap((provider) =>
    PROVIDERS[provider].formats.map((name) => {
      const format = FORMAT_FACTS[name];
      const reason = meaninglessIn(fault, format, provider);
      return reason && `streams of ${PROVIDERS[provider].title} are ${format.title}, and ${reason}`;
    }),
  );
  return reasons.length > 0 && reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
}
