/** The CA that the flags ask for, and what is done with it at the start. */
import { writeFileSync } from "node:fs";
import { CertificateAuthority } from "@faultwire/cert-authority";
import type { RuleSettings } from "./rule-options.ts";
import { UsageError } from "./usage-error.ts";

export interface OpenedAuthority {
  readonly authority: CertificateAuthority;
  /** Where the certificate is, PEM. */
  readonly caCertPath: string;
}

/** Opens the CA that the settings name, or Faultwire's own, which is made where there is none. */
export async function openAuthority(settings: RuleSettings, exportTo: string | undefined): Promise<OpenedAuthority> {
  const { caCert, caKey, rule } = settings;
  const authority = await CertificateAuthority.loadOrCreate({
    targets: rule.targetHosts,
    ...(caCert !== undefined && caKey !== undefined ? { certificatePath: caCert, keyPath: caKey } : {}),
  });
  if (exportTo !== undefined) exportCertificate(authority, exportTo);
  return { authority, caCertPath: authority.certificatePath ?? caCert ?? "" };
}

function exportCertificate(authority: CertificateAuthority, path: string): void {
  try {
    writeFileSync(path, authority.certificatePem);
  } catch (error) {
    throw new UsageError(`${path} can't be written (${(error as NodeJS.ErrnoException).code}); check --export-ca`);
  }
}
