import { ProtocolVersion } from "../protocol-version.ts";
import { cipherSuiteFacts } from "../tables/cipher-suite.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";

interface ClientKeyExchangeBase {
  readonly kind: "clientKeyExchange";
}

/** What the suites with a pre-shared key put in front (RFC 4279 section 2); undefined for all other suites. */
interface WithIdentity {
  /** A view. */
  readonly identity: Uint8Array | undefined;
}

/** A secret encrypted to the server's RSA key (RFC 5246 section 7.4.7.1, RFC 4279 section 4). */
export interface RsaClientKeyExchange extends ClientKeyExchangeBase, WithIdentity {
  readonly form: "rsa";
  /** As long as the server's modulus; a view. */
  readonly encryptedPreMasterSecret: Uint8Array;
  /** False in SSL 3.0, which leaves the length out. */
  readonly hasLength: boolean;
}

/** The client's finite field public value (RFC 5246 section 7.4.7.2). */
export interface DheClientKeyExchange extends ClientKeyExchangeBase, WithIdentity {
  readonly form: "dhe";
  /** The public value, big-endian; a view. */
  readonly publicKey: Uint8Array;
}

/** The client's point on the curve (RFC 8422 section 5.7). */
export interface EcdheClientKeyExchange extends ClientKeyExchangeBase, WithIdentity {
  readonly form: "ecdhe";
  /** The point; a view. */
  readonly publicKey: Uint8Array;
}

/** Which pre-shared key it is, and nothing else (RFC 4279 section 2). */
export interface PskClientKeyExchange extends ClientKeyExchangeBase {
  readonly form: "psk";
  /** Names the key; a view. */
  readonly identity: Uint8Array;
}

/** What any other suite sends, or a client whose certificate holds its static key; a view. */
export interface OpaqueClientKeyExchange extends ClientKeyExchangeBase {
  readonly form: "opaque";
  /** The body. */
  readonly data: Uint8Array;
}

/** A ClientKeyExchange up to TLS 1.2; its form follows from the cipher suite. */
export type ClientKeyExchange =
  | DheClientKeyExchange
  | EcdheClientKeyExchange
  | OpaqueClientKeyExchange
  | PskClientKeyExchange
  | RsaClientKeyExchange;

const IDENTITY = "clientKeyExchange.pskIdentity";
const SECRET = "clientKeyExchange.encryptedPreMasterSecret";
const DH_YC = "clientKeyExchange.dhYc";
const EC_POINT = "clientKeyExchange.ecdhYc";

export function readClientKeyExchange(
  reader: ByteReader,
  version: number,
  cipherSuite: number | undefined,
): ClientKeyExchange {
  const exchange = cipherSuite === undefined ? undefined : cipherSuiteFacts(cipherSuite)?.keyExchange;
  const kind = "clientKeyExchange";
  // A static key in the client's certificate leaves the message empty (RFC 5246 section 7.4.7.2).
  if (exchange === undefined || reader.remaining === 0) return { kind, form: "opaque", data: reader.rest() };
  switch (exchange) {
    case "rsa":
    case "rsa_export":
      return readRsa(reader, undefined, version);
    case "rsa_psk":
      return readRsa(reader, reader.opaque16(IDENTITY), version);
    case "dh":
    case "dh_anon":
    case "dhe":
      return { kind, form: "dhe", identity: undefined, publicKey: reader.opaque16(DH_YC, 1) };
    case "dhe_psk": {
      const identity = reader.opaque16(IDENTITY);
      return { kind, form: "dhe", identity, publicKey: reader.opaque16(DH_YC, 1) };
    }
    case "ecdh":
    case "ecdh_anon":
    case "ecdhe":
      return { kind, form: "ecdhe", identity: undefined, publicKey: reader.opaque8(EC_POINT, 1) };
    case "ecdhe_psk": {
      const identity = reader.opaque16(IDENTITY);
      return { kind, form: "ecdhe", identity, publicKey: reader.opaque8(EC_POINT, 1) };
    }
    case "psk":
      return { kind, form: "psk", identity: reader.opaque16(IDENTITY) };
    case "any":
    case "eccpwd":
    case "gost":
    case "krb5":
    case "null":
    case "srp":
      return { kind, form: "opaque", data: reader.rest() };
    default:
      return exchange satisfies never;
  }
}

function readRsa(
  reader: ByteReader,
  identity: Uint8Array | undefined,
  version: number,
): RsaClientKeyExchange {
  const hasLength = version !== ProtocolVersion.ssl3;
  const encryptedPreMasterSecret = hasLength ? reader.opaque16(SECRET) : reader.rest();
  return { kind: "clientKeyExchange", form: "rsa", identity, encryptedPreMasterSecret, hasLength };
}

export function writeClientKeyExchange(writer: ByteWriter, message: ClientKeyExchange): void {
  if (message.form !== "opaque" && message.identity !== undefined)
    writer.opaque16(message.identity, IDENTITY);
  switch (message.form) {
    case "rsa":
      if (message.hasLength) writer.opaque16(message.encryptedPreMasterSecret, SECRET);
      else writer.bytes(message.encryptedPreMasterSecret);
      return;
    case "dhe":
      writer.opaque16(message.publicKey, DH_YC, 1);
      return;
    case "ecdhe":
      writer.opaque8(message.publicKey, EC_POINT, 1);
      return;
    case "psk":
      return;
    case "opaque":
      writer.bytes(message.data);
      return;
    default:
      message satisfies never;
  }
}
