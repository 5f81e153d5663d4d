import { HandshakeType } from "@faultwire/tls-parser";
import type { Side } from "../side.ts";

/** Letters that a history has at most; as many as Zeek keeps, so that nobody makes a log line grow. */
export const MAX_HISTORY_LETTERS = 100;

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
  if (history.length >= MAX_HISTORY_LETTERS) return history;
  return history + (by === "client" ? letter.toUpperCase() : letter);
}
