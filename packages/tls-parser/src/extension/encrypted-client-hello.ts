import type { ExtensionBase, ExtensionCodec } from "./extension.ts";

/** `encrypted_client_hello` in the hello that everybody sees (`ECHClientHello.outer`, RFC 9849 section 5). */
export interface OuterClientHelloExtension extends ExtensionBase {
  readonly type: 0xfe0d;
  readonly kind: "encryptedClientHello";
  readonly form: "outer";
  /** HPKE's key derivation function, by number (RFC 9180 section 7.2). */
  readonly kdfId: number;
  /** HPKE's AEAD, by number (RFC 9180 section 7.3). */
  readonly aeadId: number;
  /** The configuration that the client used, 0 to 255. */
  readonly configId: number;
  /** The HPKE encapsulated key, empty after a HelloRetryRequest; a view. */
  readonly enc: Uint8Array;
  /** The encrypted inner hello; random bytes where the client only greases. */
  readonly payload: Uint8Array;
}

/** `encrypted_client_hello` in the hello inside (`ECHClientHello.inner`, RFC 9849 section 5). */
export interface InnerClientHelloExtension extends ExtensionBase {
  readonly type: 0xfe0d;
  readonly kind: "encryptedClientHello";
  readonly form: "inner";
}

/** One configuration with which a client may try again (`ECHConfig`, RFC 9849 section 4). */
export interface EchConfig {
  /** Version of the configuration; 0xfe0d in RFC 9849. */
  readonly version: number;
  /** What the version makes of it; a view. */
  readonly contents: Uint8Array;
}

/** `encrypted_client_hello` in EncryptedExtensions (RFC 9849 section 5). */
export interface EchRetryConfigsExtension extends ExtensionBase {
  readonly type: 0xfe0d;
  readonly kind: "encryptedClientHello";
  /** Configurations with which the client may try again. */
  readonly retryConfigs: readonly EchConfig[];
}

/** `encrypted_client_hello` in a HelloRetryRequest (RFC 9849 section 5). */
export interface EchConfirmationExtension extends ExtensionBase {
  readonly type: 0xfe0d;
  readonly kind: "encryptedClientHello";
  /** Eight bytes; a view. */
  readonly confirmation: Uint8Array;
}

const OUTER = 0;
const INNER = 1;
const CONFIRMATION_BYTES = 8;

export const encryptedClientHello: ExtensionCodec<OuterClientHelloExtension | InnerClientHelloExtension> = {
  read(reader) {
    const form = reader.uint8("encryptedClientHello.type");
    if (form === INNER) return { type: 0xfe0d, kind: "encryptedClientHello", form: "inner" };
    if (form !== OUTER)
      reader.fail("illegal-value", "encryptedClientHello.type", `${form}, 0 (outer) or 1 (inner) expected`);
    const kdfId = reader.uint16("encryptedClientHello.kdfId");
    const aeadId = reader.uint16("encryptedClientHello.aeadId");
    const configId = reader.uint8("encryptedClientHello.configId");
    const enc = reader.opaque16("encryptedClientHello.enc");
    const payload = reader.opaque16("encryptedClientHello.payload", 1);
    return {
      type: 0xfe0d,
      kind: "encryptedClientHello",
      form: "outer",
      kdfId,
      aeadId,
      configId,
      enc,
      payload,
    };
  },
  write(writer, extension) {
    if (extension.form === "inner") {
      writer.uint8(INNER, "encryptedClientHello.type");
      return;
    }
    writer.uint8(OUTER, "encryptedClientHello.type");
    writer.uint16(extension.kdfId, "encryptedClientHello.kdfId");
    writer.uint16(extension.aeadId, "encryptedClientHello.aeadId");
    writer.uint8(extension.configId, "encryptedClientHello.configId");
    writer.opaque16(extension.enc, "encryptedClientHello.enc");
    writer.opaque16(extension.payload, "encryptedClientHello.payload", 1);
  },
};

export const echRetryConfigs: ExtensionCodec<EchRetryConfigsExtension> = {
  read(reader) {
    const list = reader.vector16("encryptedClientHello.retryConfigs", 4);
    const retryConfigs: EchConfig[] = [];
    while (list.remaining > 0) {
      const version = list.uint16("encryptedClientHello.version");
      retryConfigs.push({ version, contents: list.opaque16("encryptedClientHello.contents") });
    }
    return { type: 0xfe0d, kind: "encryptedClientHello", retryConfigs };
  },
  write(writer, { retryConfigs }) {
    writer.vector16("encryptedClientHello.retryConfigs", 4, 0xffff, () => {
      for (const { version, contents } of retryConfigs) {
        writer.uint16(version, "encryptedClientHello.version");
        writer.opaque16(contents, "encryptedClientHello.contents");
      }
    });
  },
};

export const echConfirmation: ExtensionCodec<EchConfirmationExtension> = {
  read: (reader) => ({
    type: 0xfe0d,
    kind: "encryptedClientHello",
    confirmation: reader.view(CONFIRMATION_BYTES, "encryptedClientHello.confirmation"),
  }),
  write: (writer, { confirmation }) =>
    writer.fixed(confirmation, CONFIRMATION_BYTES, "encryptedClientHello.confirmation"),
};
