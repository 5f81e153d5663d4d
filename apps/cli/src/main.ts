/** The `faultwire` command: puts its subcommands together and turns what goes wrong into one line and a status. */
import { CertificateAuthorityError } from "@faultwire/cert-authority";
import { PluginServerError, version } from "@faultwire/plugin-server";
import { Command, CommanderError } from "commander";
import { caCommand } from "./commands/ca.ts";
import { serveCommand } from "./commands/serve.ts";
import { startCommand } from "./commands/start.ts";
import { UsageError } from "./usage-error.ts";

/** The status of a bad flag, a bad file, a port in use: something that the user mends. */
const usageStatus = 2;

/** Errors whose message is a line for the user. */
const usageErrors = [UsageError, PluginServerError, CertificateAuthorityError];

const program = new Command("faultwire")
  .description(
    "Finds out what your program does when the model API fails: closes its connections and answers its requests " +
      "with errors, reproducibly, without a change to its code.",
  )
  .version(version)
  .addHelpText("after", "\nStart here:\n  faultwire start --error-probability 0.5\n")
  .addCommand(startCommand())
  .addCommand(serveCommand())
  .addCommand(caCommand());

for (const command of [program, ...program.commands])
  command
    .exitOverride()
    .showHelpAfterError("(--help shows the flags)")
    .configureHelp({ sortSubcommands: false });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its line already.
    process.exitCode = error.exitCode === 0 ? 0 : usageStatus;
  } else if (usageErrors.some((kind) => error instanceof kind)) {
    process.stderr.write(`faultwire: ${(error as Error).message}\n`);
    process.exitCode = usageStatus;
  } else {
    process.stderr.write(`faultwire: unexpected: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
}
