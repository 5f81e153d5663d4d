/** The sockets of a network namespace, as Linux writes them to `/proc/PID/net/tcp` (proc_pid_net(5)). */
import { endianness } from "node:os";

/** A socket with a peer. */
export interface SocketRow {
  readonly protocol: "tcp" | "udp";
  /** The peer's address: `192.0.2.1`, `2001:db8::1`; an IPv4 address in IPv6 is written as IPv4. */
  readonly address: string;
  readonly port: number;
  /** Names the socket among the descriptors of processes: `socket:[INODE]`. */
  readonly inode: string;
}

/** Sockets that have no owner any more, or no peer. */
const ownerless: ReadonlySet<string> = new Set([
  "06", // TIME_WAIT
  "07", // CLOSE: for UDP the state of a socket without a peer
  "0A", // LISTEN
]);

/**
 * Reads the rows of such a table whose peer has one of the ports. The header line and lines that are cut off are left out.
 */
export function parseSockets(
  text: string,
  protocol: SocketRow["protocol"],
  ports: Iterable<number>,
): SocketRow[] {
  const rows: SocketRow[] = [];
  const written = [...ports].map((port) => `:${port.toString(16).toUpperCase().padStart(4, "0")} `);
  for (const line of text.split("\n")) {
    // A table may have thousands of lines, and hardly any is for us.
    if (!written.some((port) => line.includes(port))) continue;
    const found = /^\s*\d+: [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2}) (.*)$/.exec(line);
    if (!found) continue;
    const [, address = "", port = "", state = "", rest = ""] = found;
    // Behind the state: queues, timer, retransmits, uid, timeout, inode.
    const inode = rest.trim().split(/\s+/)[5];
    if (ownerless.has(state) || inode === undefined || inode === "0") continue;
    const peer = writeAddress(address);
    if (peer !== undefined) rows.push({ protocol, address: peer, port: Number.parseInt(port, 16), inode });
  }
  return rows;
}

/** Whether an address is this machine's loopback. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** An address of 4 or 16 bytes, which stands in words of the machine's own byte order. */
function writeAddress(hex: string): string | undefined {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => {
    const pairs = word.match(/../g) ?? [];
    return (endianness() === "LE" ? pairs.reverse() : pairs).map((pair) => Number.parseInt(pair, 16));
  });
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return isMapped ? bytes.slice(12).join(".") : writeIpv6(bytes);
}

/** As RFC 5952 has it, which is how a URL writes its host. */
function writeIpv6(bytes: readonly number[]): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0));
  const text = groups.map((group) => group.toString(16)).join(":");
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}
