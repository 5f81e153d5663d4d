/** A host's end: one connection of HTTP/2 to a plugin, and the streams on it. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
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
import { failureIn, type StreamFailure } from "./stream-failure.ts";
import { tunedSettings, tuneSession } from "./windows.ts";

/** Who hears what a plugin says on a stream. */
export interface HostStreamEars {
  /** What it throws cancels the stream: a `ConnectionProtocolError` is told to {@link over}, and so is anything else. */
  message(message: ProcessConnectionResponse): void;
  /** The stream is over: undefined where the plugin has ended it with OK. Once. */
  over(failure: StreamFailure | undefined, error?: unknown): void;
}

const path = `/${ConnectionService.typeName}/${ConnectionService.method.processConnection.name}`;
/** The number of `bytes` in `ProcessConnectionRequest`. */
const bytesField = ProcessConnectionRequestSchema.field.bytes.number;

/** Opens streams to one plugin. The connection is made when the first stream needs it, and anew where it has ended. */
export class PluginChannel {
  readonly #authority: string;
  #session: ClientHttp2Session | undefined;

  /** @param authority - `http://HOST:PORT` */
  constructor(authority: string) {
    this.#authority = authority;
  }

  /** Opens a stream. Whatever goes wrong is told to `ears.over`, later. */
  open(ears: HostStreamEars): HostStream {
    return new HostStream(this.#connected(), ears);
  }

  /** Ends the connection, and every stream on it. */
  close(): void {
    this.#session?.destroy();
  }

  #connected(): ClientHttp2Session {
    const open = this.#session;
    if (open && !open.closed && !open.destroyed) return open;
    const session = connect(this.#authority, { settings: tunedSettings });
    this.#session = session;
    session.on("connect", () => tuneSession(session));
    // Its streams tell it.
    session.on("error", () => {});
    // A plugin that takes no more streams finishes those that it has; the next one comes on a new connection.
    session.on("goaway", () => {
      if (this.#session === session) this.#session = undefined;
    });
    return session;
  }
}

/** A host's end of one stream. */
export class HostStream {
  readonly #stream: ClientHttp2Stream;
  readonly #ears: HostStreamEars;
  readonly #reader: MessageReader = new MessageReader(connectionLimits.maxMessageBytes);
  #isOver = false;
  #failure: StreamFailure | undefined = {
    status: grpcStatus.unavailable,
    message: "it ended the connection",
  };
  #hasTrailers = false;

  constructor(session: ClientHttp2Session, ears: HostStreamEars) {
    this.#ears = ears;
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      te: "trailers",
      "content-type": "application/grpc+proto",
      "user-agent": "faultwire",
    });
    this.#stream = stream;
    stream.on("response", (headers) => {
      const status = Number(headers[":status"]);
      if (status !== 200)
        this.#failure = { status: grpcStatus.unimplemented, message: `it answers HTTP ${status}` };
      // Trailers alone: a refusal without any message.
      else if (headers["grpc-status"] !== undefined) this.#ends(headers);
    });
    stream.on("trailers", (headers) => this.#ends(headers));
    stream.on("data", (chunk: Uint8Array) => this.#heard(chunk));
    // Without trailers, what has ended the stream is known at its close.
    stream.on("end", () => {
      if (this.#hasTrailers) this.#over();
    });
    stream.on("close", () => this.#over());
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // A stream that never began says why by its cause alone.
      const { code, message } = error.cause instanceof Error ? (error.cause as NodeJS.ErrnoException) : error;
      if (!this.#hasTrailers) this.#failure = { status: grpcStatus.unavailable, message: code ?? message };
    });
  }

  /**
   * Sends a message to the plugin.
   *
   * @param gone - Called when it has gone out, or can't go out any more: what the plugin does not read waits here.
   */
  send(message: ProcessConnectionRequest, gone?: () => void): void {
    if (this.#isOver) gone?.();
    else writeMessage(this.#stream, toBinary(ProcessConnectionRequestSchema, message), gone);
  }

  /** Sends a `bytes` message. The memory is the stream's until it has gone. */
  sendBytes(peer: number, data: Uint8Array): void {
    if (!this.#isOver) writeBytesMessage(this.#stream, bytesField, peer, data);
  }

  /** Gives the stream up at once. `ears.over` is not told. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #heard(chunk: Uint8Array): void {
    try {
      for (const bytes of this.#reader.push(chunk)) {
        if (this.#isOver) return;
        this.#ears.message(readResponse(bytes));
      }
    } catch (error) {
      if (this.#isOver) return;
      this.cancel();
      const status = error instanceof ConnectionProtocolError ? error.status : grpcStatus.internal;
      const message = error instanceof Error ? error.message : String(error);
      this.#ears.over({ status, message }, error);
    }
  }

  #ends(headers: IncomingHttpHeaders): void {
    this.#hasTrailers = true;
    this.#failure = failureIn(headers);
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.end();
    this.#ears.over(this.#failure);
  }
}

function readResponse(bytes: Uint8Array): ProcessConnectionResponse {
  try {
    return withOwnBytes(fromBinary(ProcessConnectionResponseSchema, bytes, { readUnknownFields: false }));
  } catch {
    throw new ConnectionProtocolError("bad-message", "a message that is no ProcessConnectionResponse");
  }
}
