import { helloRetryRequestCodecs, serverHelloCodecs } from "../extension/codecs.ts";
import type { DecodeOptions } from "../extension/extension.ts";
import { readExtensions, writeExtensions } from "../extension/extension-list.ts";
import type { HelloRetryRequestExtension, ServerHelloExtension } from "../extension/messages.ts";
import { isTls13DraftVersion, tls13DraftOf } from "../protocol-version.ts";
import { ByteReader } from "../wire/byte-reader.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { plainView } from "../wire/plain-view.ts";

interface ServerHelloFields {
  /** The version that was negotiated, up to TLS 1.2 and in drafts of TLS 1.3 before 22; 0x0303 in TLS 1.3. */
  readonly legacyVersion: number;
  /** 0 to 32 bytes: the session's id up to TLS 1.2, an echo of the client's in TLS 1.3. */
  readonly legacySessionIdEcho: Uint8Array;
  readonly cipherSuite: number;
  readonly legacyCompressionMethod: number;
}

/** A ServerHello (RFC 8446 section 4.1.3, RFC 5246 section 7.4.1.3). All byte arrays are views. */
export interface ServerHello extends ServerHelloFields {
  readonly kind: "serverHello";
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** In the order sent; undefined where the hello ends before the list, as it may before TLS 1.3. */
  readonly extensions: readonly ServerHelloExtension[] | undefined;
}

/**
 * A HelloRetryRequest: a ServerHello with a fixed random (RFC 8446 section 4.1.4). In drafts before 22 it was a message
 * of its own, and `legacyVersion` is then the draft's number; before draft 19 it named no suite: then `cipherSuite` is 0.
 */
export interface HelloRetryRequest extends ServerHelloFields {
  readonly kind: "helloRetryRequest";
  /** In the order sent. */
  readonly extensions: readonly HelloRetryRequestExtension[];
}

const RANDOM_BYTES = 32;
const NOTHING: Uint8Array = new Uint8Array(0);
/** The first draft whose HelloRetryRequest names a suite (draft-ietf-tls-tls13-19 section 4.1.4). */
const FIRST_DRAFT_WITH_RETRY_SUITE = 19;

/** SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3). */
const RETRY_RANDOM = Uint8Array.of(
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
);

/**
 * Decodes the body of a ServerHello; the random tells a HelloRetryRequest apart. A ServerHello whose version field has
 * the number of a TLS 1.3 draft is read as drafts before 22 have it: without session id and compression method
 * (draft-ietf-tls-tls13-21 section 4.1.3).
 *
 * @throws {@link TlsParseError} for anything that is not exactly one ServerHello: `truncated`, `trailing-bytes`,
 * `length-out-of-range`, `illegal-value`, `duplicate-extension`.
 *
 * @example
 * ```ts
 * const hello = decodeServerHello(frame.body);
 * if (hello.kind === "serverHello") console.log(selectedVersionOf(hello), hello.cipherSuite);
 * ```
 */
export function decodeServerHello(
  body: Uint8Array,
  options: DecodeOptions = {},
): ServerHello | HelloRetryRequest {
  const reader = new ByteReader(plainView(body));
  const legacyVersion = reader.uint16("serverHello.legacyVersion");
  const isShort = isTls13DraftVersion(legacyVersion);
  const random = reader.view(RANDOM_BYTES, "serverHello.random");
  const legacySessionIdEcho = isShort ? NOTHING : reader.opaque8("serverHello.legacySessionIdEcho", 0, 32);
  const cipherSuite = reader.uint16("serverHello.cipherSuite");
  const legacyCompressionMethod = isShort ? 0 : reader.uint8("serverHello.legacyCompressionMethod");
  const fields = { legacyVersion, legacySessionIdEcho, cipherSuite, legacyCompressionMethod };
  if (!isShort && random.every((byte, at) => byte === RETRY_RANDOM[at])) {
    const extensions = readExtensions(reader, helloRetryRequestCodecs, options);
    reader.finish("helloRetryRequest");
    return { kind: "helloRetryRequest", ...fields, extensions };
  }
  let extensions: ServerHelloExtension[] | undefined;
  if (reader.remaining > 0) {
    extensions = readExtensions(reader, serverHelloCodecs, options);
    reader.finish("serverHello");
  }
  return { kind: "serverHello", ...fields, random, extensions };
}

/**
 * Decodes the body of a HelloRetryRequest as drafts of TLS 1.3 before 22 have it: a message of type 6
 * (draft-ietf-tls-tls13-21 section 4.1.4).
 *
 * @returns `undefined` where the version is that of no draft
 * @throws {@link TlsParseError} for anything that is not exactly one such message, as {@link decodeServerHello}
 * @example
 * ```ts
 * const retry = decodeDraftHelloRetryRequest(body);
 * if (retry) console.log(retry.legacyVersion);
 * ```
 */
export function decodeDraftHelloRetryRequest(
  body: Uint8Array,
  options: DecodeOptions = {},
): HelloRetryRequest | undefined {
  const reader = new ByteReader(plainView(body));
  const legacyVersion = reader.uint16("helloRetryRequest.serverVersion");
  if (!isTls13DraftVersion(legacyVersion)) return undefined;
  const cipherSuite = hasRetrySuite(legacyVersion) ? reader.uint16("helloRetryRequest.cipherSuite") : 0;
  const extensions = readExtensions(reader, helloRetryRequestCodecs, options);
  reader.finish("helloRetryRequest");
  return {
    kind: "helloRetryRequest",
    legacyVersion,
    legacySessionIdEcho: NOTHING,
    cipherSuite,
    legacyCompressionMethod: 0,
    extensions,
  };
}

