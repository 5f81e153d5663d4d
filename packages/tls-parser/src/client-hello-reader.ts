import { type Detection, detectProtocol } from "./detect-protocol.ts";
import type { DecodeOptions } from "./extension/extension.ts";
import { type ClientHello, decodeClientHello } from "./handshake/client-hello.ts";
import { HANDSHAKE_HEADER_BYTES } from "./handshake/handshake-frame.ts";
import { HandshakeReader } from "./handshake/handshake-reader.ts";
import { HandshakeType } from "./handshake/handshake-type.ts";
import { endOfLoneHello } from "./handshake/lone-hello.ts";
import { MAX_CLIENT_HELLO_BYTES } from "./handshake/max-client-hello-bytes.ts";
import { ContentType } from "./record/content-type.ts";
import { RECORD_HEADER_BYTES } from "./record/record-limits.ts";
import { RecordReader } from "./record/record-reader.ts";
import { TlsParseError } from "./tls-parse-error.ts";
import { plainView } from "./wire/plain-view.ts";

/** What a {@link ClientHelloReader} knows so far. */
export type ClientHelloResult =
  /** More bytes are needed. */
  | { readonly status: "more" }
  | {
      readonly status: "done";
      /** The hello, decoded. */
      readonly clientHello: ClientHello;
      /** The handshake message, header included: a view, in one piece however it was cut. */
      readonly message: Uint8Array;
      /** The version in the header of the last record of the hello. */
      readonly recordVersion: number;
      /** Bytes of the stream up to the end of the record in which the hello ends. */
      readonly consumedBytes: number;
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

/** What a {@link ClientHelloReader} may be told. */
export interface ClientHelloReaderOptions extends DecodeOptions {
  /**
   * Bytes that the ClientHello's body may declare; 65,536 unless given, as Go's crypto/tls has it. Whoever opens
   * connections could otherwise make the reader keep 16 MiB for each.
   */
  readonly maxMessageBytes?: number;
}

const NOTHING = new Uint8Array(0);
const HELLO_START = RECORD_HEADER_BYTES + HANDSHAKE_HEADER_BYTES;
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
  readonly #options: DecodeOptions;
  readonly #maxMessageBytes: number;
  // Made when the hello does not come in one piece, as it nearly always does.
  #readers: { readonly records: RecordReader; readonly messages: HandshakeReader } | undefined;
  // The first bytes, until they are enough to tell what they are.
  #prefix: Uint8Array | undefined = NOTHING;
  #result: ClientHelloResult = MORE;

  constructor(options: ClientHelloReaderOptions = {}) {
    this.#options = options;
    this.#maxMessageBytes = options.maxMessageBytes ?? MAX_CLIENT_HELLO_BYTES;
  }

  /** Adds the stream's next bytes and tells what is known now. */
  push(chunk: Uint8Array): ClientHelloResult {
    if (this.#result.status !== "more") return this.#result;
    if (this.#prefix !== undefined) {
      const prefix = joined(this.#prefix, chunk);
      const detection = detectProtocol(prefix);
      if (detection.kind === "more") {
        // A copy, since the caller may reuse the chunk: ten bytes at most.
        this.#prefix = prefix.slice();
        return MORE;
      }
      this.#prefix = undefined;
      if (detection.kind !== "tls") return this.#settle({ status: "not-tls", detection });
      chunk = prefix;
    }
    try {
      return this.#readAtOnce(plainView(chunk)) ?? this.#read(chunk);
    } catch (error) {
      if (!(error instanceof TlsParseError)) throw error;
      return this.#settle({ status: "error", error });
    }
  }

  /** The whole hello from one chunk that holds it in one record; undefined where it takes more. */
  #readAtOnce(chunk: Uint8Array): ClientHelloResult | undefined {
    if (this.#readers !== undefined) return undefined;
    const end = endOfLoneHello(chunk);
    if (end === undefined || end - HELLO_START > this.#maxMessageBytes) return undefined;
    return this.#settle({
      status: "done",
      clientHello: decodeClientHello(chunk.subarray(HELLO_START, end), this.#options),
      message: chunk.subarray(RECORD_HEADER_BYTES, end),
      recordVersion: (chunk[1]! << 8) | chunk[2]!,
      consumedBytes: RECORD_HEADER_BYTES + ((chunk[3]! << 8) | chunk[4]!),
    });
  }

  #read(chunk: Uint8Array): ClientHelloResult {
    this.#readers ??= {
      records: new RecordReader(),
      messages: new HandshakeReader({ maxMessageBytes: this.#maxMessageBytes }),
    };
    const { records, messages } = this.#readers;
    for (const record of records.push(chunk)) {
      const offset = records.consumedBytes - record.byteLength;
      if (record.type !== ContentType.handshake) return this.#unexpected("record.type", record.type, offset);
      for (const message of messages.push(record.fragment)) {
        if (message.type !== HandshakeType.clientHello)
          return this.#unexpected("handshake.msgType", message.type, offset);
        return this.#settle({
          status: "done",
          clientHello: decodeClientHello(message.body, this.#options),
          message: message.bytes,
          recordVersion: record.legacyVersion,
          consumedBytes: records.consumedBytes,
        });
      }
    }
    return MORE;
  }

  #unexpected(field: string, found: number, offset: number): ClientHelloResult {
    const error = new TlsParseError({
      code: "unexpected-message",
      offset,
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
