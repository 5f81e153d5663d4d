import { cipherSuiteFacts, isTls13Version } from "@faultwire/tls-parser";

const HANDSHAKE_HEADER_BYTES = 4;
const ALERT_BYTES = 2;
/** The real content type behind the content (RFC 8446 section 5.2). */
const INNER_TYPE_BYTES = 1;
const TAG_BYTES = 16;
const SHORT_TAG_BYTES = 8;
const hashBytes: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64, sm3: 32 };

/**
 * The sizes that give TLS 1.3 records away when they are not padded, in bytes of fragment: nothing else in a handshake
 * is as short as an alert, and a Finished has the length of the suite's hash (RFC 8446 sections 4.4.4 and 5.2).
 */
export interface Tls13RecordSizes {
  readonly alert: number;
  readonly endOfEarlyData: number;
  readonly finished: number;
}

/**
 * The sizes for a suite; those of the most common hash and tag for one that is not known.
 *
 * @example `tls13RecordSizes(0x1302)` is `{ alert: 19, endOfEarlyData: 21, finished: 69 }`.
 */
export function tls13RecordSizes(cipherSuite: number): Tls13RecordSizes {
  const facts = cipherSuiteFacts(cipherSuite);
  const known = facts !== undefined && isTls13Version(facts.maxVersion) ? facts : undefined;
  const overhead = INNER_TYPE_BYTES + (known?.cipher.endsWith("CCM_8") ? SHORT_TAG_BYTES : TAG_BYTES);
  const verifyData = hashBytes[known?.hash ?? "sha256"] ?? 32;
  return {
    alert: ALERT_BYTES + overhead,
    endOfEarlyData: HANDSHAKE_HEADER_BYTES + overhead,
    finished: HANDSHAKE_HEADER_BYTES + verifyData + overhead,
  };
}
