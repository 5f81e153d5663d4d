import { cipherSuiteFacts } from "../tables/cipher-suite.ts";
import type { ByteReader } from "../wire/byte-reader.ts";
import type { ByteWriter } from "../wire/byte-writer.ts";
import { type DigitallySigned, readDigitallySigned, writeDigitallySigned } from "./digitally-signed.ts";

interface ServerKeyExchangeBase {
  readonly kind: "serverKeyExchange";
}

/** What the suites with a pre-shared key put in front (RFC 4279 section 2); undefined for all other suites. */
interface WithIdentityHint {
  /** A view. */
  readonly identityHint: Uint8Array | undefined;
}

/** What all suites but the anonymous and the pre-shared ones put behind. */
interface WithSignature {
  readonly signed: DigitallySigned | undefined;
}

/** Parameters of an ephemeral elliptic curve key (RFC 8422 section 5.4, RFC 5489 section 2). */
export interface EcdheServerKeyExchange extends ServerKeyExchangeBase, WithIdentityHint, WithSignature {
  readonly form: "ecdhe";
  /** The curve, by the number of its group. */
  readonly namedCurve: number;
  /** The point; a view. */
  readonly publicKey: Uint8Array;
}

/** Parameters of an ephemeral finite field key (RFC 5246 section 7.4.3, RFC 4279 section 3). */
export interface DheServerKeyExchange extends ServerKeyExchangeBase, WithIdentityHint, WithSignature {
  readonly form: "dhe";
  /** The prime modulus, big-endian; a view. */
  readonly dhP: Uint8Array;
  /** The generator; a view. */
  readonly dhG: Uint8Array;
  /** The server's public value; a view. */
  readonly publicKey: Uint8Array;
}

/** A hint and nothing else (RFC 4279 section 2). */
export interface PskServerKeyExchange extends ServerKeyExchangeBase {
  readonly form: "psk";
  /** Helps the client to choose a key; a view. */
  readonly identityHint: Uint8Array;
}

/** The short-lived weak RSA key of the export suites (RFC 2246 section 7.4.3). */
export interface RsaServerKeyExchange extends ServerKeyExchangeBase, WithSignature {
  readonly form: "rsa";
  /** Big-endian; a view. */
  readonly rsaModulus: Uint8Array;
  /** Big-endian; a view. */
  readonly rsaExponent: Uint8Array;
}

/** The parameters of any other suite, or of a curve without a name; a view. */
export interface OpaqueServerKeyExchange extends ServerKeyExchangeBase {
  readonly form: "opaque";
  /** The body. */
  readonly data: Uint8Array;
}

/** A ServerKeyExchange up to TLS 1.2; its form follows from the cipher suite. */
export type ServerKeyExchange =
  | DheServerKeyExchange
  | EcdheServerKeyExchange
  | OpaqueServerKeyExchange
  | PskServerKeyExchange
  | RsaServerKeyExchange;

/** `ECCurveType.named_curve`; RFC 8422 has done away with the others. */
const NAMED_CURVE = 3;
const HINT = "serverKeyExchange.pskIdentityHint";
const CURVE_TYPE = "serverKeyExchange.curveType";

export function readServerKeyExchange(
  reader: ByteReader,
  version: number,
  cipherSuite: number | undefined,
): ServerKeyExchange {
  const exchange = cipherSuite === undefined ? undefined : cipherSuiteFacts(cipherSuite)?.keyExchange;
  switch (exchange) {
    case "ecdhe":
      return readEcdhe(reader, undefined, version);
    case "ecdh_anon":
      return readEcdhe(reader, undefined, undefined);
    case "ecdhe_psk":
      return readEcdhe(reader, reader.opaque16(HINT), undefined);
    case "dhe":
      return readDhe(reader, undefined, version);
    case "dh_anon":
      return readDhe(reader, undefined, undefined);
    case "dhe_psk":
      return readDhe(reader, reader.opaque16(HINT), undefined);
    case "psk":
    case "rsa_psk":
      return { kind: "serverKeyExchange", form: "psk", identityHint: reader.opaque16(HINT) };
    case "rsa_export":
      return readRsa(reader, version);
    case "any":
    case "dh":
    case "eccpwd":
    case "ecdh":
    case "gost":
    case "krb5":
    case "null":
    case "rsa":
    case "srp":
    case undefined:
      return { kind: "serverKeyExchange", form: "opaque", data: reader.rest() };
    default:
      return exchange satisfies never;
  }
}

