import { isIP, isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { CertificateAuthorityError } from "../certificate-authority-error.ts";
import { certificateAuthorityLimits as limits } from "../limits.ts";

/** A name that a server certificate can stand for, in the one form that is used from here on. */
export type Host =
  /** A DNS name in lower case, A-labels, no trailing dot. */
  | { readonly kind: "dns"; readonly name: string }
  /** `*.` and a DNS name; stands for exactly one more label (RFC 6125 §6.4.3). `base` is what follows the star. */
  | { readonly kind: "wildcard"; readonly name: string; readonly base: string }
  /** An IP address; `octets` is what a certificate holds: 4 or 16 bytes. */
  | { readonly kind: "ip"; readonly name: string; readonly octets: Uint8Array };

/** RFC 1035 §2.3.4, without the trailing dot. */
const maxNameLength = 253;
// Underscores are no host name characters, but names with them exist and clients connect to them.
const labels = /^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/;

/**
 * What no name may have, before it is normalised: of ASCII all but letters, digits and these three, and beyond it what
 * can't be seen. `domainToASCII` takes tabs, line ends and soft hyphens out, and ends a name at `/`, `?` or `#`: another
 * name than the one that was asked for would get a certificate.
 */
const foreign = /(?![\w.-])\p{ASCII}|[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;

const refuse = (host: string, why: string): CertificateAuthorityError =>
  new CertificateAuthorityError(
    "bad-host",
    `${JSON.stringify(host.slice(0, 80)).replaceAll(/\p{C}/gu, shown)} is no name for a certificate: ${why}. ` +
      "Give a DNS name, a wildcard such as *.example.com, or an IP address.",
  );

/** A character as an error shows it: by its number where a terminal could obey it, or show nothing. */
const shown = (character: string): string =>
  /[!-~]/.test(character)
    ? character
    : `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The octets of an IPv4 or IPv6 address that `isIP` takes. */
function octetsOf(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split("."), Number);
  // The URL parser writes every IPv6 address in one form, an embedded IPv4 part included.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string | undefined): string[] => (part ? part.split(":") : []);
  const left = groups(head);
  const right = groups(tail);
  const gap = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return Uint8Array.from(
    [...left, ...gap, ...right].flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

/**
 * Reads a host as users and clients write it: any case, a trailing dot, brackets around IPv6, Unicode (UTS 46).
 *
 * @throws {@link CertificateAuthorityError} `bad-host`.
 * @example readHost("Bücher.example.") // → { kind: "dns", name: "xn--bcher-kva.example" }
 */
export function readHost(input: string): Host {
  if (input.length > limits.hostCharacters) throw refuse(input, `it has ${input.length} characters`);
  const inner = /^\[(.*)\]$/.exec(input)?.[1];
  const bare = inner !== undefined && isIPv6(inner) ? inner : input;
  if (isIP(bare)) {
    if (bare.includes("%")) throw refuse(input, "a zone means nothing on another machine");
    const name = isIPv4(bare) ? bare : new URL(`http://[${bare}]`).hostname.slice(1, -1);
    return { kind: "ip", name, octets: octetsOf(bare) };
  }
  const isWildcard = bare.startsWith("*.");
  const rest = (isWildcard ? bare.slice(2) : bare).replace(/\.$/, "");
  const [character] = foreign.exec(rest) ?? [];
  if (character !== undefined) throw refuse(input, `no host has the character ${shown(character)}`);
  // domainToASCII costs microseconds and turns numbers into IP addresses; plain names don't need it.
  const lower = rest.toLowerCase();
  const base = labels.test(lower) ? lower : domainToASCII(rest);
  if (base === "") throw refuse(input, "it is not made of DNS labels");
  if (!labels.test(base)) throw refuse(input, "a label has other characters than letters, digits and -");
  if (/(^|\.)[0-9]+$/.test(base)) throw refuse(input, "it ends in a number but is no IP address");
  const name = isWildcard ? `*.${base}` : base;
  if (name.length > maxNameLength) throw refuse(input, `it is longer than ${maxNameLength} characters`);
  return isWildcard ? { kind: "wildcard", name, base } : { kind: "dns", name };
}

/** A DNS name with a wildcard's star taken off; undefined for an IP address. */
export function dnsBaseOf(host: Host): string | undefined {
  switch (host.kind) {
    case "dns":
      return host.name;
    case "wildcard":
      return host.base;
    case "ip":
      return undefined;
    default:
      return host satisfies never;
  }
}
