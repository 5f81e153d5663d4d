import { type Alert, ContentType, encodeAlert, encodeRecord, ProtocolVersion } from "@faultwire/tls-parser";
import type { RecordSealer } from "../record-protection/record-sealer.ts";

/**
 * An alert as a record, at any moment of a handshake.
 *
 * @param sealer - What seals records for that peer now; undefined while they are not encrypted
 */
export function alertRecord(alert: Alert, sealer: RecordSealer | undefined): Uint8Array {
  const fragment = encodeAlert(alert);
  if (sealer !== undefined) return sealer.seal(ContentType.alert, fragment);
  return encodeRecord({ type: ContentType.alert, legacyVersion: ProtocolVersion.tls12, fragment });
}