/** @param version - undefined where no signature follows */
function readEcdhe(
  reader: ByteReader,
  identityHint: Uint8Array | undefined,
  version: number | undefined,
): ServerKeyExchange {
  const curveType = reader.uint8(CURVE_TYPE);
  if (curveType !== NAMED_CURVE)
    reader.fail("illegal-value", CURVE_TYPE, `${curveType}, named_curve (3) expected`);
  const namedCurve = reader.uint16("serverKeyExchange.namedCurve");
  const publicKey = reader.opaque8("serverKeyExchange.public", 1);
  const signed = version === undefined ? undefined : readDigitallySigned(reader, version);
  return { kind: "serverKeyExchange", form: "ecdhe", identityHint, namedCurve, publicKey, signed };
}

function readDhe(
  reader: ByteReader,
  identityHint: Uint8Array | undefined,
  version: number | undefined,
): ServerKeyExchange {
  const dhP = reader.opaque16("serverKeyExchange.dhP", 1);
  const dhG = reader.opaque16("serverKeyExchange.dhG", 1);
  const publicKey = reader.opaque16("serverKeyExchange.dhYs", 1);
  const signed = version === undefined ? undefined : readDigitallySigned(reader, version);
  return { kind: "serverKeyExchange", form: "dhe", identityHint, dhP, dhG, publicKey, signed };
}

function readRsa(reader: ByteReader, version: number): ServerKeyExchange {
  const rsaModulus = reader.opaque16("serverKeyExchange.rsaModulus", 1);
  const rsaExponent = reader.opaque16("serverKeyExchange.rsaExponent", 1);
  const signed = readDigitallySigned(reader, version);
  return { kind: "serverKeyExchange", form: "rsa", rsaModulus, rsaExponent, signed };
}

export function writeServerKeyExchange(writer: ByteWriter, message: ServerKeyExchange): void {
  switch (message.form) {
    case "ecdhe":
      if (message.identityHint !== undefined) writer.opaque16(message.identityHint, HINT);
      writer.uint8(NAMED_CURVE, CURVE_TYPE);
      writer.uint16(message.namedCurve, "serverKeyExchange.namedCurve");
      writer.opaque8(message.publicKey, "serverKeyExchange.public", 1);
      if (message.signed !== undefined) writeDigitallySigned(writer, message.signed);
      return;
    case "dhe":
      if (message.identityHint !== undefined) writer.opaque16(message.identityHint, HINT);
      writer.opaque16(message.dhP, "serverKeyExchange.dhP", 1);
      writer.opaque16(message.dhG, "serverKeyExchange.dhG", 1);
      writer.opaque16(message.publicKey, "serverKeyExchange.dhYs", 1);
      if (message.signed !== undefined) writeDigitallySigned(writer, message.signed);
      return;
    case "psk":
      writer.opaque16(message.identityHint, HINT);
      return;
    case "rsa":
      writer.opaque16(message.rsaModulus, "serverKeyExchange.rsaModulus", 1);
      writer.opaque16(message.rsaExponent, "serverKeyExchange.rsaExponent", 1);
      if (message.signed !== undefined) writeDigitallySigned(writer, message.signed);
      return;
    case "opaque":
      writer.bytes(message.data);
      return;
    default:
      message satisfies never;
  }
}
