import { resolve } from "node:path";
import type { CertificateAuthority } from "../certificate-authority.ts";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { shellQuoted } from "../store/private-file.ts";
import { type RunCommand, runCommand, type TrustHost, thisHost } from "./trust-host.ts";
import { type TrustAction, type TrustPlan, type TrustStep, trustPlan } from "./trust-plan.ts";

/** How far {@link installTrust} may go. */
export type InstallTrustOptions = {
  /** Default `trust`. */
  readonly action?: TrustAction;
  /** Whether the whole system may be changed: root's commands are run, with sudo where this is not root. Default false. */
  readonly system?: boolean;
  /** Whether nothing at all is to be run. Default false. */
  readonly dryRun?: boolean;
  /** Default: this machine. */
  readonly host?: TrustHost;
  /** Default: {@link runCommand}. */
  readonly run?: RunCommand;
};

/** What was done, and what is left for a person to do. */
export type TrustReport = {
  /** Commands that were run, and ended well. */
  readonly done: readonly TrustStep[];
  /** Commands that were not run because they need root and `system` was not given, or in a dry run. */
  readonly toDo: readonly TrustStep[];
  /** As in {@link TrustPlan}. */
  readonly notes: readonly string[];
};

/** A step as it is typed into a shell. */
export const stepText = ({ command, needsRoot }: TrustStep, isRoot = false): string =>
  [...(needsRoot && !isRoot ? ["sudo"] : []), ...command].map(shellQuoted).join(" ");

/** Taking away what is not there is what was wanted: what NSS's certutil, macOS and Windows say then. */
const alreadyGone = /could not find cert|could not be found|CRYPT_E_NOT_FOUND|0x80092004/i;

/**
 * Puts a CA into the trust stores of a machine, or takes it out, as far as that is safe: what changes the user's own
 * stores is done, what changes the whole system is handed back as commands unless `system` says otherwise.
 *
 * @throws {@link CertificateAuthorityError} `trust-failed` with the failing command and what it said; `bad-option` for
 *   an ephemeral CA, which has no file that stores could read
 * @example
 * ```ts
 * const { toDo } = await installTrust(ca);
 * for (const { store, command } of toDo) console.log(`${store}: run as root: ${command.join(" ")}`);
 * ```
 */
export async function installTrust(
  ca: Pick<CertificateAuthority, "certificate" | "certificatePath">,
  options: InstallTrustOptions = {},
): Promise<TrustReport> {
  const { action = "trust", system = false, dryRun = false, host = thisHost(), run = runCommand } = options;
  const { certificate, certificatePath } = ca;
  if (certificatePath === undefined)
    throw new CertificateAuthorityError(
      "bad-option",
      "A CA in memory has no file for a trust store to read.",
    );
  const plan: TrustPlan = trustPlan(action, { certificate, certificatePath: resolve(certificatePath) }, host);
  const done: TrustStep[] = [];
  const toDo: TrustStep[] = [];
  for (const step of plan.steps) {
    if (dryRun || (step.needsRoot && !system)) {
      toDo.push(step);
      continue;
    }
    const command = step.needsRoot && !host.isRoot ? ["sudo", ...step.command] : step.command;
    const { exitCode, output } = await run(command);
    if (exitCode !== 0 && !(action === "untrust" && alreadyGone.test(output)))
      throw new CertificateAuthorityError(
        "trust-failed",
        `\`${stepText(step, host.isRoot)}\` ended with ${exitCode}: ${output.trim() || "it said nothing"}`,
      );
    done.push(step);
  }
  return { done, toDo, notes: plan.notes };
}
