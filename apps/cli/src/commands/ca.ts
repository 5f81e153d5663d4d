import { Command } from "commander";
import { type CommandIo, processIo } from "./ca/command-io.ts";
import { envCommand } from "./ca/env.ts";
import { exportCommand } from "./ca/export.ts";
import { initCommand } from "./ca/init.ts";
import { issueCommand } from "./ca/issue.ts";
import { showCommand } from "./ca/show.ts";
import { trustCommand } from "./ca/trust.ts";

/**
 * `faultwire ca`: the CA that opens HTTPS, and who trusts it. Exit codes: 0, 1 when the machine said no (a disk, a trust
 * store's program), 2 for wrong input. Wrong usage throws Commander's error, for the program to exit with 2.
 *
 * @example program.addCommand(caCommand());
 */
export function caCommand(io: CommandIo = processIo()): Command {
  const command = new Command("ca").description("the CA that opens HTTPS: make it, show it, trust it");
  const subcommands = [
    initCommand(io),
    showCommand(io),
    exportCommand(io),
    trustCommand("trust", io),
    trustCommand("untrust", io),
    envCommand(io),
    issueCommand(io),
  ];
  for (const subcommand of subcommands)
    command.addCommand(
      subcommand.exitOverride().configureOutput({ writeOut: (text) => io.out(text), writeErr: io.err }),
    );
  return command.exitOverride().showHelpAfterError("(--help tells more)");
}
