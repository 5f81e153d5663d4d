import type { Offer } from "./handshake-state.ts";
import type { Answer } from "./observation.ts";

/**
 * Whether a server of TLS 1.2 or older takes up the session that the client named: by its id (RFC 5246 section
 * 7.4.1.3), or by a ticket, for which the client makes up an id to see it echoed (RFC 5077 section 3.4).
 */
export function isSessionEchoed({ sessionId }: Offer, answer: Answer): boolean {
  const echo = answer.sessionId;
  if (echo.length === 0 || echo.length !== sessionId.length) return false;
  return echo.every((byte, at) => byte === sessionId[at]);
}
