import type { CertificateAuthority, NameConstraints } from "@faultwire/cert-authority";
import { writeCount } from "@faultwire/fault-engine/internal";
import type { Colors } from "./command-io.ts";

/** Everything that `faultwire ca show` tells, for programs. */
export type CaDescription = {
  readonly subject: string;
  readonly fingerprint256: string;
  /** The DNS names that leaves may stand for; "all" without constraints. */
  readonly permitted: readonly string[] | "all";
  readonly ipAddresses: "permitted" | "excluded" | "limited";
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whether the CA can be used today. */
  readonly validity: CertificateAuthority["validity"];
  /** Below 0 when it has expired. */
  readonly daysLeft: number;
  readonly keyType: string;
  readonly certificatePath: string | undefined;
  readonly keyPath: string | undefined;
};

/** OpenSSL's names of curves, and those that people know. */
const curveNames: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

const dayMs = 86_400_000;

function ipRule(constraints: NameConstraints | undefined): CaDescription["ipAddresses"] {
  if (!constraints) return "permitted";
  const all = constraints.excludedIp.filter(({ mask }) => mask.every((octet) => octet === 0));
  if (all.length === 2) return "excluded";
  return constraints.permittedIp.length + constraints.excludedIp.length > 0 ? "limited" : "permitted";
}

/** What there is to tell about a CA; nothing of it is secret. */
export function describeCa(ca: CertificateAuthority, now: number = Date.now()): CaDescription {
  const { asymmetricKeyType, asymmetricKeyDetails } = ca.certificate.publicKey;
  const { constraints } = ca;
  return {
    subject: ca.certificate.subject.replaceAll("\n", ", "),
    fingerprint256: ca.fingerprint256,
    permitted: constraints && constraints.permittedDns.length > 0 ? constraints.permittedDns : "all",
    ipAddresses: ipRule(constraints),
    notBefore: ca.notBefore.toISOString(),
    notAfter: ca.notAfter.toISOString(),
    validity: ca.validity,
    daysLeft: Math.floor((ca.notAfter.getTime() - now) / dayMs),
    keyType:
      asymmetricKeyType === "ec"
        ? `ECDSA ${curveNames[asymmetricKeyDetails?.namedCurve ?? ""] ?? "on an unknown curve"}`
        : `RSA ${asymmetricKeyDetails?.modulusLength ?? ""}`,
    certificatePath: ca.certificatePath,
    keyPath: ca.keyPath,
  };
}

/** What is left of a CA's time, or why it has none. */
function formatTime({ validity, daysLeft, notBefore }: CaDescription, colors: Colors): string {
  if (validity === "not-yet-valid") return colors.red(`not valid before ${notBefore}`);
  if (validity === "expired") {
    const ago = -daysLeft;
    return colors.red(ago <= 1 ? "expired" : `expired ${writeCount(ago - 1, "day")} ago`);
  }
  const left = `${writeCount(daysLeft, "day")} left`;
  return daysLeft < 30 ? colors.yellow(left) : left;
}

/** What to do with a CA that can't be used; nothing for one that can. */
function remedyOf({ validity, permitted }: CaDescription): string {
  if (validity === "valid") return "";
  const flags = permitted === "all" ? ["--ca-unconstrained"] : permitted.map((name) => `--target ${name}`);
  return (
    "\nNothing is issued by it, and no client takes what it issued. If the clock of this machine is right, make a new one:\n" +
    `  faultwire ca init --force ${flags.join(" ")}\n`
  );
}

/** Lines of a name and a value each, for people. */
export function formatDescription(description: CaDescription, colors: Colors): string {
  const { permitted, ipAddresses } = description;
  const names = permitted === "all" ? colors.yellow("every name") : permitted.join(", ");
  const days = `${description.notBefore.slice(0, 10)} to ${description.notAfter.slice(0, 10)}`;
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["subject", description.subject],
    ["SHA-256", description.fingerprint256],
    ["good for", `${names}${permitted === "all" ? "" : " and names below"}; IP addresses ${ipAddresses}`],
    ["valid", `${days} (${formatTime(description, colors)})`],
    ["key", description.keyType],
    ["certificate", description.certificatePath ?? "in memory"],
    ["private key", description.keyPath ?? "in memory"],
  ];
  const lines = rows.map(([name, value]) => `${colors.dim(name.padEnd(12))} ${value}\n`);
  return lines.join("") + remedyOf(description);
}
