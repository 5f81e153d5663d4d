/** Which CA the flags of a command mean, and what `--export-ca` and `--install-ca` do with it at the start. */
import {
  type CertificateAuthority,
  exportCertificate,
  installTrust,
  type TrustReport,
} from "@faultwire/cert-authority";
import { stepText, thisHost } from "@faultwire/cert-authority/internal";
import type { RuleFlags } from "./rule-options.ts";
import { UsageError } from "./usage-error.ts";

/** The files of a CA of the user's own. */
export interface OwnCa {
  readonly certificatePath: string;
  readonly keyPath: string;
}

/**
 * The CA that `--ca-cert` and `--ca-key` name.
 *
 * @returns undefined where they are not given: then it is Faultwire's own.
 * @throws UsageError where one of them is given alone.
 */
export function ownCaOf({ caCert, caKey }: Pick<RuleFlags, "caCert" | "caKey">): OwnCa | undefined {
  if (caCert === undefined && caKey === undefined) return undefined;
  if (caCert === undefined || caKey === undefined)
    throw new UsageError(
      "--ca-cert and --ca-key go together; give both, or neither to use Faultwire's own CA",
    );
  return { certificatePath: caCert, keyPath: caKey };
}

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
