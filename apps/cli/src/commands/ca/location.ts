import {
  CertificateAuthority,
  CertificateAuthorityError,
  type CertificateAuthorityOptions,
} from "@faultwire/cert-authority";
import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";

/** Which CA is meant, as the options of a command say it. */
export type Location = {
  readonly home?: string;
  readonly caCert?: string;
  readonly caKey?: string;
};

/** Adds the options that say which CA is meant. */
export const addLocation = (command: Command): Command =>
  command
    .option(
      "--home <folder>",
      "where Faultwire keeps its CA (default: $FAULTWIRE_HOME or the user's data folder)",
    )
    .option("--ca-cert <file>", "certificate of a CA of your own, PEM (with --ca-key)")
    .option("--ca-key <file>", "its private key, PEM, mode 0600; passphrase in FAULTWIRE_CA_PASSPHRASE");

/** The options for opening the CA of a location. */
export const optionsFor = (
  location: Location,
  io: CommandIo,
  targets: readonly string[] = [],
): CertificateAuthorityOptions => ({
  targets,
  environment: io.environment,
  ...(location.home !== undefined && { directory: location.home }),
  ...(location.caCert !== undefined && { certificatePath: location.caCert }),
  ...(location.caKey !== undefined && { keyPath: location.caKey }),
});

/** Opens the CA of a location. */
export const openCa = (location: Location, io: CommandIo): Promise<CertificateAuthority> =>
  CertificateAuthority.load(optionsFor(location, io));

/** Opens the CA of a location, also one that has expired: to look at it, or to take it out of trust stores. */
export const openAnyCa = (location: Location, io: CommandIo): Promise<CertificateAuthority> =>
  CertificateAuthority.load({ ...optionsFor(location, io), allowOutsideValidity: true });

/** Failures of the machine, in contrast to wrong input. */
const machineFailures: ReadonlySet<string> = new Set(["storage-failed", "trust-failed"]);

const hasSystemCode = (cause: unknown): boolean =>
  typeof (cause as Partial<NodeJS.ErrnoException> | undefined)?.code === "string";

/**
 * Wraps what a command does: an error of ours becomes one line and an exit code, 2 for wrong input and 1 for a machine
 * that said no. Other errors are bugs and stay what they are.
 */
export const reporting =
  <Arguments extends unknown[]>(name: string, io: CommandIo, action: (...args: Arguments) => Promise<void>) =>
  async (...args: Arguments): Promise<void> => {
    try {
      await action(...args);
    } catch (error) {
      if (!(error instanceof CertificateAuthorityError)) throw error;
      io.err(`${io.colors.red(`faultwire ca ${name}:`)} ${error.message}\n`);
      // A pipe, or a file that is too long, in the place of a key is the user's to mend: there the system has said nothing.
      const isUnfit = error.code === "storage-failed" && !hasSystemCode(error.cause);
      io.setExitCode(machineFailures.has(error.code) && !isUnfit ? 1 : 2);
    }
  };
