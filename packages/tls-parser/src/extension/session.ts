import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** One ticket or external key that a client offers (`PskIdentity`, RFC 8446 section 4.2.11). */
export interface PskIdentity {
  /** A view; 1 to 65,535 bytes. */
  readonly identity: Uint8Array;
  /** The ticket's age in milliseconds plus `ticket_age_add`, modulo 2^32. */
  readonly obfuscatedTicketAge: number;
}

/** `pre_shared_key` in a ClientHello (RFC 8446 section 4.2.11): the last extension, one binder per identity. */
export interface OfferedPskExtension extends ExtensionBase {
  readonly type: 41;
  readonly kind: "preSharedKey";
  /** Keys that the client offers, in its order. */
  readonly identities: readonly PskIdentity[];
  /** Views; 32 to 255 bytes each. */
  readonly binders: readonly Uint8Array[];
}

/** `pre_shared_key` in a ServerHello (RFC 8446 section 4.2.11). */
export interface SelectedPskExtension extends ExtensionBase {
  readonly type: 41;
  readonly kind: "preSharedKey";
  /** Index into the client's identities. */
  readonly selectedIdentity: number;
}

/** `psk_key_exchange_modes` (RFC 8446 section 4.2.9): 0 psk_ke, 1 psk_dhe_ke. */
export interface PskKeyExchangeModesExtension extends ExtensionBase {
  readonly type: 45;
  readonly kind: "pskKeyExchangeModes";
  /** Modes, by number. */
  readonly modes: readonly number[];
}

/** `session_ticket` in a ClientHello (RFC 5077 section 3.2); an empty ticket asks for one. */
export interface SessionTicketExtension extends ExtensionBase {
  readonly type: 35;
  readonly kind: "sessionTicket";
  /** The ticket; a view. */
  readonly ticket: Uint8Array;
}

/** `early_data` in a NewSessionTicket (RFC 8446 section 4.2.10). */
export interface MaxEarlyDataExtension extends ExtensionBase {
  readonly type: 42;
  readonly kind: "earlyData";
  /** Bytes of early data that the server takes, up to 2^32 − 1. */
  readonly maxEarlyDataBytes: number;
}

export const offeredPsk: ExtensionCodec<OfferedPskExtension> = {
  read(reader) {
    const identityList = reader.vector16("preSharedKey.identities", 7);
    const identities: PskIdentity[] = [];
    while (identityList.remaining > 0) {
      const identity = identityList.opaque16("preSharedKey.identity", 1);
      const obfuscatedTicketAge = identityList.uint32("preSharedKey.obfuscatedTicketAge");
      identities.push({ identity, obfuscatedTicketAge });
    }
    const binderList = reader.vector16("preSharedKey.binders", 33);
    const binders: Uint8Array[] = [];
    while (binderList.remaining > 0) binders.push(binderList.opaque8("preSharedKey.binder", 32));
    if (binders.length !== identities.length)
      reader.fail(
        "illegal-value",
        "preSharedKey.binders",
        `${binders.length} binders for ${identities.length} identities`,
      );
    return { type: 41, kind: "preSharedKey", identities, binders };
  },
  write(writer, { identities, binders }) {
    if (binders.length !== identities.length)
      writer.fail("preSharedKey.binders", `${binders.length} binders for ${identities.length} identities`);
    writer.vector16("preSharedKey.identities", 7, 0xffff, () => {
      for (const { identity, obfuscatedTicketAge } of identities) {
        writer.opaque16(identity, "preSharedKey.identity", 1);
        writer.uint32(obfuscatedTicketAge, "preSharedKey.obfuscatedTicketAge");
      }
    });
    writer.vector16("preSharedKey.binders", 33, 0xffff, () => {
      for (const binder of binders) writer.opaque8(binder, "preSharedKey.binder", 32);
    });
  },
};

export const selectedPsk: ExtensionCodec<SelectedPskExtension> = {
  read: (reader) => ({
    type: 41,
    kind: "preSharedKey",
    selectedIdentity: reader.uint16("preSharedKey.selectedIdentity"),
  }),
  write: (writer, { selectedIdentity }) => writer.uint16(selectedIdentity, "preSharedKey.selectedIdentity"),
};

export const pskKeyExchangeModes: ExtensionCodec<PskKeyExchangeModesExtension> = {
  read: (reader) => ({
    type: 45,
    kind: "pskKeyExchangeModes",
    modes: reader.uint8List8("pskKeyExchangeModes.keModes", 1),
  }),
  write: (writer, { modes }) => writer.uint8List8(modes, "pskKeyExchangeModes.keModes", 1),
};

export const sessionTicket: ExtensionCodec<SessionTicketExtension> = {
  read: (reader) => ({ type: 35, kind: "sessionTicket", ticket: reader.rest() }),
  write: (writer, { ticket }) => writer.bytes(ticket),
};

export const maxEarlyData: ExtensionCodec<MaxEarlyDataExtension> = {
  read: (reader) => ({
    type: 42,
    kind: "earlyData",
    maxEarlyDataBytes: reader.uint32("earlyData.maxEarlyDataSize"),
  }),
  write: (writer, { maxEarlyDataBytes }) => writer.uint32(maxEarlyDataBytes, "earlyData.maxEarlyDataSize"),
};
