import { type Detection, detectProtocol } from "./detect-protocol.ts";
import { readAlpnProtocols, readHostName } from "./extension/names.ts";
import { HANDSHAKE_HEADER_BYTES } from "./handshake/handshake-frame.ts";
import { endOfLoneHello } from "./handshake/lone-hello.ts";
import { MAX_CLIENT_HELLO_BYTES } from "./handshake/max-client-hello-bytes.ts";
import { recordHeaderFault } from "./record/record-header-fault.ts";
import { RECORD_HEADER_BYTES, recordLimits } from "./record/record-limits.ts";
import { TlsParseError, type TlsParseErrorCode } from "./tls-parse-error.ts";
import { RangeReader } from "./wire/range-reader.ts";

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
  | {
      readonly status: "not-tls";
      /** What the stream is. */
      readonly detection: Exclude<Detection, { kind: "more" | "tls" }>;
    }
  /** It began as TLS, but there will be no ClientHello. */
  | {
      readonly status: "error";
      /** Why there will be none. */
      readonly error: TlsParseError;
    };

/**
 * Reads the two things that connections are routed by from the first bytes of a stream: the server's name and the
 * application protocols. Looks at nothing else of the hello, so that a hello may pass here that
 * {@link decodeClientHello} refuses; what it does look at, it reads as strictly. Never throws.
 *
 * An error is about what it looked at. Of a hello with several faults {@link ClientHelloReader} may name another one.
 * Without that reader and its tables this function adds 6 kB to a bundle.
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
  try {
    const end = endOfLoneHello(prefix);
    if (end !== undefined) return peekBody(new RangeReader(prefix.subarray(BODY_START, end)));
    // Too short, in several records, or no hello at all.
    const detection = detectProtocol(prefix);
    if (detection.kind === "more") return MORE;
    if (detection.kind !== "tls") return { status: "not-tls", detection };
    const body = joinedBody(prefix);
    return body === undefined ? MORE : peekBody(new RangeReader(body));
  } catch (error) {
    if (!(error instanceof TlsParseError)) throw error;
    return { status: "error", error };
  }
}

const MORE: ClientHelloPeek = { status: "more" };
const BODY_START = RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES;

/** Bytes of version and random in front of the first field whose length varies. */
const FIXED_BYTES = 34;
// Wire values by hand: a whole table would come along with each.
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;
const NO_PROTOCOLS: readonly string[] = [];

function peekBody(reader: RangeReader): ClientHelloPeek {
  reader.skip(FIXED_BYTES, "clientHello.random");
  reader.skip(reader.uint8("clientHello.legacySessionId"), "clientHello.legacySessionId");
  reader.skip(reader.uint16("clientHello.cipherSuites"), "clientHello.cipherSuites");
  reader.skip(reader.uint8("clientHello.legacyCompressionMethods"), "clientHello.legacyCompressionMethods");
  let name: string | undefined;
  let alpnProtocols = NO_PROTOCOLS;
  if (reader.remaining === 0) return { status: "done", serverName: name, alpnProtocols };
  const list = reader.vector16("extensions");
  while (list.remaining > 0) {
    const start = list.offset;
    const type = list.uint16("extension.extensionType");
    // Of two names one would be routed by and the other be served.
    if (type === SERVER_NAME ? name !== undefined : type === ALPN && alpnProtocols !== NO_PROTOCOLS)
      list.fail("duplicate-extension", "extensions", `extension ${type} appears twice`, start);
    const size = list.uint16("extension.extensionData");
    list.skip(size, "extension.extensionData");
    if (type !== SERVER_NAME && type !== ALPN) continue;
    const body = new RangeReader(list.bytes, list.offset - size, list.offset);
    if (type === SERVER_NAME) name = readHostName(body);
    else alpnProtocols = readAlpnProtocols(body);
    body.finish("extensions");
  }
  reader.finish("clientHello");
  return { status: "done", serverName: name, alpnProtocols };
}

/** The hello's body from the records that it is spread over; undefined where more bytes are needed. */
function joinedBody(bytes: Uint8Array): Uint8Array | undefined {
  // The last record may hold more than the rest of the hello.
  const most = HANDSHAKE_HEADER_BYTES + MAX_CLIENT_HELLO_BYTES + recordLimits.tls12CiphertextBytes;
  const message = new Uint8Array(Math.min(bytes.length, most));
  let arrived = 0;
  for (let at = 0; bytes.length >= at + RECORD_HEADER_BYTES; ) {
    const type = bytes[at]!;
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
    const version = (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const fault = recordHeaderFault(type, version, length, recordLimits.tls12CiphertextBytes);
    if (fault !== undefined) fail(fault[0], at + fault[1], fault[2], fault[3]);
    const start = at + RECORD_HEADER_BYTES;
    if (bytes.length < start + length) return undefined;
    if (type !== HANDSHAKE) unexpected("record.type", type, at);
    message.set(bytes.subarray(start, start + length), arrived);
    arrived += length;
    if (arrived >= HANDSHAKE_HEADER_BYTES) {
      const body = (message[1]! << 16) | (message[2]! << 8) | message[3]!;
      if (body > MAX_CLIENT_HELLO_BYTES)
        fail(
          "handshake-overflow",
          1,
          "handshake.length",
          `${body}, at most ${MAX_CLIENT_HELLO_BYTES} allowed`,
        );
      const end = HANDSHAKE_HEADER_BYTES + body;
      if (arrived >= end) {
        if (message[0] !== CLIENT_HELLO) unexpected("handshake.msgType", message[0]!, at);
        return message.subarray(HANDSHAKE_HEADER_BYTES, end);
      }
    }
    at = start + length;
  }
  return undefined;
}

function unexpected(field: string, found: number, offset: number): never {
  fail("unexpected-message", offset, field, `${found} where a ClientHello belongs`);
}

function fail(code: TlsParseErrorCode, offset: number, field: string, detail: string): never {
  throw new TlsParseError({ code, offset, field, detail });
}
