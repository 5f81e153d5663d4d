import { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { describeCa, formatDescription } from "./describe.ts";
import { addLocation, type Location, openAnyCa, reporting } from "./location.ts";

/** `faultwire ca show`: what the CA is. */
export function showCommand(io: CommandIo): Command {
  return addLocation(new Command("show"))
    .description("tell what the CA is: subject, fingerprint, constraints, validity, files")
    .option("--json", "for programs")
    .action(
      reporting("show", io, async (flags: Location & { readonly json?: true }) => {
        const description = describeCa(await openAnyCa(flags, io));
        io.out(
          flags.json
            ? `${JSON.stringify(description, undefined, 2)}\n`
            : formatDescription(description, io.colors),
        );
      }),
    );
}
