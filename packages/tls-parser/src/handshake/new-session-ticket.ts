import { newSessionTicketCodecs } from "../extension/codecs.ts";
import type { DecodeOptions } from "../extension/extension.ts";
import { readExtensions, writeExtensions } from "../extension/extension-list.ts";
import type { NewSessionTicketExtension } from "../extension/messages.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

/** A NewSessionTicket up to TLS 1.2 (RFC 5077 section 3.3). */
export interface Tls12NewSessionTicket {
  readonly kind: "newSessionTicket";
  readonly form: "tls12";
  /** 0: for as long as the client likes. */
  readonly lifetimeHintSeconds: number;
  /** Empty where the server changed its mind; a view. */
  readonly ticket: Uint8Array;
}

/** A NewSessionTicket of TLS 1.3 (RFC 8446 section 4.6.1). */
export interface Tls13NewSessionTicket {
  readonly kind: "newSessionTicket";
  readonly form: "tls13";
  /** At most 604,800 if the server keeps to the RFC; not checked. */
  readonly lifetimeSeconds: number;
  /** What clients add to the ticket's age in milliseconds, modulo 2^32. */
  readonly ageAdd: number;
  /** A view. */
  readonly nonce: Uint8Array;
  /** A view. */
  readonly ticket: Uint8Array;
  /** In the order sent. */
  readonly extensions: readonly NewSessionTicketExtension[];
}

export function readTls12NewSessionTicket(reader: ByteReader): Tls12NewSessionTicket {
  const lifetimeHintSeconds = reader.uint32("newSessionTicket.ticketLifetimeHint");
  const ticket = reader.opaque16("newSessionTicket.ticket");
  return { kind: "newSessionTicket", form: "tls12", lifetimeHintSeconds, ticket };
}

export function readTls13NewSessionTicket(reader: ByteReader, options: DecodeOptions): Tls13NewSessionTicket {
  const lifetimeSeconds = reader.uint32("newSessionTicket.ticketLifetime");
  const ageAdd = reader.uint32("newSessionTicket.ticketAgeAdd");
  const nonce = reader.opaque8("newSessionTicket.ticketNonce");
  const ticket = reader.opaque16("newSessionTicket.ticket", 1);
  const extensions = readExtensions(reader, newSessionTicketCodecs, options);
  return { kind: "newSessionTicket", form: "tls13", lifetimeSeconds, ageAdd, nonce, ticket, extensions };
}

export function writeNewSessionTicket(
  writer: ByteWriter,
  message: Tls12NewSessionTicket | Tls13NewSessionTicket,
): void {
  if (message.form === "tls12") {
    writer.uint32(message.lifetimeHintSeconds, "newSessionTicket.ticketLifetimeHint");
    writer.opaque16(message.ticket, "newSessionTicket.ticket");
    return;
  }
  writer.uint32(message.lifetimeSeconds, "newSessionTicket.ticketLifetime");
  writer.uint32(message.ageAdd, "newSessionTicket.ticketAgeAdd");
  writer.opaque8(message.nonce, "newSessionTicket.ticketNonce");
  writer.opaque16(message.ticket, "newSessionTicket.ticket", 1);
  writeExtensions(writer, message.extensions, newSessionTicketCodecs);
}
