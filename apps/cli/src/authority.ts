/** What `--export-ca` and `--install-ca` do with the CA at the start. */
import {
  type CertificateAuthority,
  exportCertificate,
  installTrust,
  stepText,
  type TrustReport,
  thisHost,
} from "@faultwire/cert-authority";
import { UsageError } from "./usage-error.ts";

/** The flags that are about the CA. */
export interface AuthorityFlags {
  readonly exportCa?: string;
  readonly installCa?: boolean;
}

/**
 * Exports and installs the CA as asked.
 *
 * @returns what `--install-ca` did and what it left to do; lines for people.
 * @throws CertificateAuthorityError: one line that says what to do.
 */
export async function handOutAuthority(
  authority: CertificateAuthority,
  { exportCa, installCa }: AuthorityFlags,
): Promise<readonly string[]> {
  if (exportCa !== undefined)
    await exportCertificate(authority, exportCa).catch((error: Error) => {
      throw new UsageError(`${error.message} Check --export-ca.`, { cause: error });
    });
  return installCa ? describeTrust(await installTrust(authority)) : [];
}

function describeTrust({ done, toDo, notes }: TrustReport): string[] {
  const { isRoot } = thisHost();
  return [
    ...new Set(done.map((step) => `trusted by ${step.store}`)),
    ...toDo.map((step) => `for ${step.store}, run: ${stepText(step, isRoot)}`),
    ...notes,
  ];
}
