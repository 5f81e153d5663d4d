import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { decodeGrpcMessage, GRPC_STATUS, type GrpcFailure, statusOfHttp } from "./grpc-status.ts";

/**
 * The largest message that is taken from a plugin, tonic's default: what is longer fails the call. A plugin that
 * declares more is cut off before a byte of it is kept. Messages to the plugin have no limit, as with tonic.
 */
export const MAX_RESPONSE_MESSAGE_BYTES: number = 4 * 1024 * 1024;

/** Length-prefixed message: a flag for compression, then four bytes of length. */
const PREFIX_BYTES = 5;
/** Room for a few of the largest messages, so that one slow reader does not stop the connection. */
const CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
const STREAM_WINDOW_BYTES = MAX_RESPONSE_MESSAGE_BYTES + PREFIX_BYTES;

/** What a call ends with. */
export type GrpcResult =
  | { readonly kind: "message"; readonly message: Uint8Array }
  | { readonly kind: "failure"; readonly failure: GrpcFailure };

/** A call that has been made. */
export interface GrpcCall {
  /** Gives the call up with RST_STREAM (CANCEL); `done` is not called any more. */
  cancel(): void;
}

/**
 * One plugin's connection: cleartext HTTP/2, made when a call needs it, kept for as long as it lives, made anew by
 * the call after its end. Calls carry no deadline.
 */
export class GrpcChannel {
  readonly #url: string;
  #session: ClientHttp2Session | undefined;
  #closed = false;

  /** @param url `http://host:port` */
  constructor(url: string) {
    this.#url = url;
  }

  /**
   * Makes a unary call.
   *
   * @param path `/package.Service/Method`
   * @param message the encoded request
   * @param done told once, later, how the call ended
   */
  call(path: string, message: Uint8Array, done: (result: GrpcResult) => void): GrpcCall {
    if (this.#closed) {
      setImmediate(done, failure(GRPC_STATUS.cancelled, "the host is closed"));
      return { cancel: () => {} };
    }
    const stream = this.#connection().request({
      ":method": "POST",
      ":path": path,
      te: "trailers",
      "content-type": "application/grpc",
      "user-agent": "faultwire-fault-host",
    });
    const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
    framed[0] = 0;
    framed.writeUInt32BE(message.length, 1);
    framed.set(message, PREFIX_BYTES);
    stream.end(framed);
    return readUnary(stream, done);
  }

  /** Ends the connection and every call on it. */
  close(): void {
    this.#closed = true;
    this.#session?.destroy();
  }

  #connection(): ClientHttp2Session {
    const live = this.#session;
    if (live && !live.closed && !live.destroyed) return live;
    const session = connect(this.#url, {
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    });
    session.on("connect", () => {
      // Node says so a turn later; in between the session may have been destroyed, and then the call throws.
      if (!session.destroyed) session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    });
    const forget = (): void => {
      if (this.#session === session) this.#session = undefined;
    };
    // Its calls are told by their own streams.
    session.on("error", forget);
    session.on("goaway", forget);
    session.on("close", forget);
    this.#session = session;
    return session;
  }
}

const failure = (code: number, message: string): GrpcResult => ({
  kind: "failure",
  failure: { code, message },
});

function readUnary(stream: ClientHttp2Stream, done: (result: GrpcResult) => void): GrpcCall {
  const body = new MessageReader();
  let head: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined;
  let trailers: IncomingHttpHeaders | undefined;
  let error: Error | undefined;
  let settled = false;
  const settle = (result: GrpcResult): void => {
    if (settled) return;
    settled = true;
    done(result);
  };
  const atEnd = (): void => settle(unaryResult(body, head, trailers, error, stream.rstCode));
  stream.on("response", (headers) => {
    head = headers;
  });
  stream.on("trailers", (headers) => {
    trailers = headers;
  });
  stream.on("data", (chunk: Buffer) => {
    if (body.push(chunk)) return;
    const limit = `a message of more than ${MAX_RESPONSE_MESSAGE_BYTES} bytes`;
    settle(failure(GRPC_STATUS.outOfRange, `the plugin answered with ${limit}`));
    stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.on("end", () => {
    if (trailers || head?.["grpc-status"] !== undefined) atEnd();
  });
  stream.on("error", (cause: Error) => {
    error = cause;
  });
  stream.on("close", atEnd);
  return {
    cancel: () => {
      if (settled) return;
      settled = true;
      stream.close(constants.NGHTTP2_CANCEL);
    },
  };
}

function unaryResult(
  body: MessageReader,
  head: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined,
  trailers: IncomingHttpHeaders | undefined,
  error: Error | undefined,
  rstCode: number | undefined,
): GrpcResult {
  if (!head) {
    const reset = rstCode ? `the plugin reset the call (code ${rstCode})` : "the plugin can't be reached";
    const code = rstCode === constants.NGHTTP2_CANCEL ? GRPC_STATUS.cancelled : GRPC_STATUS.unavailable;
    return failure(code, error ? `${reset}: ${error.message}` : reset);
  }
  const status = trailers?.["grpc-status"] ?? head["grpc-status"];
  if (status === undefined) {
    const http = head[":status"] ?? 0;
    if (http !== 200) return failure(statusOfHttp(http), `the plugin answered with HTTP status ${http}`);
    return failure(GRPC_STATUS.unknown, "the plugin's answer ends without a grpc-status");
  }
  const code = Number(status);
  if (code !== GRPC_STATUS.ok) {
    const text = trailers?.["grpc-message"] ?? head["grpc-message"] ?? "";
    return failure(code, decodeGrpcMessage(String(text)));
  }
  const message = body.message();
  if (!message) return failure(GRPC_STATUS.internal, "the plugin's answer holds no whole message");
  return { kind: "message", message };
}

/** Collects the first message of a response. */
class MessageReader {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #expected: number | undefined;

  /** False when the message is compressed or longer than the limit. */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#expected === undefined && this.#length >= PREFIX_BYTES) {
      const all = this.#all();
      const declared = all.readUInt32BE(1);
      if (all[0] !== 0 || declared > MAX_RESPONSE_MESSAGE_BYTES) return false;
      this.#expected = declared;
    }
    return this.#expected === undefined || this.#length <= MAX_RESPONSE_MESSAGE_BYTES + 2 * PREFIX_BYTES;
  }

  message(): Uint8Array | undefined {
    if (this.#expected === undefined || this.#length < PREFIX_BYTES + this.#expected) return undefined;
    return this.#all().subarray(PREFIX_BYTES, PREFIX_BYTES + this.#expected);
  }

  #all(): Buffer {
    const [first] = this.#chunks;
    if (this.#chunks.length === 1 && first) return first;
    const all = Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    this.#chunks.push(all);
    return all;
  }
}