function hasRetrySuite(version: number): boolean {
  return (tls13DraftOf(version) ?? 0) >= FIRST_DRAFT_WITH_RETRY_SUITE;
}

/** Whether a HelloRetryRequest is the message of its own that it was in drafts before 22. */
export function isDraftRetry(hello: HelloRetryRequest): boolean {
  return isTls13DraftVersion(hello.legacyVersion);
}

/**
 * Encodes the body of a ServerHello or HelloRetryRequest; the inverse of {@link decodeServerHello}, and of
 * {@link decodeDraftHelloRetryRequest} for a HelloRetryRequest with a draft's number.
 *
 * @throws {@link TlsParseError} `not-encodable` where a value does not fit its field, or a ServerHello has the random
 * of a HelloRetryRequest.
 * @example
 * ```ts
 * const body = encodeServerHello(hello);
 * ```
 */
export function encodeServerHello(hello: ServerHello | HelloRetryRequest): Uint8Array {
  const writer = new ByteWriter();
  const random = hello.kind === "serverHello" ? hello.random : RETRY_RANDOM;
  const isShort = isTls13DraftVersion(hello.legacyVersion);
  const isShortRetry = isShort && hello.kind === "helloRetryRequest";
  writer.uint16(hello.legacyVersion, "serverHello.legacyVersion");
  if (!isShortRetry) writer.fixed(random, RANDOM_BYTES, "serverHello.random");
  if (isShort) checkShort(writer, hello);
  else writer.opaque8(hello.legacySessionIdEcho, "serverHello.legacySessionIdEcho", 0, 32);
  if (!isShortRetry || hasRetrySuite(hello.legacyVersion))
    writer.uint16(hello.cipherSuite, "serverHello.cipherSuite");
  if (!isShort) writer.uint8(hello.legacyCompressionMethod, "serverHello.legacyCompressionMethod");
  if (hello.kind === "helloRetryRequest") {
    writeExtensions(writer, hello.extensions, helloRetryRequestCodecs);
  } else {
    if (!isShort && random.every((byte, at) => byte === RETRY_RANDOM[at]))
      writer.fail("serverHello.random", "that random makes it a HelloRetryRequest");
    if (hello.extensions !== undefined) writeExtensions(writer, hello.extensions, serverHelloCodecs);
  }
  return writer.toBytes();
}

/** A draft's hello has no room for what TLS 1.2 has there, and what is not written could not be read again. */
function checkShort(writer: ByteWriter, hello: ServerHello | HelloRetryRequest): void {
  const { legacyVersion, legacySessionIdEcho, legacyCompressionMethod, cipherSuite, kind } = hello;
  if (legacySessionIdEcho.length > 0) writer.fail("serverHello.legacySessionIdEcho", "a draft's has none");
  if (legacyCompressionMethod !== 0) writer.fail("serverHello.legacyCompressionMethod", "a draft's has none");
  if (kind === "helloRetryRequest" && cipherSuite !== 0 && !hasRetrySuite(legacyVersion))
    writer.fail("helloRetryRequest.cipherSuite", "this draft's has none");
}

/**
 * The version that the server chose: by `supported_versions` where it is there, else `legacyVersion`.
 *
 * @example
 * ```ts
 * console.log(selectedVersionOf(hello) === ProtocolVersion.tls13);
 * ```
 */
export function selectedVersionOf(hello: ServerHello | HelloRetryRequest): number {
  for (const extension of hello.extensions ?? [])
    if (extension.kind === "supportedVersions") return extension.selectedVersion;
  return hello.legacyVersion;
}

/**
 * The application protocol that the server chose in its ServerHello, as TLS 1.2 does; undefined where it chose none.
 *
 * @example
 * ```ts
 * if (hello.kind === "serverHello") console.log(selectedAlpnOf(hello) ?? "none, or encrypted");
 * ```
 */
export function selectedAlpnOf(hello: ServerHello): string | undefined {
  for (const extension of hello.extensions ?? [])
    if (extension.kind === "alpn") return extension.protocols[0];
  return undefined;
}

/**
 * The last eight bytes of the random, where they say that the server could have spoken a newer version (RFC 8446
 * section 4.1.3): `"tls12"` from a TLS 1.3 server that negotiated TLS 1.2, `"tls11"` for anything older.
 *
 * @example
 * ```ts
 * if (hello.kind === "serverHello" && downgradeSignalOf(hello)) console.log("the server could have spoken TLS 1.3");
 * ```
 */
export function downgradeSignalOf(hello: ServerHello): "tls12" | "tls11" | undefined {
  const { random } = hello;
  for (let at = 0; at < DOWNGRADE.length; at++)
    if (random[24 + at] !== DOWNGRADE.charCodeAt(at)) return undefined;
  const last = random[RANDOM_BYTES - 1];
  return last === 1 ? "tls12" : last === 0 ? "tls11" : undefined;
}

const DOWNGRADE = "DOWNGRD";
