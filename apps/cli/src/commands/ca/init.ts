import { CertificateAuthority, type RootKeyType } from "@faultwire/cert-authority";
import { Command, Option } from "commander";
import type { CommandIo } from "./command-io.ts";
import { describeCa, formatDescription } from "./describe.ts";
import { addLocation, type Location, optionsFor, reporting } from "./location.ts";

type InitOptions = Location & {
  readonly target?: readonly string[];
  readonly caUnconstrained?: true;
  readonly keyType: RootKeyType;
  readonly force?: true;
};

/** The host that Faultwire is about when nobody says otherwise. */
const defaultTargets: readonly string[] = ["api.anthropic.com"];

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value.split(",").filter(Boolean),
];

/** `faultwire ca init`: makes the CA. */
export function initCommand(io: CommandIo): Command {
  return addLocation(new Command("init"))
    .description("make the CA")
    .option("--target <host>", "a host to be good for; repeatable (default: api.anthropic.com)", collect)
    .option("--ca-unconstrained", "good for every name: whoever gets the key can pose as anyone")
    .addOption(
      new Option("--key-type <type>", "rsa-3072 is for clients that verify no ECDSA")
        .choices(["ecdsa-p256", "rsa-3072"])
        .default("ecdsa-p256"),
    )
    .option("--force", "make a new one in place of the one that is there")
    .action(
      reporting("init", io, async (flags: InitOptions) => {
        const { colors } = io;
        const options = {
          ...optionsFor(flags, io, flags.target ?? (flags.caUnconstrained ? [] : defaultTargets)),
          constrained: !flags.caUnconstrained,
          keyType: flags.keyType,
        };
        const { authority, retiredCertificatePath } = flags.force
          ? await CertificateAuthority.replace(options)
          : { authority: await CertificateAuthority.create(options), retiredCertificatePath: undefined };
        io.out(`${colors.green("A new CA.")} Nobody trusts it yet.\n\n`);
        io.out(formatDescription(describeCa(authority), colors));
        io.out(
          '\nLet one shell trust it:    eval "$(faultwire ca env)"\n' +
            "Let this user trust it:    faultwire ca trust\n",
        );
        if (retiredCertificatePath !== undefined)
          io.out(
            `\nThe key of the old CA is deleted. Where it was trusted, take it out with:\n` +
              `  faultwire ca untrust --certificate ${retiredCertificatePath}\n`,
          );
      }),
    );
}
