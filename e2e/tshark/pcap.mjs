// Captured bytes as a capture file: TCP segments of IPv4 packets, as tshark reads them.

const LINKTYPE_RAW = 101;
const CLIENT = [192, 0, 2, 1];
const SERVER = [192, 0, 2, 2];
const TLS_PORT = 443;
const FIRST_PORT = 10_000;
const MAX_SEGMENT_BYTES = 60_000;
const PUSH_AND_ACK = 0x18;

function packet({ from, to, sourcePort, destinationPort, sequence, acknowledged, payload }) {
  const bytes = Buffer.alloc(40 + payload.length);
  bytes[0] = 0x45;
  bytes.writeUInt16BE(bytes.length, 2);
  bytes[8] = 64;
  bytes[9] = 6;
  Buffer.from(from).copy(bytes, 12);
  Buffer.from(to).copy(bytes, 16);
  bytes.writeUInt16BE(sourcePort, 20);
  bytes.writeUInt16BE(destinationPort, 22);
  bytes.writeUInt32BE(sequence, 24);
  bytes.writeUInt32BE(acknowledged, 28);
  bytes[32] = 0x50;
  bytes[33] = PUSH_AND_ACK;
  bytes.writeUInt16BE(0xffff, 34);
  Buffer.from(payload).copy(bytes, 40);
  return bytes;
}

/** The TCP port by which the connection of that index is found again. */
export const portOf = (index) => FIRST_PORT + index;

/** A pcap file of connections, each a list of `{ from: "client" | "server", bytes }`; the index makes the client's port. */
export function pcapOf(connections) {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  const parts = [header];
  let microseconds = 0;
  for (const [index, chunks] of connections.entries()) {
    const next = { client: 1, server: 1 };
    for (const { from, bytes } of chunks)
      for (let at = 0; at < bytes.length; at += MAX_SEGMENT_BYTES) {
        const payload = bytes.subarray(at, at + MAX_SEGMENT_BYTES);
        const isClient = from === "client";
        const segment = packet({
          from: isClient ? CLIENT : SERVER,
          to: isClient ? SERVER : CLIENT,
          sourcePort: isClient ? portOf(index) : TLS_PORT,
          destinationPort: isClient ? TLS_PORT : portOf(index),
          sequence: next[from],
          acknowledged: next[isClient ? "server" : "client"],
          payload,
        });
        next[from] += payload.length;
        const entry = Buffer.alloc(16);
        entry.writeUInt32LE(1 + Math.floor(microseconds / 1e6), 0);
        entry.writeUInt32LE(microseconds % 1e6, 4);
        entry.writeUInt32LE(segment.length, 8);
        entry.writeUInt32LE(segment.length, 12);
        parts.push(entry, segment);
        microseconds += 1000;
      }
  }
  return Buffer.concat(parts);
}
