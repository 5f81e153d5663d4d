import { AlertDescription, alertDescriptionNames } from "../gen/alert-descriptions.ts";
import { ByteReader } from "../wire/byte-reader.ts";
import { ByteWriter } from "../wire/byte-writer.ts";

export { AlertDescription };

/** Levels of alerts (`AlertLevel`, RFC 8446 section 6); TLS 1.3 goes by the description alone. */
export const AlertLevel = { warning: 1, fatal: 2 } as const;

/** An alert that is not encrypted (`Alert`, RFC 8446 section 6, RFC 5246 section 7.2). */
export interface Alert {
  /** One of {@link AlertLevel}, or whatever was sent. */
  readonly level: number;
  /** One of {@link AlertDescription}, or whatever was sent. */
  readonly description: number;
}

/**
 * Decodes the fragment of an alert record that is not encrypted; an encrypted one is longer, so that it is refused.
 *
 * @throws {@link TlsParseError} `truncated` or `trailing-bytes` for anything but two bytes.
 *
 * @example `decodeAlert(Uint8Array.of(2, 40))` is `{ level: 2, description: 40 }`.
 */
export function decodeAlert(fragment: Uint8Array): Alert {
  const reader = new ByteReader(fragment);
  const level = reader.uint8("alert.level");
  const description = reader.uint8("alert.description");
  reader.finish("alert");
  return { level, description };
}

/**
 * Encodes an alert: the fragment of a record, two bytes.
 *
 * @throws {@link TlsParseError} `not-encodable` where a number is not a byte.
 *
 * @example
 * ```ts
 * const fragment = encodeAlert({ level: AlertLevel.fatal, description: AlertDescription.handshakeFailure });
 * const bytes = encodeRecord({ type: ContentType.alert, legacyVersion: 0x0303, fragment });
 * ```
 */
export function encodeAlert({ level, description }: Alert): Uint8Array {
  const writer = new ByteWriter();
  writer.uint8(level, "alert.level");
  writer.uint8(description, "alert.description");
  return writer.toBytes();
}

/**
 * The RFC's name of an alert description, undefined for a number that has none.
 *
 * @example `alertDescriptionName(40)` is `"handshake_failure"`.
 */
export function alertDescriptionName(description: number): string | undefined {
  return alertDescriptionNames[description];
}

/**
 * The number of an alert description by its RFC name, undefined for a name that is none.
 *
 * @example `alertDescriptionByName("protocol_version")` is `70`.
 */
export function alertDescriptionByName(name: string): number | undefined {
  for (const description of Object.values(AlertDescription))
    if (alertDescriptionNames[description] === name) return description;
  return undefined;
}
