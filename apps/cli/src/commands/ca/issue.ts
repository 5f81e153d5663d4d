import { join } from "node:path";
import {
  type CertificateAuthority,
  CertificateAuthorityError,
  type InvalidLeafKind,
  invalidLeafKinds,
  type Leaf,
} from "@faultwire/cert-authority";
import { replaceFile } from "@faultwire/cert-authority/internal";
import { Command, InvalidArgumentError, Option } from "commander";
import type { CommandIo } from "./command-io.ts";
import { addLocation, type Location, openCa, reporting } from "./location.ts";

type IssueFlags = Location & {
  readonly outDir: string;
  readonly rsa?: true;
  readonly days?: number;
  readonly invalid?: InvalidLeafKind;
};

function readDays(text: string): number {
  const days = Number(text);
  if (Number.isFinite(days)) return days;
  throw new InvalidArgumentError("a number of days is expected.");
}

/** A host as a file name: `*` and `:` are not for every file system. */
const fileNameOf = (host: string): string => host.replaceAll("*", "_").replaceAll(":", "-");

async function issue(ca: CertificateAuthority, hosts: readonly string[], flags: IssueFlags): Promise<Leaf> {
  if (flags.invalid === undefined)
    return ca.issue({
      hosts,
      keyType: flags.rsa ? "rsa-2048" : "ecdsa-p256",
      ...(flags.days !== undefined && { validityDays: flags.days }),
    });
  const [host, ...more] = hosts;
  if (host !== undefined && more.length === 0) return ca.issueInvalid(flags.invalid, host);
  throw new CertificateAuthorityError("bad-option", "--invalid makes a certificate for one host; name one.");
}

/**
 * Writes certificate and key, each in a new file that takes the place of one that is there, or of a link: the key is for its
 * owner only, also where the file before was open to others, or somebody else's.
 */
async function writeLeaf(leaf: Leaf, folder: string, name: string): Promise<readonly [string, string]> {
  const [certificatePath, keyPath] = [join(folder, `${name}.pem`), join(folder, `${name}-key.pem`)];
  await replaceFile(certificatePath, leaf.certificateChainPem);
  await replaceFile(keyPath, leaf.privateKeyPem(), 0o600);
  return [certificatePath, keyPath];
}

/** `faultwire ca issue HOST`: a certificate and its key for a server of one's own. */
export function issueCommand(io: CommandIo): Command {
  const kinds = Object.entries(invalidLeafKinds).map(([kind, what]) => `  ${kind.padEnd(26)} ${what}`);
  return addLocation(new Command("issue"))
    .description("write a certificate and its key for a server of your own")
    .argument("<host...>", "DNS name, *.example.com, or IP address; several for one certificate")
    .option("--out-dir <folder>", "where to", ".")
    .addOption(new Option("--rsa", "an RSA key, for clients that offer no ECDSA").conflicts("invalid"))
    .addOption(
      new Option("--days <n>", "how long it is valid (at most 397; default 90)")
        .argParser(readDays)
        .conflicts("invalid"),
    )
    .addOption(
      new Option("--invalid <kind>", "with one fault, to see who notices; see below").choices(
        Object.keys(invalidLeafKinds),
      ),
    )
    .addHelpText("after", `\nKinds of --invalid; each certificate …\n${kinds.join("\n")}`)
    .action(
      reporting("issue", io, async (hosts: readonly string[], flags: IssueFlags) => {
        const leaf = await issue(await openCa(flags, io), hosts, flags);
        const name = fileNameOf(hosts[0] ?? "") + (flags.invalid ? `-${flags.invalid}` : "");
        const [certificatePath, keyPath] = await writeLeaf(leaf, flags.outDir, name);
        io.out(`certificate  ${certificatePath}\nprivate key  ${keyPath}\n`);
        io.out(`for          ${leaf.hosts.join(", ")}\nuntil        ${leaf.notAfter.toISOString()}\n`);
      }),
    );
}
