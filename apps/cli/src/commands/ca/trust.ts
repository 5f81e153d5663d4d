import { X509Certificate } from "node:crypto";
import {
  CertificateAuthorityError,
  certificateAuthorityLimits,
  installTrust,
  type TrustAction,
  type TrustSubject,
} from "@faultwire/cert-authority";
import { readRegularFile, stepText, thisHost } from "@faultwire/cert-authority/internal";
import { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addLocation, type Location, openAnyCa, openCa, reporting } from "./location.ts";

type TrustOptions = Location & {
  readonly system?: true;
  readonly dryRun?: true;
  readonly certificate?: string;
};

/** A certificate that is no longer the CA's, or never was. */
async function readSubject(path: string): Promise<TrustSubject> {
  const { fileBytes: maxBytes } = certificateAuthorityLimits;
  const content = await readRegularFile(path, { maxBytes }).catch((cause: Error) => {
    const message = `The certificate ${path} can't be read: ${cause.message}. Check --certificate.`;
    throw new CertificateAuthorityError("certificate-malformed", message, { cause });
  });
  try {
    return { certificate: new X509Certificate(content), certificatePath: path };
  } catch (cause) {
    const message = `${path} holds no certificate (PEM or DER). Check --certificate.`;
    throw new CertificateAuthorityError("certificate-malformed", message, { cause });
  }
}

/** `faultwire ca trust` and `faultwire ca untrust`, which undo each other. */
export function trustCommand(action: TrustAction, io: CommandIo): Command {
  const direction = action === "trust" ? "put the CA into" : "take the CA out of";
  return addLocation(new Command(action))
    .description(`${direction} the trust stores of this user; print the commands for the whole system`)
    .option("--system", "run the commands for the whole system, too, with sudo where needed")
    .option("--dry-run", "run nothing, print everything")
    .option("--certificate <file>", "another certificate than the CA's, such as a retired one")
    .action(
      reporting(action, io, async (flags: TrustOptions) => {
        const open = action === "trust" ? openCa : openAnyCa;
        const subject =
          flags.certificate === undefined ? await open(flags, io) : await readSubject(flags.certificate);
        const host = thisHost(io.environment);
        const { done, toDo, notes } = await installTrust(subject, {
          action,
          system: flags.system ?? false,
          dryRun: flags.dryRun ?? false,
          host,
        });
        const { green, dim } = io.colors;
        for (const store of new Set(done.map((step) => step.store)))
          io.out(`${green("done")}  ${action === "trust" ? "trusted by" : "gone from"} ${store}\n`);
        for (const store of new Set(toDo.map((step) => step.store))) {
          io.out(
            `${flags.dryRun ? "would run" : "not run, because it changes the whole system"}: ${store}\n`,
          );
          for (const step of toDo.filter((one) => one.store === store))
            io.out(`  ${stepText(step, host.isRoot)}\n`);
        }
        for (const note of notes) io.err(`${dim("note")}  ${note}\n`);
        if (!flags.dryRun && toDo.length > 0) io.err("Run these yourself, or let --system run them.\n");
        if (done.length + toDo.length === 0) io.out("There is no trust store to change.\n");
      }),
    );
}
