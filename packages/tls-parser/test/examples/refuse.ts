import {
  AlertDescription,
  AlertLevel,
  ContentType,
  encodeAlert,
  encodeRecord,
  ProtocolVersion,
} from "@faultwire/tls-parser";

/** The seven bytes that end a handshake with `handshake_failure`. */
export const refusal: Uint8Array = encodeRecord({
  type: ContentType.alert,
  legacyVersion: ProtocolVersion.tls12,
  fragment: encodeAlert({ level: AlertLevel.fatal, description: AlertDescription.handshakeFailure }),
});
