import { ByteWriter } from "../wire/byte-writer.ts";
import { writeCertificate, writeCompressedCertificate } from "./certificate.ts";
import { writeCertificateRequest } from "./certificate-request.ts";
import { writeCertificateStatus, writeCertificateUrl } from "./certificate-status.ts";
import { encodeClientHello } from "./client-hello.ts";
import { writeClientKeyExchange } from "./client-key-exchange.ts";
import { writeDigitallySigned } from "./digitally-signed.ts";
import type { Handshake } from "./handshake.ts";
import { HandshakeType } from "./handshake-type.ts";
import { writeNewSessionTicket } from "./new-session-ticket.ts";
import {
  writeEncryptedExtensions,
  writeFinished,
  writeKeyUpdate,
  writeSupplementalData,
} from "./plain-messages.ts";
import { encodeServerHello, isDraftRetry } from "./server-hello.ts";
import { writeServerKeyExchange } from "./server-key-exchange.ts";

/**
 * Encodes one handshake message, header included; the inverse of {@link decodeHandshake}.
 *
 * @throws {@link TlsParseError} `not-encodable` where a value does not fit its field.
 *
 * @example `encodeHandshake({ kind: "serverHelloDone" })` is `Uint8Array [14, 0, 0, 0]`.
 */
export function encodeHandshake(message: Handshake): Uint8Array {
  const writer = new ByteWriter();
  writer.uint8(typeOf(message), "handshake.msgType");
  writer.vector24("handshake.length", 0, 0xff_ffff, () => writeBody(writer, message));
  return writer.toBytes();
}

function writeBody(writer: ByteWriter, message: Handshake): void {
  switch (message.kind) {
    case "helloRequest":
    case "serverHelloDone":
    case "endOfEarlyData":
      break;
    case "clientHello":
      writer.bytes(encodeClientHello(message));
      break;
    case "serverHello":
    case "helloRetryRequest":
      writer.bytes(encodeServerHello(message));
      break;
    case "newSessionTicket":
      writeNewSessionTicket(writer, message);
      break;
    case "encryptedExtensions":
      writeEncryptedExtensions(writer, message);
      break;
    case "certificate":
      writeCertificate(writer, message);
      break;
    case "serverKeyExchange":
      writeServerKeyExchange(writer, message);
      break;
    case "certificateRequest":
      writeCertificateRequest(writer, message);
      break;
    case "certificateVerify":
      writeDigitallySigned(writer, message);
      break;
    case "clientKeyExchange":
      writeClientKeyExchange(writer, message);
      break;
    case "finished":
      writeFinished(writer, message);
      break;
    case "certificateUrl":
      writeCertificateUrl(writer, message);
      break;
    case "certificateStatus":
      writeCertificateStatus(writer, message);
      break;
    case "supplementalData":
      writeSupplementalData(writer, message);
      break;
    case "keyUpdate":
      writeKeyUpdate(writer, message);
      break;
    case "compressedCertificate":
      writeCompressedCertificate(writer, message);
      break;
    case "messageHash":
      writer.bytes(message.hash);
      break;
    case "unknown":
      writer.bytes(message.data);
      break;
    default:
      message satisfies never;
  }
}

/** HelloRetryRequests travel as ServerHellos, but for those of drafts. */
function typeOf(message: Handshake): number {
  if (message.kind === "unknown") return message.type;
  if (message.kind === "helloRetryRequest" && !isDraftRetry(message)) return HandshakeType.serverHello;
  return HandshakeType[message.kind];
}
