/** A plugin's end of a stream, on a stream of `node:http2`: no pipeline in between, so that what happens is told at once. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { encodeStatusMessage } from "@faultwire/grpc";
import { connectionLimits } from "../connection-limits.ts";
import { ConnectionProtocolError } from "../connection-protocol-error.ts";
import {
  ConnectionService,
  type ProcessConnectionRequest,
  ProcessConnectionRequestSchema,
  type ProcessConnectionResponse,
  ProcessConnectionResponseSchema,
} from "../gen/faultwire/connection/v1/connection_pb.ts";
import { grpcStatus } from "../grpc-status.ts";
import { MessageReader } from "./message-reader.ts";
import { writeBytesMessage, writeMessage } from "./message-writer.ts";
import { withOwnBytes } from "./own-bytes.ts";

/** Who hears what a host says on a stream. What a function throws ends the stream: `ConnectionProtocolError` with its reason. */
export interface PluginStreamEars {
  /** The host has sent a message. */
  message(message: ProcessConnectionRequest): void;
  /** The host has ended its half, or the whole stream: by a cancel, or because the plugin's end was told before. Once. */
  over(): void;
  /** Something else than a `ConnectionProtocolError` was thrown. */
  bug(error: unknown): void;
}

const path = `/${ConnectionService.typeName}/${ConnectionService.method.processConnection.name}`;
const grpcTypes: ReadonlySet<unknown> = new Set(["application/grpc", "application/grpc+proto"]);
/** The number of `bytes` in `ProcessConnectionResponse`. */
const bytesField = ProcessConnectionResponseSchema.field.bytes.number;

/**
 * Whether a stream of a server is a call of `ProcessConnection` by gRPC.
 *
 * @example
 * ```ts
 * server.on("stream", (stream: any, headers: any) => {
 *   if (isProcessConnection(headers)) console.log("a host");
 * });
 * ```
 */
export function isProcessConnection(headers: IncomingHttpHeaders): boolean {
  return headers[":path"] === path && headers[":method"] === "POST" && grpcTypes.has(headers["content-type"]);
}

/** Counts the memory of messages that are not whole, over all streams that share it. `MessageMemory` of connect-unary is one. */
export interface UnfinishedMessages {
  /** A stream keeps so many bytes now. The one whose message has grown least recently gives way where it is too much. */
  hold(holder: { giveWay(): void }, bytes: number): void;
  /** A stream keeps nothing any more. */
  release(holder: { giveWay(): void }): void;
}

/** A plugin's end of one stream. */
export class PluginStream {
  readonly #stream: ServerHttp2Stream;
  readonly #ears: PluginStreamEars;
  readonly #memory: UnfinishedMessages | undefined;
  readonly #reader: MessageReader = new MessageReader(connectionLimits.maxMessageBytes);
  readonly #holder = {
    giveWay: () => {
      this.#reader.drop();
      this.end(
        new ConnectionProtocolError(
          "too-much",
          "too many messages are under way at this plugin; this one did not go on",
        ),
      );
      this.#over();
    },
  };
  #isOver = false;
  #trailers: Record<string, string> = { "grpc-status": String(grpcStatus.ok) };
  #hasEnded = false;
  #isBroken = false;

  /**
   * @param stream - For which {@link isProcessConnection} is true; from now on it is this end's.
   * @param memory - Where messages that are not whole are counted; each by itself has `connectionLimits.maxMessageBytes`.
   */
  constructor(stream: ServerHttp2Stream, ears: PluginStreamEars, memory?: UnfinishedMessages) {
    this.#stream = stream;
    this.#ears = ears;
    this.#memory = memory;
    stream.on("data", (chunk: Uint8Array) => this.#heard(chunk));
    stream.on("end", () => this.#over());
    stream.on("close", () => this.#over());
    stream.on("error", () => {});
    stream.on("wantTrailers", () => {
      stream.sendTrailers(this.#trailers);
      // A host that broke the rules is not waited for.
      if (this.#isBroken) setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
    });
    stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
  }

  /** Whether nothing can be said any more. */
  get isClosed(): boolean {
    return this.#hasEnded || this.#stream.closed || this.#stream.destroyed;
  }

  /** Sends a message to the host. */
  send(message: ProcessConnectionResponse): void {
    if (!this.isClosed) writeMessage(this.#stream, toBinary(ProcessConnectionResponseSchema, message));
  }

  /** Sends a `bytes` message. The memory is the stream's until it has gone. */
  sendBytes(peer: number, data: Uint8Array): void {
    if (!this.isClosed) writeBytesMessage(this.#stream, bytesField, peer, data);
  }

  /** Ends the stream: with OK, or with the reason why it can't go on. What the host still says is dropped. */
  end(error?: ConnectionProtocolError): void {
    if (this.isClosed) return;
    this.#hasEnded = true;
    if (error) {
      this.#isBroken = true;
      this.#trailers = {
        "grpc-status": String(error.status),
        "grpc-message": encodeStatusMessage(error.message),
      };
    }
    this.#forget();
    this.#stream.end();
  }

  /** Resets the stream: for a host that does not end its half behind our end. */
  close(): void {
    if (!this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #heard(chunk: Uint8Array): void {
    if (this.#hasEnded) return;
    this.#guard(() => {
      for (const bytes of this.#reader.push(chunk)) {
        if (this.#hasEnded) return;
        this.#ears.message(readRequest(bytes));
      }
      this.#count();
    });
  }

  /** Tells the memory what is kept of a message. */
  #count(): void {
    const { heldBytes } = this.#reader;
    if (heldBytes > 0 && !this.#hasEnded) this.#memory?.hold(this.#holder, heldBytes);
    else this.#memory?.release(this.#holder);
  }

  #forget(): void {
    this.#reader.drop();
    this.#memory?.release(this.#holder);
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    this.#guard(() => this.#ears.over());
    this.end();
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      const isExpected = error instanceof ConnectionProtocolError;
      if (!isExpected) this.#ears.bug(error);
      this.end(
        isExpected
          ? error
          : new ConnectionProtocolError("internal", "an error of the plugin's; its log says more"),
      );
      this.#over();
    }
  }
}

function readRequest(bytes: Uint8Array): ProcessConnectionRequest {
  try {
    return withOwnBytes(fromBinary(ProcessConnectionRequestSchema, bytes, { readUnknownFields: false }));
  } catch {
    throw new ConnectionProtocolError("bad-message", "a message that is no ProcessConnectionRequest");
  }
}
