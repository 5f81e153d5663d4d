import {
  contentOf,
  contextConstructed,
  contextPrimitive,
  type DerNode,
  isContext,
  itemsOf,
  sequence,
} from "../der/der.ts";
import { dnsBaseOf, type Host } from "./host.ts";

/** A range of IP addresses: address and mask, 4 or 16 octets each (RFC 5280 §4.2.1.10). */
export type IpRange = {
  /** 4 or 16 octets. */
  readonly address: Uint8Array;
  /** As many octets as the address. */
  readonly mask: Uint8Array;
};

/**
 * What a CA certificate lets its leaves stand for, as far as server names go. A list of `permitted` names that is
 * empty permits all of that kind; what is `excluded` is so even where it is permitted.
 */
export type NameConstraints = {
  /** DNS names; each covers itself and every name below it. */
  readonly permittedDns: readonly string[];
  /** DNS names that are refused, each with every name below it. */
  readonly excludedDns: readonly string[];
  /** Ranges that are permitted. */
  readonly permittedIp: readonly IpRange[];
  /** Ranges that are refused. */
  readonly excludedIp: readonly IpRange[];
};

/** GeneralName tags (RFC 5280 §4.2.1.6). */
const GeneralName = { rfc822Name: 1, dNSName: 2, uniformResourceIdentifier: 6, iPAddress: 7 } as const;

/**
 * The one mail host and URI host that a constrained CA permits. `.invalid` never exists (RFC 6761 §6.4), so permitting
 * it alone excludes every other; "exclude all" cannot be written in a way that all verifiers read alike. Directory
 * names stay open because Go refuses every certificate below a CA that constrains them.
 */
const nobody = "nobody.invalid";

const everyIp: readonly IpRange[] = [4, 16].map((size) => ({
  address: new Uint8Array(size),
  mask: new Uint8Array(size),
}));

/** The constraints of a CA for these DNS names alone: every IP address is excluded, and so are mail and URI names. */
export const constraintsForDns = (names: readonly string[]): NameConstraints => ({
  permittedDns: names,
  excludedDns: [],
  permittedIp: [],
  excludedIp: everyIp,
});

/** The extension's value for {@link constraintsForDns}. */
export function encodeDnsConstraints(names: readonly string[]): DerNode {
  const subtree = (tag: number, content: Uint8Array): DerNode => sequence(contextPrimitive(tag, content));
  return sequence(
    contextConstructed(
      0,
      ...names.map((name) => subtree(GeneralName.dNSName, Buffer.from(name))),
      subtree(GeneralName.rfc822Name, Buffer.from(nobody)),
      subtree(GeneralName.uniformResourceIdentifier, Buffer.from(nobody)),
    ),
    contextConstructed(
      1,
      ...everyIp.map(({ address, mask }) => subtree(GeneralName.iPAddress, Buffer.concat([address, mask]))),
    ),
  );
}

/** Reads the extension's value from a certificate that anyone may have made. */
export function decodeConstraints(value: DerNode): NameConstraints {
  const dns: [string[], string[]] = [[], []];
  const ip: [IpRange[], IpRange[]] = [[], []];
  for (const side of [0, 1] as const) {
    const subtrees = itemsOf(itemsOf(value).find((item) => isContext(item, side)));
    for (const subtree of subtrees) {
      const base = itemsOf(subtree)[0];
      if (!base) continue;
      const content = contentOf(base);
      const half = content.length / 2;
      if (isContext(base, GeneralName.dNSName))
        dns[side].push(content.toString("latin1").toLowerCase().replace(/^\./, ""));
      else if (isContext(base, GeneralName.iPAddress) && (half === 4 || half === 16))
        ip[side].push({ address: content.subarray(0, half), mask: content.subarray(half) });
    }
  }
  return { permittedDns: dns[0], excludedDns: dns[1], permittedIp: ip[0], excludedIp: ip[1] };
}

const covers = (constraint: string, name: string): boolean =>
  constraint === "" || name === constraint || name.endsWith(`.${constraint}`);

const contains = ({ address, mask }: IpRange, octets: Uint8Array): boolean =>
  address.length === octets.length &&
  octets.every((octet, at) => (octet & (mask[at] ?? 0)) === ((address[at] ?? 0) & (mask[at] ?? 0)));

/**
 * Whether a leaf for this host passes the constraints. For a wildcard every name that it stands for has to pass, so an
 * excluded name below it is enough to say no.
 */
export function permits(constraints: NameConstraints, host: Host): boolean {
  if (host.kind === "ip") {
    const { permittedIp, excludedIp } = constraints;
    if (excludedIp.some((range) => contains(range, host.octets))) return false;
    return permittedIp.length === 0 || permittedIp.some((range) => contains(range, host.octets));
  }
  const name = dnsBaseOf(host) ?? "";
  const { permittedDns, excludedDns } = constraints;
  const excluded = excludedDns.some(
    (base) => covers(base, name) || (host.kind === "wildcard" && covers(name, base)),
  );
  return !excluded && (permittedDns.length === 0 || permittedDns.some((base) => covers(base, name)));
}

const dotted = (octets: Uint8Array): string =>
  octets.length === 4
    ? octets.join(".")
    : Buffer.from(octets)
        .toString("hex")
        .replaceAll(/.{4}(?=.)/g, "$&:");

/** A range as people write it: `10.0.0.0/8`; a mask with holes stays a mask. */
export function writeRange({ address, mask }: IpRange): string {
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, "0")).join("");
  const length = bits.indexOf("0") === -1 ? bits.length : bits.indexOf("0");
  const isPrefix = !bits.includes("1", length);
  const text = address.every((octet) => octet === 0) && address.length === 16 ? "::" : dotted(address);
  return `${text}/${isPrefix ? length : dotted(mask)}`;
}
