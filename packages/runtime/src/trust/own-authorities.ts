/** CAs of Faultwire's own: clients trust them, and no upstream is to be believed for them. */
import { type KeyObject, X509Certificate } from "node:crypto";
import { readInput } from "../input-file.ts";
import { upstreamTrustLimits } from "./upstream-trust.ts";

/** The organization in the subject of every CA that Faultwire makes. */
const ourName = "Faultwire";

const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Public keys of Faultwire's CAs that an upstream must not be believed for: this process's own, and those that
 * `NODE_EXTRA_CA_CERTS` has Node trust, as it does in a shell of `faultwire ca env`. Whoever has such a CA's key could be any
 * target to us otherwise. A file that can't be read adds nothing, to Node neither.
 *
 * @param ownPem - The CA of this process, where it has one.
 * @param namedPem - CAs that the user names for upstreams: those are believed, whoever made them.
 */
export async function ownAuthorityKeys(
  ownPem: string | undefined,
  namedPem: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<readonly KeyObject[]> {
  const path = env["NODE_EXTRA_CA_CERTS"];
  const extra = path ? await readInput(path, upstreamTrustLimits.maxFileBytes).catch(() => "") : "";
  const found = blocksOf(extra).filter(namesUs).flatMap(certificateOf).filter(isOurs);
  const named = namedPem.flatMap(certificatesIn);
  return [...certificatesIn(ownPem ?? ""), ...found]
    .map(({ publicKey }) => publicKey)
    .filter((key) => !named.some(({ publicKey }) => publicKey.equals(key)));
}

const blocksOf = (text: string): readonly string[] => text.match(pem) ?? [];

const certificatesIn = (text: string): X509Certificate[] => blocksOf(text).flatMap(certificateOf);

/**
 * Whether our name stands anywhere in a certificate. Such a file may hold all the roots of a system. OpenSSL takes 0.3 ms to read one
 * of them: for 140 roots, that was more than the rest of what a start does here.
 */
const namesUs = (block: string): boolean =>
  Buffer.from(block.replaceAll(/-----[A-Z ]+-----/g, ""), "base64").includes(ourName);

function certificateOf(text: string): X509Certificate[] {
  try {
    return [new X509Certificate(text)];
  } catch {
    return [];
  }
}

/** Whether it is a CA that Faultwire has made, of this home or of another one. */
const isOurs = ({ ca, subject }: X509Certificate): boolean =>
  ca && subject.split("\n").includes(`O=${ourName}`);
