import { recordLimits } from "@faultwire/tls-parser";
import type { BridgeVersion } from "../bridge/bridge-peers.ts";

/** What two peers have said about the size of records. */
export interface RecordSizes {
  /** Bytes of content, by max_fragment_length (RFC 6066 section 4). */
  readonly maxFragmentBytes: number | undefined;
  /** What the receiver of the records says in its record_size_limit (RFC 8449 section 4). */
  readonly recordSizeLimit: number | undefined;
}

/** The four sizes that max_fragment_length can name: 512 to 4,096 bytes; undefined for a code that names none. */
export function maxFragmentBytesOf(code: number): number | undefined {
  return code >= 1 && code <= 4 ? 2 ** (8 + code) : undefined;
}

/**
 * Bytes of content and padding that a record may hold under those sizes. In TLS 1.3 a record_size_limit counts the byte
 * with the content type (RFC 8449 section 4), which max_fragment_length does not. Where both are there, the smaller one
 * keeps to both.
 */
export function maxPlaintextBytes(
  version: BridgeVersion,
  { maxFragmentBytes, recordSizeLimit }: RecordSizes,
): number {
  const typeBytes = version === "TLSv1.3" ? 1 : 0;
  return Math.min(
    recordLimits.plaintextBytes,
    maxFragmentBytes ?? recordLimits.plaintextBytes,
    recordSizeLimit === undefined ? recordLimits.plaintextBytes : recordSizeLimit - typeBytes,
  );
}
