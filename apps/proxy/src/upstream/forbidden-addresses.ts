/** Addresses that a proxy which others can reach does not dial: they would reach through it what only this machine can. */
import { BlockList, isIP } from "node:net";

/**
 * RFC 1918, 6598, 3927, 4193, 4291, 1122: private, shared, link-local (metadata of clouds among them), loopback, this host. And
 * what carries one of these inside: the ways from IPv6 to IPv4, which a network may know or not (RFC 4291, 2765, 6052, 8215, 3056,
 * 4380). Azure's own server for its machines has a public address.
 */
const privateRanges: readonly (readonly [address: string, prefix: number, family: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["168.63.129.16", 32, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  ["::", 96, "ipv6"],
  ["::ffff:0:0:0", 96, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
  ["64:ff9b:1::", 48, "ipv6"],
  ["2001::", 32, "ipv6"],
  ["2002::", 16, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["fec0::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];

const privateAddresses = new BlockList();
for (const [address, prefix, family] of privateRanges) privateAddresses.addSubnet(address, prefix, family);

/** An IPv4 address that is written as an IPv6 one (RFC 4291 section 2.5.5.2), as the IPv4 address that it is. */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const canonical = new URL(`http://[${address.split("%")[0]}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}

/** Whether an address is one that the world can't reach. */
export function isPrivate(address: string): boolean {
  const plain = plainAddress(address);
  return privateAddresses.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
}

/** Whether an address leads to this machine by its loopback interface. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === "::1" || plain.startsWith("127.");
}
