import { AlertDescription, AlertLevel, ContentType } from "@faultwire/tls-parser";

/**
 * A fatal alert in clear (internal_error, RFC 8446 section 6). It makes an upstream end its connection before it has seen a
 * request. With the upstream's end the client's connection can be ended.
 */
export const provocation: Uint8Array = Uint8Array.of(
  ...[ContentType.alert, 3, 3, 0, 2],
  ...[AlertLevel.fatal, AlertDescription.internalError],
);
