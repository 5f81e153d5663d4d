/** The flags of every command with a proxy of ours that say how clients find it, besides its port. */
import type { ProxySettings } from "@faultwire/proxy";
import { readReverse } from "@faultwire/proxy/internal";
import { type Command, InvalidArgumentError, Option } from "commander";

import type { RuleFlags } from "./rule-options.ts";

/** The flags as commander gives them. */
export interface DoorFlags {
  readonly ownName?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly reverse?: string;
  readonly sniDefault?: string;
}

const listFlag = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** A flag that means one thing: a second one would take the first one's place without a word. */
const once = (text: string, before: string | undefined): string => {
  if (before !== undefined)
    throw new InvalidArgumentError(
      `One expected; "${before}" was given before. Start another proxy on another port.`,
    );
  return text;
};

/** Adds the flags to a command. */
export function addDoorOptions(command: Command): Command {
  return command
    .optionsGroup("How clients find it:")
    .addOption(
      new Option(
        "--reverse <url>",
        "the port stands for this upstream, such as https://api.example.com: its address is the upstream's",
      ).argParser(once),
    )
    .addOption(
      new Option(
        "--sni-default <host>",
        "whom clients want that speak TLS to the port and name no host",
      ).argParser(once),
    )
    .option(
      "--own-name <host>",
      "a name by which clients reach the proxy itself, such as host.docker.internal; repeatable",
      listFlag,
    )
    .option(
      "--allow-origin <origin>",
      "let pages of this origin, such as http://localhost:5173, send requests to the proxy itself; repeatable",
      listFlag,
    );
}

/** What the flags say, as settings of a proxy. */
export function doorSettings({ ownName, allowOrigin, reverse, sniDefault }: DoorFlags): ProxySettings {
  return {
    ...(reverse !== undefined && { reverse }),
    ...(sniDefault !== undefined && { sniDefault }),
    ...(ownName && { ownNames: ownName }),
    ...(allowOrigin && { allowOrigins: allowOrigin }),
  };
}

/**
 * The flags with the upstream of `--reverse` as the target, where neither flags nor a rule file name one: a port that stands for
 * an upstream is meant to make it fail.
 *
 * @throws ProxyError `bad-option` where `--reverse` names no upstream: before a CA is asked whether it is for that name.
 */
export function targetingReverse<Flags extends DoorFlags & Pick<RuleFlags, "config" | "targetHost">>(
  flags: Flags,
): Flags {
  const { reverse } = flags;
  if (reverse === undefined) return flags;
  const { host } = readReverse(reverse).authority;
  return hasTargets(flags) ? flags : { ...flags, targetHost: [host] };
}

/** Whether the upstream of `--reverse` is the only target. Clients may reach it in clear, so that they need no certificate. */
export const targetsReverseAlone = (
  flags: Pick<DoorFlags, "reverse"> & Pick<RuleFlags, "config" | "targetHost">,
): boolean => flags.reverse !== undefined && !hasTargets(flags);

const hasTargets = ({ config, targetHost }: Pick<RuleFlags, "config" | "targetHost">): boolean =>
  config !== undefined || targetHost !== undefined;
