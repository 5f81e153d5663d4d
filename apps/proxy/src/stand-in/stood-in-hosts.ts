/** For which hosts a stand-in answers: the targets, and the API that a program must not reach by mistake. */
import { compileGlob } from "@faultwire/fault-engine/internal";
import type { Runtime } from "@faultwire/runtime";
import { defaultTargetHost } from "@faultwire/runtime/internal";
import { type Authority, asciiHost, authorityText } from "../upstream/authority.ts";
import type { Resolver } from "../upstream/resolve-table.ts";

/** What is asked of rules: whether a host is a target now, and the patterns of targets that a file names. */
type Targets = Pick<Runtime, "policy" | "rules">;

/** The names that a stand-in answers for, as people read them. */
export const stoodInNames = ({ rules }: Pick<Runtime, "rules">): readonly string[] => [
  ...new Set([defaultTargetHost, ...rules.sources.targets]),
];

/**
 * Tells whether a stand-in answers for a host. Anthropic's API is always one of them, so that a program which asks it is not sent
 * to the real one by mistake. Targets that a rule file names later are among them as well, and all of them stay so for good.
 */
export function stoodInHosts({ policy, rules }: Targets): (host: string) => boolean {
  let seen: readonly string[] | undefined;
  const patterns = new Map([[defaultTargetHost, compileGlob(defaultTargetHost)]]);
  return (named) => {
    if (rules.sources.targets !== seen) {
      seen = rules.sources.targets;
      for (const target of seen) patterns.set(target, compileGlob(target.toLowerCase()));
    }
    // A dot at the end says that a name is whole (RFC 1034 section 3.1): it is the same host.
    const host = asciiHost(named.toLowerCase().replace(/\.$/, ""));
    return policy.isTarget(host) || [...patterns.values()].some((isTarget) => isTarget(host));
  };
}

/** What leads names to a stand-in. */
export interface LeadOptions {
  /** What the user's own entries say. */
  readonly given: Resolver;
  /** The stand-in's port on loopback; all that goes to a host for which it answers goes there, whatever its port. */
  readonly port: number;
  readonly answersFor: (host: string) => boolean;
  /** Authorities, `HOST:PORT`, that are no targets and that it answers for all the same. */
  readonly others: ReadonlySet<string>;
  /** Whether it passes on what it does not know: the user's entries count behind it then, and not before it. */
  readonly passes: boolean;
}

/** Leads to a stand-in all that it answers for, at every port, and all else to where the user's own entries say. */
export function leadingTo({ given, port, answersFor, others, passes }: LeadOptions): Resolver {
  return {
    find(authority: Authority) {
      const found = given.find(authority);
      if (!passes && found !== authority) return found;
      const isOurs = others.has(authorityText(authority)) || answersFor(authority.host);
      return isOurs ? { host: "127.0.0.1", port } : found;
    },
  };
}
