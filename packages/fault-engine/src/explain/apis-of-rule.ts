/** Which APIs the requests of a rule can be for, as far as its set says it. */
import { compileGlob } from "../patterns/glob.ts";
import type { TextPattern } from "../patterns/text-pattern.ts";
import { INCIDENTS } from "../providers/incidents-table.ts";
import { PROVIDER_NAMES, type Provider, REQUESTS } from "../providers/request-table.ts";
import { requestProvider } from "../rules/facts.ts";
import type { Match } from "../rules/match-keys.ts";

/**
 * The APIs that a rule's requests can be for, those whose hosts they are first; `undefined` where it may be any.
 *
 * @param targets - Globs of the hosts that the set's rules are for; none: all hosts.
 */
export function apisOfRule(
  { provider, host }: Match,
  targets: readonly string[],
): readonly Provider[] | undefined {
  return provider ?? apisOfHosts(host && globsOf(host)) ?? apisOfHosts(targets);
}

/** `undefined` where one of them is an expression. */
function globsOf(patterns: readonly TextPattern[]): readonly string[] | undefined {
  return patterns.every(({ kind }) => kind === "glob") ? patterns.map(({ text }) => text) : undefined;
}

function apisOfHosts(globs: readonly string[] | undefined): readonly Provider[] | undefined {
  if (globs === undefined || globs.length === 0) return undefined;
  const hosts = globs.map((glob) => glob.toLowerCase());
  const owners = hosts.map(ownersOf);
  if (owners.some(({ length }) => length === 0)) return undefined;
  return [...new Set([...owners.flat(), ...hosts.flatMap(guestsOf)])];
}

/** The APIs that have a host, or all hosts of a glob, for their own. */
const ownersOf = (glob: string): readonly Provider[] =>
  // A star of the one stands for a star of the other.
  PROVIDER_NAMES.filter((name) => REQUESTS[name].hosts.some((own) => compileGlob(own)(glob)));

/** The APIs whose requests are taken at a host as well, by their paths: Anthropic's takes OpenAI's chats. */
const guestsOf = (glob: string): readonly Provider[] =>
  PROVIDER_NAMES.flatMap((name) => {
    const host = glob.replaceAll("*", "any");
    return requestProvider({ host, target: INCIDENTS[name].example.target, headers: [] }) ?? [];
  });
