import { join } from "node:path";
import { trustEnvironment, writeTrustFiles } from "@faultwire/cert-authority";
import { Command, Option } from "commander";
import type { CommandIo } from "./command-io.ts";
import { type EnvFormat, envFormats } from "./env-format.ts";
import { addLocation, type Location, openCa, reporting } from "./location.ts";

/** `faultwire ca env`: the variables that make one process trust the CA. */
export function envCommand(io: CommandIo): Command {
  return addLocation(new Command("env"))
    .description('print what makes one process trust the CA: eval "$(faultwire ca env)"')
    .addOption(
      new Option("--format <format>", "how to write it").choices(Object.keys(envFormats)).default("sh"),
    )
    .action(
      reporting("env", io, async ({ format, ...location }: Location & { readonly format: EnvFormat }) => {
        const ca = await openCa(location, io);
        const files = await writeTrustFiles(ca, join(ca.directory ?? ".", "trust"), io.environment);
        io.out(envFormats[format](trustEnvironment(files, io.environment)));
      }),
    );
}
