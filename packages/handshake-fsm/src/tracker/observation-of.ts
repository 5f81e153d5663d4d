import {
  AlertDescription,
  AlertLevel,
  type HandshakeFrame,
  handshakeTypeName,
  isTls13Version,
} from "@faultwire/tls-parser";
import { type HandshakeState, sessionOf } from "../machine/handshake-state.ts";
import type { Observation } from "../machine/observation.ts";
import type { Side } from "../side.ts";

/** An empty list of certificates: nothing but its length. */
const EMPTY_CERTIFICATE_BYTES = 3;

/** What a message says to the machine that it need not be decoded for; a hello from the wrong side is one of those. */
export function messageObservation(by: Side, { type, length }: HandshakeFrame): Observation {
  const name = handshakeTypeName(type);
  if (name === "certificate") return { sees: name, by, isEmpty: length <= EMPTY_CERTIFICATE_BYTES };
  const isHello = name === "clientHello" || name === "serverHello" || name === "helloRetryRequest";
  return { sees: name === undefined || isHello ? "unknownMessage" : name, by };
}

/** Whether an alert ends the connection: TLS 1.3 goes by the description (RFC 8446 section 6), the older ones don't. */
export function isFatalAlert(state: HandshakeState, level: number, description: number): boolean {
  if (level === AlertLevel.fatal) return true;
  const session = sessionOf(state);
  if (session === undefined || !isTls13Version(session.version)) return false;
  return description !== AlertDescription.closeNotify && description !== AlertDescription.userCanceled;
}
