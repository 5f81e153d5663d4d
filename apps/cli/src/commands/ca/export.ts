import {
  CertificateAuthorityError,
  type ExportFormat,
  exportCertificate,
  exportFormats,
} from "@faultwire/cert-authority";
import { encodeCertificate } from "@faultwire/cert-authority/internal";
import { Command, Option } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addLocation, type Location, openCa, reporting } from "./location.ts";

type ExportOptions = Location & { readonly format: ExportFormat; readonly out?: string };

const binary: readonly ExportFormat[] = ["der", "p12"];

/** `faultwire ca export`: gives the certificate away, never the key. */
export function exportCommand(io: CommandIo): Command {
  const formats = Object.entries(exportFormats).map(([name, what]) => `  ${name.padEnd(7)} ${what}`);
  return addLocation(new Command("export"))
    .description("write the CA's certificate, without its key")
    .addOption(
      new Option("--format <format>", "see below").choices(Object.keys(exportFormats)).default("pem"),
    )
    .option("--out <file>", "where to (default: standard output)")
    .addHelpText("after", `\nFormats:\n${formats.join("\n")}`)
    .action(
      reporting("export", io, async ({ format, out, ...location }: ExportOptions) => {
        const ca = await openCa(location, io);
        if (out !== undefined) {
          await exportCertificate(ca, out, format);
          io.err(`Wrote ${out}\n`);
          return;
        }
        if (io.outIsTerminal && binary.includes(format))
          throw new CertificateAuthorityError(
            "bad-option",
            `${format} is binary, which a terminal can't show; name a file: --out ca.${format}`,
          );
        io.out(await encodeCertificate(ca, format));
      }),
    );
}
