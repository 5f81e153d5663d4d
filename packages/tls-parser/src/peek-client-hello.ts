import { ClientHelloReader } from "./client-hello-reader.ts";
import type { Detection } from "./detect-protocol.ts";
import { alpn, serverName } from "./extension/names.ts";
import { alpnProtocolsOf, serverNameOf } from "./handshake/client-hello.ts";
import { HANDSHAKE_HEADER_BYTES } from "./handshake/handshake-frame.ts";
import { endOfLoneHello } from "./handshake/lone-hello.ts";
import { RECORD_HEADER_BYTES } from "./record/record-limits.ts";
import { ExtensionType } from "./tables/extension-type.ts";
import { TlsParseError } from "./tls-parse-error.ts";
import { ByteReader } from "./wire/byte-reader.ts";

/** What a {@link peekClientHello} found. */
export type ClientHelloPeek =
  /** More bytes are needed. */
  | { readonly status: "more" }
  | {
      readonly status: "done";
      /** The host that the client asks for, as sent; undefined where it names none. */
      readonly serverName: string | undefined;
      /** The application protocols that it offers, most preferred first; empty where it offers none. */
      readonly alpnProtocols: readonly string[];
    }
  /** The stream is something else from its first bytes on. */
  | { readonly status: "not-tls"; readonly detection: Exclude<Detection, { kind: "more" | "tls" }> }
  /** It began as TLS, but there will be no ClientHello. */
  | { readonly status: "error"; readonly error: TlsParseError };

/**
 * Reads the two things that connections are routed by from the first bytes of a stream: the server's name and the
 * application protocols. Looks at nothing else of the hello, so that a hello may pass here that
 * {@link decodeClientHello} refuses; what it does look at, it reads as strictly. Never throws.
 *
 * @param prefix - all bytes of the stream so far. Whoever gets them in pieces is better served by
 * {@link ClientHelloReader}, which keeps what it has seen
 *
 * @example
 * ```ts
 * const peek = peekClientHello(firstChunk);
 * if (peek.status === "done" && peek.serverName === "api.example.com") route(peek.alpnProtocols);
 * ```
 */
export function peekClientHello(prefix: Uint8Array): ClientHelloPeek {
  const end = endOfLoneHello(prefix);
  // Too short, in several records, or no hello at all: the reader knows what to say to that.
  if (end === undefined) return peekSlowly(prefix);
  try {
    return peekBody(new ByteReader(prefix, BODY_START, end));
  } catch (error) {
    if (!(error instanceof TlsParseError)) throw error;
    // What is refused here the reader refuses as well, and says it as it always does.
    return peekSlowly(prefix);
  }
}

const BODY_START = RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES;

/** Bytes of version and random in front of the first field whose length varies. */
const FIXED_BYTES = 34;
/** Type and length of an extension. */
const HEADER_BYTES = 4;
const NO_PROTOCOLS: readonly string[] = [];

function peekBody(reader: ByteReader): ClientHelloPeek {
  reader.skip(FIXED_BYTES, "clientHello.random");
  reader.skip(reader.uint8("clientHello.legacySessionId"), "clientHello.legacySessionId");
  reader.skip(reader.uint16("clientHello.cipherSuites"), "clientHello.cipherSuites");
  reader.skip(reader.uint8("clientHello.legacyCompressionMethods"), "clientHello.legacyCompressionMethods");
  let name: string | undefined;
  let alpnProtocols = NO_PROTOCOLS;
  if (reader.remaining === 0) return { status: "done", serverName: name, alpnProtocols };
  const length = reader.uint16("extensions");
  if (length < reader.remaining) reader.fail("trailing-bytes", "clientHello", "bytes behind the extensions");
  if (length > reader.remaining) reader.fail("truncated", "extensions", `${length} bytes needed`);
  while (reader.remaining > 0) {
    const type = reader.uint16("extension.extensionType");
    const size = reader.uint16("extension.extensionData");
    const start = reader.offset;
    reader.skip(size, "extension.extensionData");
    if (type !== ExtensionType.serverName && type !== ExtensionType.applicationLayerProtocolNegotiation)
      continue;
    const body = new ByteReader(reader.bytes, start, start + size);
    // Of two names one would be routed by and the other be served.
    const isSecond = type === ExtensionType.serverName ? name !== undefined : alpnProtocols !== NO_PROTOCOLS;
    if (isSecond)
      reader.fail(
        "duplicate-extension",
        "extensions",
        `extension ${type} appears twice`,
        start - HEADER_BYTES,
      );
    if (type === ExtensionType.serverName) name = serverName.read(body, 0).hostName;
    else alpnProtocols = alpn.read(body, 16).protocols;
    body.finish("extensions");
  }
  return { status: "done", serverName: name, alpnProtocols };
}

function peekSlowly(bytes: Uint8Array): ClientHelloPeek {
  const result = new ClientHelloReader().push(bytes);
  if (result.status !== "done") return result;
  const { clientHello } = result;
  return {
    status: "done",
    serverName: serverNameOf(clientHello),
    alpnProtocols: alpnProtocolsOf(clientHello),
  };
}
