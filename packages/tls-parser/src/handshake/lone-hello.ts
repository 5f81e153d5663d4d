import { RECORD_HEADER_BYTES, recordLimits } from "../record/record-limits.ts";
import { HANDSHAKE_HEADER_BYTES } from "./handshake-frame.ts";

// By hand: the tables of all types would come along.
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;

/**
 * Where the ClientHello ends that lies whole in the first record of `bytes`, as nearly all do; undefined where none
 * does: too few bytes, several records, no hello at all.
 */
export function endOfLoneHello(bytes: Uint8Array): number | undefined {
  if (bytes.length < RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES) return undefined;
  if (bytes[0] !== HANDSHAKE || bytes[1] !== 3 || bytes[2]! > 4) return undefined;
  const recordBytes = (bytes[3]! << 8) | bytes[4]!;
  if (recordBytes > recordLimits.tls12CiphertextBytes || bytes.length < RECORD_HEADER_BYTES + recordBytes)
    return undefined;
  if (bytes[5] !== CLIENT_HELLO) return undefined;
  const messageBytes = HANDSHAKE_HEADER_BYTES + ((bytes[6]! << 16) | (bytes[7]! << 8) | bytes[8]!);
  return messageBytes > recordBytes ? undefined : RECORD_HEADER_BYTES + messageBytes;
}
