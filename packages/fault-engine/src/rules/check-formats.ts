import { FaultEngineError } from "../fault-engine-error.ts";
import type { Fault } from "../faults/fault.ts";
import { FORMAT_FACTS } from "../formats/format-facts.ts";
import { meaninglessIn } from "../formats/meaningless.ts";
import type { TextPattern } from "../patterns/text-pattern.ts";
import { PROVIDERS } from "../providers/provider-table.ts";
import type { Provider } from "../providers/request-table.ts";
import { requestProvider } from "./facts.ts";
import type { Match } from "./match-keys.ts";
import type { Rule } from "./rule.ts";

/**
 * Holds a rule's faults against the streams of the providers that its match tells.
 *
 * @throws FaultEngineError `invalid-rules` where a fault has no meaning on any of them.
 */
export function checkFormats({ name, match, faults, also = [] }: Rule): void {
  const asked = askedBy(match);
  for (const fault of [...faults, ...also.flat()]) {
    const reason = fault === null ? undefined : meaninglessOf(fault, asked);
    if (reason !== undefined)
      throw new FaultEngineError(
        "invalid-rules",
        `rule ${name}: ${fault?.kind} has no meaning here: ${reason}`,
      );
  }
}

/** What a match lets through: requests to a provider, at a path where the match tells it. */
interface Asked {
  readonly provider: Provider;
  readonly path?: string;
}

/** What a match tells: providers by name, or by paths and hosts without `*`. Empty where anybody's requests may match. */
function askedBy({ provider, host, path }: Match): readonly Asked[] {
  const paths = plainTexts(path);
  if (provider !== undefined)
    return provider.flatMap((name): readonly Asked[] =>
      paths === undefined ? [{ provider: name }] : paths.map((one) => ({ provider: name, path: one })),
    );
  const hosts = plainTexts(host);
  // A glob of hosts or paths may let through what the others do not tell.
  if ((host !== undefined && hosts === undefined) || (path !== undefined && paths === undefined)) return [];
  const found = (hosts ?? [undefined]).flatMap((name) =>
    (paths ?? [undefined]).map((target): Asked | undefined => {
      const traits = { target: target ?? "/", headers: [], ...(name !== undefined && { host: name }) };
      const known = requestProvider(traits);
      return known && { provider: known, ...(target !== undefined && { path: target }) };
    }),
  );
  return found.every((one) => one !== undefined) ? found : [];
}

/** The texts of patterns that stand for themselves; `undefined` where there are none, or one stands for more. */
function plainTexts(patterns: readonly TextPattern[] | undefined): readonly string[] | undefined {
  const isPlain = patterns?.every(({ kind, text }) => kind === "glob" && !text.includes("*"));
  return isPlain ? patterns?.map(({ text }) => text) : undefined;
}

/** Why a fault has no meaning on any answer to these requests. */
function meaninglessOf(fault: Fault, asked: readonly Asked[]): string | undefined {
  const reasons = asked.flatMap(({ provider, path }) => {
    const { title, formats, wholePaths } = PROVIDERS[provider];
    if (fault.kind.startsWith("stream.") && path !== undefined && wholePaths.test(path))
      return [`${title} answers ${path} in one piece: there is no stream`];
    return formats.map((name) => {
      const format = FORMAT_FACTS[name];
      const reason = meaninglessIn(fault, format, provider);
      return reason && `streams of ${title} are ${format.title}, and ${reason}`;
    });
  });
  return reasons.length > 0 && reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
}
