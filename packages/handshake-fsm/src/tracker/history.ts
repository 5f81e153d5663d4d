import { HandshakeType } from "@faultwire/tls-parser";
import type { Side } from "../side.ts";

/** What a history keeps. */
export const historyLimits = {
  /** Letters at most, as many as Zeek keeps: a peer can't make a log line grow. */
  letters: 100,
} as const;

const letters = new Map<number, string>([
  [HandshakeType.helloRequest, "h"],
  [HandshakeType.clientHello, "c"],
  [HandshakeType.serverHello, "s"],
  [HandshakeType.helloVerifyRequest, "v"],
  [HandshakeType.newSessionTicket, "t"],
  [HandshakeType.endOfEarlyData, "e"],
  [HandshakeType.helloRetryRequest, "j"],
  [HandshakeType.encryptedExtensions, "o"],
  [HandshakeType.certificate, "x"],
  [HandshakeType.serverKeyExchange, "k"],
  [HandshakeType.certificateRequest, "r"],
  [HandshakeType.serverHelloDone, "n"],
  [HandshakeType.certificateVerify, "y"],
  [HandshakeType.clientKeyExchange, "g"],
  [HandshakeType.finished, "f"],
  [HandshakeType.certificateUrl, "w"],
  [HandshakeType.certificateStatus, "u"],
  [HandshakeType.supplementalData, "a"],
  [HandshakeType.keyUpdate, "p"],
  [HandshakeType.messageHash, "m"],
]);

/**
 * The letter of a handshake message in the `ssl_history` of Zeek's ssl.log, `z` for a type that has none.
 *
 * @param isRetry - whether a ServerHello is a HelloRetryRequest
 */
export function messageLetter(type: number, isRetry = false): string {
  if (isRetry) return "j";
  return letters.get(type) ?? "z";
}

/** The history with one more letter: a capital for the client. */
export function withLetter(history: string, by: Side, letter: string): string {
  if (history.length >= historyLimits.letters) return history;
  return history + (by === "client" ? letter.toUpperCase() : letter);
}
