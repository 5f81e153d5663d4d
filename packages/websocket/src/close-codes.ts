/** Codes with which a WebSocket is closed, by name (RFC 6455 section 7.4.1, and the registry of IANA that it founded). */
export const CLOSE_CODES = {
  normal: 1000,
  "going-away": 1001,
  "protocol-error": 1002,
  "unsupported-data": 1003,
  "no-status": 1005,
  abnormal: 1006,
  "invalid-payload": 1007,
  "policy-violation": 1008,
  "message-too-big": 1009,
  "mandatory-extension": 1010,
  "internal-error": 1011,
  "service-restart": 1012,
  "try-again-later": 1013,
  "bad-gateway": 1014,
  "tls-handshake": 1015,
} as const;
/** One of {@link CLOSE_CODES}. */
export type CloseCodeName = keyof typeof CLOSE_CODES;

/** Codes that a program is told, and that never stand in a frame (RFC 6455 section 7.4.1). */
const NEVER_SENT: ReadonlySet<number> = new Set([1004, 1005, 1006, 1015]);

/**
 * Whether a code may stand in a close frame: a known one, or one of those for libraries and programs (3000 to 4999).
 *
 * @example
 * ```ts
 * isSendableCloseCode(1006); // false: it stands for a connection that ended without a close
 * ```
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && !NEVER_SENT.has(code);
}
