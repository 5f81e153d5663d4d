import { type Detection, detectProtocol } from "./detect-protocol.ts";
import type { DecodeOptions } from "./extension/extension.ts";
import { type ClientHello, decodeClientHello } from "./handshake/client-hello.ts";
import { HandshakeReader } from "./handshake/handshake-reader.ts";
import { HandshakeType } from "./handshake/handshake-type.ts";
import { ContentType } from "./record/content-type.ts";
import { RecordReader } from "./record/record-reader.ts";
import type { TlsRecord } from "./record/tls-record.ts";
import { TlsParseError } from "./tls-parse-error.ts";

/** What a {@link ClientHelloReader} knows so far. */
export type ClientHelloResult =
  /** More bytes are needed. */
  | { readonly status: "more" }
  | {
      readonly status: "done";
      readonly clientHello: ClientHello;
      /** The handshake message, header included: a view, in one piece however it was cut. */
      readonly message: Uint8Array;
      /** The version in the header of the last record of the hello. */
      readonly recordVersion: number;
      /** Bytes of the stream up to the end of the record in which the hello ends. */
      readonly consumedBytes: number;
    }
  /** The stream is something else from its first bytes on. */
  | { readonly status: "not-tls"; readonly detection: Exclude<Detection, { kind: "more" | "tls" }> }
  /** It began as TLS, but there will be no ClientHello. */
  | { readonly status: "error"; readonly error: TlsParseError };

/** What a {@link ClientHelloReader} may be told. */
export interface ClientHelloReaderOptions extends DecodeOptions {
  /**
   * Bytes that the ClientHello's body may declare; 65,536 unless given, as Go's crypto/tls has it. Whoever opens
   * connections could otherwise make the reader keep 16 MiB for each.
   */
  readonly maxMessageBytes?: number;
}

const MAX_CLIENT_HELLO_BYTES = 2 ** 16;
const NOTHING = new Uint8Array(0);
const MORE: ClientHelloResult = { status: "more" };

/**
 * Reads the ClientHello at the start of a stream, over any chunking, and says at once when there is none. Never throws
 * because of what is pushed. After `done`, `not-tls` or `error` every push returns that same result.
 *
 * It copies nothing that came in one chunk and keeps at most one record and one message; to pass on what the client
 * sent, keep the chunks.
 *
 * @example
 * ```ts
 * const reader = new ClientHelloReader();
 * for await (const chunk of socket) {
 *   const result = reader.push(chunk);
 *   if (result.status === "more") continue;
 *   if (result.status === "done") console.log(serverNameOf(result.clientHello));
 *   break;
 * }
 * ```
 */
export class ClientHelloReader {
  readonly #records = new RecordReader();
  readonly #messages: HandshakeReader;
  readonly #options: DecodeOptions;
  // The first bytes, until they are enough to tell what they are.
  #prefix: Uint8Array | undefined = NOTHING;
  #result: ClientHelloResult = MORE;

  constructor(options: ClientHelloReaderOptions = {}) {
    this.#options = options;
    this.#messages = new HandshakeReader({
      maxMessageBytes: options.maxMessageBytes ?? MAX_CLIENT_HELLO_BYTES,
    });
  }

  /** Adds the stream's next bytes and tells what is known now. */
  push(chunk: Uint8Array): ClientHelloResult {
    if (this.#result.status !== "more") return this.#result;
    if (this.#prefix !== undefined) {
      const prefix = joined(this.#prefix, chunk);
      const detection = detectProtocol(prefix);
      this.#prefix = prefix;
      if (detection.kind === "more") return MORE;
      this.#prefix = undefined;
      if (detection.kind !== "tls") return this.#settle({ status: "not-tls", detection });
      chunk = prefix;
    }
    try {
      return this.#read(chunk);
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      return this.#settle({ status: "error", error });
    }
  }

  #read(chunk: Uint8Array): ClientHelloResult {
    for (const record of this.#records.push(chunk)) {
      if (record.type !== ContentType.handshake) return this.#unexpected("record.type", record.type, record);
      for (const message of this.#messages.push(record.fragment)) {
        if (message.type !== HandshakeType.clientHello)
          return this.#unexpected("handshake.msgType", message.type, record);
        return this.#settle({
          status: "done",
          clientHello: decodeClientHello(message.body, this.#options),
          message: message.bytes,
          recordVersion: record.legacyVersion,
          consumedBytes: this.#records.consumedBytes,
        });
      }
    }
    return MORE;
  }

  #unexpected(field: string, found: number, record: TlsRecord): ClientHelloResult {
    const error = new TlsParseError({
      code: "unexpected-message",
      offset: this.#records.consumedBytes - record.byteLength,
      field,
      detail: `${found} where a ClientHello belongs`,
    });
    return this.#settle({ status: "error", error });
  }

  #settle(result: ClientHelloResult): ClientHelloResult {
    this.#result = result;
    return result;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
