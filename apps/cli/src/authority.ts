/** The CA that the flags ask for, and what is done with it at the start. */
import {
  CertificateAuthority,
  exportCertificate,
  installTrust,
  stepText,
  type TrustReport,
  thisHost,
} from "@faultwire/cert-authority";

/** Which CA, and what `--export-ca` and `--install-ca` ask for. */
export interface AuthorityUse {
  /** Files of a CA of the user's own. */
  readonly own: { readonly cert: string; readonly key: string } | undefined;
  /** What it has to be good for: names, `*.name`, or `*`. */
  readonly hosts: readonly string[];
  readonly exportTo: string | undefined;
  readonly install: boolean;
}

/** A CA that is open, and what was done with it. */
export interface OpenedAuthority {
  readonly authority: CertificateAuthority;
  /** Where the certificate is, PEM. */
  readonly caCertPath: string;
  /** What `--install-ca` did and what it left to do; lines for people. */
  readonly trustLines: readonly string[];
}

/**
 * Opens the CA that the user names, or Faultwire's own, which is made where there is none; exports and installs it
 * as asked.
 *
 * @throws CertificateAuthorityError: one line that says what to do.
 */
export async function openAuthority(use: AuthorityUse): Promise<OpenedAuthority> {
  const own = use.own && { certificatePath: use.own.cert, keyPath: use.own.key };
  const authority = await CertificateAuthority.loadOrCreate({ targets: use.hosts, ...own });
  if (use.exportTo !== undefined) await exportCertificate(authority, use.exportTo);
  const trustLines = use.install ? describeTrust(await installTrust(authority)) : [];
  return { authority, caCertPath: authority.certificatePath ?? "", trustLines };
}

function describeTrust({ done, toDo, notes }: TrustReport): string[] {
  const { isRoot } = thisHost();
  return [
    ...new Set(done.map((step) => `trusted by ${step.store}`)),
    ...toDo.map((step) => `for ${step.store}, run: ${stepText(step, isRoot)}`),
    ...notes,
  ];
}
