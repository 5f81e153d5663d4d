import { clientHelloCodecs } from "../extension/codecs.ts";
import type { DecodeOptions } from "../extension/extension.ts";
import { checkPskIsLast, readExtensions, writeExtensions } from "../extension/extension-list.ts";
import type { ClientHelloExtension } from "../extension/messages.ts";
import { isGrease } from "../grease.ts";
import { ByteReader } from "../wire/byte-reader.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { plainView } from "../wire/plain-view.ts";

/**
 * A ClientHello (RFC 8446 section 4.1.2; the same bytes mean the same in RFC 5246 section 7.4.1.2). All byte arrays are
 * views of the bytes that were decoded.
 */
export interface ClientHello {
  readonly kind: "clientHello";
  /** The highest version offered, where there is no `supported_versions`; 0x0303 in TLS 1.3. */
  readonly legacyVersion: number;
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** 0 to 32 bytes. */
  readonly legacySessionId: Uint8Array;
  /** Most preferred first, signalling values and GREASE included. */
  readonly cipherSuites: readonly number[];
  /** Methods, by number; 0, no compression, alone in TLS 1.3. */
  readonly legacyCompressionMethods: readonly number[];
  /** In the order sent; undefined where the hello ends before the list, as it may before TLS 1.3. */
  readonly extensions: readonly ClientHelloExtension[] | undefined;
}

const RANDOM_BYTES = 32;

/**
 * Decodes the body of a ClientHello: what stands behind the handshake header.
 *
 * @throws {@link TlsParseError} for anything that is not exactly one ClientHello: `truncated`, `trailing-bytes`,
 * `length-out-of-range`, `illegal-value`, `duplicate-extension`, `misplaced-extension`.
 *
 * @example
 * ```ts
 * const hello = decodeClientHello(frame.body);
 * console.log(serverNameOf(hello), alpnProtocolsOf(hello), offeredVersionsOf(hello));
 * ```
 */
export function decodeClientHello(body: Uint8Array, options: DecodeOptions = {}): ClientHello {
  const reader = new ByteReader(plainView(body));
  const legacyVersion = reader.uint16("clientHello.legacyVersion");
  const random = reader.view(RANDOM_BYTES, "clientHello.random");
  const legacySessionId = reader.opaque8("clientHello.legacySessionId", 0, 32);
  const cipherSuites = reader.uint16List16("clientHello.cipherSuites", 2);
  const legacyCompressionMethods = reader.uint8List8("clientHello.legacyCompressionMethods", 1);
  let extensions: ClientHelloExtension[] | undefined;
  if (reader.remaining > 0) {
    const at = reader.offset;
    extensions = readExtensions(reader, clientHelloCodecs, options);
    checkPskIsLast(extensions, at);
    reader.finish("clientHello");
  }
  return {
    kind: "clientHello",
    legacyVersion,
    random,
    legacySessionId,
    cipherSuites,
    legacyCompressionMethods,
    extensions,
  };
}

/**
 * Encodes the body of a ClientHello; the inverse of {@link decodeClientHello}.
 *
 * @throws {@link TlsParseError} `not-encodable` where a value does not fit its field.
 * @example
 * ```ts
 * const body = encodeClientHello({ ...clientHello, extensions: [] });
 * ```
 */
export function encodeClientHello(hello: ClientHello): Uint8Array {
  const writer = new ByteWriter();
  writer.uint16(hello.legacyVersion, "clientHello.legacyVersion");
  writer.fixed(hello.random, RANDOM_BYTES, "clientHello.random");
  writer.opaque8(hello.legacySessionId, "clientHello.legacySessionId", 0, 32);
  writer.uint16List16(hello.cipherSuites, "clientHello.cipherSuites", 2);
  writer.uint8List8(hello.legacyCompressionMethods, "clientHello.legacyCompressionMethods", 1);
  if (hello.extensions !== undefined) {
    checkPskIsLast(hello.extensions, writer.length);
    writeExtensions(writer, hello.extensions, clientHelloCodecs);
  }
  return writer.toBytes();
}

/**
 * The host that the client asks for (`server_name`), as sent; undefined where it names none.
 *
 * @example
 * ```ts
 * console.log(serverNameOf(clientHello) ?? "names no host");
 * ```
 */
export function serverNameOf(hello: ClientHello): string | undefined {
  return clientHelloExtension(hello, "serverName")?.hostName;
}

/**
 * The application protocols that the client offers, most preferred first; empty where it offers none.
 *
 * @example
 * ```ts
 * console.log(alpnProtocolsOf(clientHello).join()); // h2,http/1.1
 * ```
 */
export function alpnProtocolsOf(hello: ClientHello): readonly string[] {
  return clientHelloExtension(hello, "alpn")?.protocols ?? [];
}

/**
 * The versions that the client offers, most preferred first, without GREASE. Where there is no `supported_versions`,
 * that is `legacyVersion` alone, and any older one may be meant (RFC 5246 appendix E.1).
 *
 * @example
 * ```ts
 * const offersTls13 = offeredVersionsOf(clientHello).includes(ProtocolVersion.tls13);
 * ```
 */
export function offeredVersionsOf(hello: ClientHello): readonly number[] {
  const versions = clientHelloExtension(hello, "supportedVersions")?.versions;
  return versions?.filter((version) => !isGrease(version)) ?? [hello.legacyVersion];
}

/**
 * The hello's extension of that kind, with its shape; undefined where there is none.
 *
 * @example `clientHelloExtension(hello, "keyShare")?.clientShares`
 */
export function clientHelloExtension<Kind extends ClientHelloExtension["kind"]>(
  hello: ClientHello,
  kind: Kind,
): Extract<ClientHelloExtension, { readonly kind: Kind }> | undefined {
  for (const extension of hello.extensions ?? [])
    if (extension.kind === kind) return extension as Extract<ClientHelloExtension, { readonly kind: Kind }>;
  return undefined;
}
