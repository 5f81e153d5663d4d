import { AlertDescription, AlertLevel, ContentType } from "@faultwire/tls-parser";

/**
 * An alert that no peer expects outside a handshake (RFC 8446 section 6): fatal, internal_error, in clear. It makes
 * an upstream end a connection, so that the client's end can be ended with it, before it has seen a request.
 */
export const provocation: Uint8Array = Uint8Array.of(
  ...[ContentType.alert, 3, 3, 0, 2],
  ...[AlertLevel.fatal, AlertDescription.internalError],
);
