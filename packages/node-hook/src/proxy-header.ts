import type { Destination } from "./destination.ts";

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
/** Version 2 with the command PROXY, and TCP over IPv4. */
const kind = [0x21, 0x11];
/** PP2_TYPE_AUTHORITY, the host's name; an address may stand there as well. */
const authority = 0x02;

const u16 = (number: number): [number, number] => [number >> 8, number & 0xff];

/**
 * What is said to the proxy in front of all else: whom the connection is for, in the PROXY protocol, version 2. It has no
 * answer, so the program's own bytes can follow at once.
 */
export function proxyHeader({ host, port }: Destination): Uint8Array {
  const name = new TextEncoder().encode(host);
  // Addresses and the source's port are unknown: zero.
  const body = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...u16(port), authority, ...u16(name.length), ...name];
  return Uint8Array.from([...signature, ...kind, ...u16(body.length), ...body]);
}
