import { ByteReader } from "../wire/byte-reader.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { plainView } from "../wire/plain-view.ts";

/**
 * A CLIENT-HELLO in SSL 2.0 form, as clients of old sent it even when they wanted TLS (RFC 5246 appendix E.2). All byte
 * arrays are views.
 */
export interface Ssl2ClientHello {
  readonly kind: "ssl2ClientHello";
  /** What the client really wants: 0x0002, or 0x0300 and up. */
  readonly version: number;
  /** 24 bits each. Those below 0x010000 are TLS cipher suites. */
  readonly cipherSpecs: readonly number[];
  /** Empty, or 16 bytes. */
  readonly sessionId: Uint8Array;
  /** 16 to 32 bytes; with zeros in front, it is the random of TLS. */
  readonly challenge: Uint8Array;
}

const MSG_CLIENT_HELLO = 1;
const HEADER_BYTES = 2;
const SPEC_BYTES = 3;
const LENGTH_MASK = 0x7fff;

/**
 * Bytes that the SSL 2.0 record at the start of a stream takes, its two-byte header included; undefined while there are
 * fewer than two bytes, or where the first says that it is none (its top bit is not set).
 *
 * @example `ssl2RecordBytes(Uint8Array.of(0x80, 46))` is `48`.
 */
export function ssl2RecordBytes(prefix: Uint8Array): number | undefined {
  const [high, low] = prefix;
  if (high === undefined || low === undefined || (high & 0x80) === 0) return undefined;
  return HEADER_BYTES + (((high << 8) | low) & LENGTH_MASK);
}

/**
 * Decodes a complete CLIENT-HELLO of SSL 2.0, header included. {@link detectProtocol} says `sslv2` for such streams,
 * {@link ssl2RecordBytes} how many bytes to wait for: 32 KiB at most.
 *
 * @throws {@link TlsParseError} for anything that is not exactly one CLIENT-HELLO.
 * @example
 * ```ts
 * console.log(decodeSsl2ClientHello(bytes));
 * ```
 */
export function decodeSsl2ClientHello(bytes: Uint8Array): Ssl2ClientHello {
  const reader = new ByteReader(plainView(bytes));
  const header = reader.uint16("ssl2.header");
  if ((header & 0x8000) === 0) reader.fail("illegal-value", "ssl2.header", "no two-byte header", 0);
  if ((header & LENGTH_MASK) !== reader.remaining) {
    const code = (header & LENGTH_MASK) > reader.remaining ? "truncated" : "trailing-bytes";
    reader.fail(code, "ssl2.length", `${header & LENGTH_MASK} declared, ${reader.remaining} there`, 0);
  }
  const type = reader.uint8("ssl2.msgType");
  if (type !== MSG_CLIENT_HELLO)
    reader.fail("unexpected-message", "ssl2.msgType", `${type}, CLIENT-HELLO (1) expected`, 2);
  const version = reader.uint16("ssl2.version");
  const specBytes = reader.uint16("ssl2.cipherSpecLength");
  const sessionIdBytes = reader.uint16("ssl2.sessionIdLength");
  const challengeBytes = reader.uint16("ssl2.challengeLength");
  if (specBytes === 0 || specBytes % SPEC_BYTES !== 0)
    reader.fail("length-out-of-range", "ssl2.cipherSpecs", `${specBytes} bytes do not hold 24-bit values`);
  if (sessionIdBytes !== 0 && sessionIdBytes !== 16)
    reader.fail("length-out-of-range", "ssl2.sessionId", `${sessionIdBytes} bytes, 0 or 16 allowed`);
  if (challengeBytes < 16 || challengeBytes > 32)
    reader.fail("length-out-of-range", "ssl2.challenge", `${challengeBytes} bytes, 16 to 32 allowed`);
  const cipherSpecs: number[] = [];
  for (let left = specBytes; left > 0; left -= SPEC_BYTES)
    cipherSpecs.push(reader.uint24("ssl2.cipherSpecs"));
  const sessionId = reader.view(sessionIdBytes, "ssl2.sessionId");
  const challenge = reader.view(challengeBytes, "ssl2.challenge");
  reader.finish("ssl2");
  return { kind: "ssl2ClientHello", version, cipherSpecs, sessionId, challenge };
}

/**
 * Encodes a CLIENT-HELLO of SSL 2.0, header included; the inverse of {@link decodeSsl2ClientHello}.
 *
 * @throws {@link TlsParseError} `not-encodable` where a value does not fit its field.
 * @example
 * ```ts
 * socket.write(encodeSsl2ClientHello(decodeSsl2ClientHello(bytes)));
 * ```
 */
export function encodeSsl2ClientHello(hello: Ssl2ClientHello): Uint8Array {
  const { version, cipherSpecs, sessionId, challenge } = hello;
  const writer = new ByteWriter();
  const length = 9 + SPEC_BYTES * cipherSpecs.length + sessionId.length + challenge.length;
  if (length > LENGTH_MASK) writer.fail("ssl2.length", `${length} bytes, at most ${LENGTH_MASK} allowed`);
  if (cipherSpecs.length === 0) writer.fail("ssl2.cipherSpecs", "at least one is needed");
  if (sessionId.length !== 0 && sessionId.length !== 16)
    writer.fail("ssl2.sessionId", "0 or 16 bytes needed");
  if (challenge.length < 16 || challenge.length > 32) writer.fail("ssl2.challenge", "16 to 32 bytes needed");
  writer.uint16(0x8000 | length, "ssl2.header");
  writer.uint8(MSG_CLIENT_HELLO, "ssl2.msgType");
  writer.uint16(version, "ssl2.version");
  writer.uint16(SPEC_BYTES * cipherSpecs.length, "ssl2.cipherSpecLength");
  writer.uint16(sessionId.length, "ssl2.sessionIdLength");
  writer.uint16(challenge.length, "ssl2.challengeLength");
  for (const spec of cipherSpecs) writer.uint24(spec, "ssl2.cipherSpecs");
  writer.bytes(sessionId);
  writer.bytes(challenge);
  return writer.toBytes();
}
