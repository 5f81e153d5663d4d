import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import { after } from "@faultwire/timers";
import {
  EnvelopeReader,
  encodeEnvelope,
  encodePrefix,
  envelopePrefixBytes,
  incompleteMessage,
} from "./envelope.ts";
import type { MessageHolder, MessageMemory } from "./message-memory.ts";
import {
  acceptedEncodingHeaders,
  callError,
  errorTrailers,
  okTrailers,
  responseHeaders,
  wireError,
} from "./status.ts";

/** One call, as the method that answers it sees it. */
export interface UnaryCall<Response = Message> {
  /** The request's headers, names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The time that the caller gives the call, from its start, in ms (`grpc-timeout`); absent where it sets none. */
  readonly timeoutMs: number | undefined;
  /** Why nobody waits any more (`Canceled`, `DeadlineExceeded`), or undefined while somebody does. */
  readonly cancelled: ConnectError | undefined;
  /** Aborts when the call is cancelled. Made at the first use: {@link onCancelled} is much cheaper. */
  readonly signal: AbortSignal;
  /** Answers the call. Does nothing once it is answered or cancelled. */
  respond(response: Response): void;
  /** Ends the call with a status: a `ConnectError`'s own, `internal error` for anything else. */
  fail(reason: unknown): void;
  /**
   * Calls `listener` once when the caller cancels, its connection breaks or its deadline passes before the call is
   * answered; at once when that has happened. The listener must not throw.
   */
  onCancelled(listener: (reason: ConnectError) => void): void;
}

/** A method with what its calls need. */
export interface UnaryRoute {
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly maxMessageBytes: number;
  readonly answer: (request: Message, call: UnaryCall) => Message | Promise<Message> | undefined;
  readonly unread: ((why: UnreadMessage) => Message) | undefined;
  readonly abandoned: ((part: Uint8Array) => void) | undefined;
  readonly memory: MessageMemory | undefined;
}

/** A message that was not kept. */
export interface UnreadMessage {
  /** It is longer than the limit, or had to give way to others (see `MessageMemory`). */
  readonly reason: "too-long" | "gave-way";
  /** Its length as its caller has declared it. */
  readonly messageBytes: number;
}

/** What a caller that is refused may still send before its stream is reset: it could go on for ever, into nothing. */
const maxBytesAfterAnswer = 1_048_576;

/**
 * Messages up to this length are copied behind their prefix, into memory of Node's pool; longer ones are written after
 * it, which costs one write more and no copy and no memory (measured: 12 % of a call with 4 KiB).
 */
const maxCopiedBytes = 1024;

const callOf: unique symbol = Symbol("call");
type CallStream = ServerHttp2Stream & { [callOf]?: Call };

/** Answers the call that this stream carries. */
export function runCall(route: UnaryRoute, stream: CallStream, headers: IncomingHttpHeaders): void {
  const call = new Call(route, stream, headers);
  stream[callOf] = call;
  // Without a listener an error of one stream would end the process; 'close' follows and says all that matters.
  stream.on("error", onError);
  stream.on("data", onData);
  stream.on("end", onEnd);
  stream.on("close", onClose);
  const encoding = headers["grpc-encoding"];
  const timeout = headers["grpc-timeout"];
  if (encoding !== undefined && encoding !== "identity") call.refuseEncoding(String(encoding));
  else if (timeout !== undefined) call.startDeadline(String(timeout));
}

// One function for all streams: a listener that closes over its call would be made anew for each.
function onError(this: CallStream): void {}
function onData(this: CallStream, chunk: Uint8Array): void {
  this[callOf]?.data(chunk);
}
function onEnd(this: CallStream): void {
  this[callOf]?.end();
}
function onClose(this: CallStream): void {
  this[callOf]?.closed();
}
function onWantTrailers(this: CallStream): void {
  this[callOf]?.sendTrailers();
}

class Call implements UnaryCall, MessageHolder {
  readonly headers: IncomingHttpHeaders;
  timeoutMs: number | undefined;
  cancelled: ConnectError | undefined;
  readonly #route: UnaryRoute;
  readonly #stream: ServerHttp2Stream;
  readonly #envelope: EnvelopeReader;
  #trailers: OutgoingHttpHeaders = okTrailers;
  #answered = false;
  #bytesAfterAnswer = 0;
  #hasRun = false;
  #unread: UnreadMessage | undefined;
  /** Bytes of the request that have come. */
  #requestBytes = 0;
  #takeBackDeadline: (() => void) | undefined;
  #abort: AbortController | undefined;
  #listeners: ((reason: ConnectError) => void)[] | undefined;

  constructor(route: UnaryRoute, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.headers = headers;
    this.#route = route;
    this.#stream = stream;
    this.#envelope = new EnvelopeReader(route.maxMessageBytes);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.cancelled !== undefined) this.#abort.abort(this.cancelled);
    return this.#abort.signal;
  }

  onCancelled(listener: (reason: ConnectError) => void): void {
    if (this.cancelled !== undefined) listener(this.cancelled);
    else if (this.#answered) return;
    else if (this.#listeners === undefined) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  respond(response: Message): void {
    if (this.#answered) return;
    let message: Uint8Array;
    try {
      message = toBinary(this.#route.output, response);
    } catch (error) {
      this.fail(wireError("serialize", error));
      return;
    }
    this.#finish(responseHeaders, okTrailers, message);
  }

  fail(reason: unknown): void {
    if (!this.#answered) this.#finish(responseHeaders, errorTrailers(callError(reason)), undefined);
  }

  refuseEncoding(encoding: string): void {
    const error = new ConnectError(
      `unknown compression "${encoding}": supported encodings are identity`,
      Code.Unimplemented,
    );
    this.#finish(acceptedEncodingHeaders, errorTrailers(error), undefined);
  }

  /** Starts the clock. */
  startDeadline(header: string): void {
    const { timeoutMs, error } = parseTimeout(header, Number.MAX_SAFE_INTEGER);
    if (error !== undefined) {
      this.fail(error);
      return;
    }
    this.timeoutMs = timeoutMs;
    if (timeoutMs === undefined) return;
    if (timeoutMs <= 0) {
      this.#expire();
      return;
    }
    this.#takeBackDeadline = after(timeoutMs, () => this.#expire());
  }

  data(chunk: Uint8Array): void {
    if (this.#answered) {
      this.#bytesAfterAnswer += chunk.length;
      // RFC 9113, section 8.1: the answer is whole, so the caller may be told to stop. Not at once: the reset would
      // overtake trailers that still wait to be written.
      if (this.#bytesAfterAnswer > maxBytesAfterAnswer) this.#stream.close();
      return;
    }
    this.#requestBytes += chunk.length;
    if (this.#unread) return;
    try {
      this.#envelope.push(chunk);
    } catch (error) {
      const messageBytes = this.#envelope.declaredBytes ?? 0;
      if (this.#route.unread && messageBytes > this.#route.maxMessageBytes)
        this.#unread = { reason: "too-long", messageBytes };
      else this.fail(error);
      this.#forget();
      return;
    }
    this.#route.memory?.hold(this, this.#envelope.heldBytes);
  }

  giveWay(): void {
    const messageBytes = this.#envelope.declaredBytes;
    this.#envelope.drop();
    if (this.#route.unread && messageBytes !== undefined) this.#unread = { reason: "gave-way", messageBytes };
    else
      this.fail(
        new ConnectError("too many messages are under way; this one did not go on", Code.ResourceExhausted),
      );
  }

  end(): void {
    // A connection that breaks ends its streams too, with whatever they had by then.
    if (this.#answered || this.#isGone()) return;
    this.#hasRun = true;
    let answer: Message | Promise<Message> | undefined;
    try {
      answer = this.#unread ? this.#answerUnread(this.#unread) : this.#answerMessage();
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.#answered || answer === undefined) return;
    if (answer instanceof Promise)
      answer.then(
        (response) => this.respond(response),
        (reason: unknown) => this.fail(reason),
      );
    else this.respond(answer);
  }

  closed(): void {
    if (!this.#answered) {
      if (!this.#hasRun) this.#route.abandoned?.(this.#envelope.part);
      this.#cancel(new ConnectError("the caller cancelled the call", Code.Canceled));
    }
    this.#forget();
  }

  sendTrailers(): void {
    try {
      this.#stream.sendTrailers(this.#trailers);
    } catch {
      if (this.#isGone()) return;
      // Metadata that HTTP/2 does not allow (a `connection` header, say): the status is what must arrive.
      this.#stream.sendTrailers(errorTrailers(new ConnectError("internal error", Code.Internal)));
    }
  }

  #answerMessage(): Message | Promise<Message> | undefined {
    const request = this.#decode(this.#envelope.end());
    this.#forget();
    return this.#route.answer(request, this);
  }

  #answerUnread(unread: UnreadMessage): Message | undefined {
    if (this.#requestBytes < envelopePrefixBytes + unread.messageBytes) throw incompleteMessage();
    return this.#route.unread?.(unread);
  }

  /** The message is with its handler, or of no use any more. */
  #forget(): void {
    this.#route.memory?.release(this);
    this.#envelope.drop();
  }

  #decode(bytes: Uint8Array): Message {
    try {
      return fromBinary(this.#route.input, bytes);
    } catch (error) {
      throw wireError("parse", error);
    }
  }

  #finish(
    headers: OutgoingHttpHeaders,
    trailers: OutgoingHttpHeaders,
    message: Uint8Array | undefined,
  ): void {
    this.#answered = true;
    this.#takeBackDeadline?.();
    this.#forget();
    const stream = this.#stream;
    if (this.#isGone()) return;
    this.#trailers = trailers;
    stream.on("wantTrailers", onWantTrailers);
    stream.respond(headers, withTrailers);
    if (message === undefined) stream.end();
    else if (message.length <= maxCopiedBytes) stream.end(encodeEnvelope(message));
    else {
      // Corked, the two go out as one: in one DATA frame, where the message fits into it.
      stream.cork();
      stream.write(encodePrefix(message.length));
      stream.end(message);
    }
  }

  #isGone(): boolean {
    const stream = this.#stream;
    return stream.destroyed || stream.closed || stream.aborted;
  }

  #expire(): void {
    const reason = new ConnectError("the operation timed out", Code.DeadlineExceeded);
    this.fail(reason);
    this.#cancel(reason);
  }

  #cancel(reason: ConnectError): void {
    this.#answered = true;
    this.cancelled = reason;
    this.#takeBackDeadline?.();
    const listeners = this.#listeners;
    this.#listeners = undefined;
    this.#abort?.abort(reason);
    if (listeners !== undefined) for (const listener of listeners) listener(reason);
  }
}

const withTrailers = { waitForTrailers: true } as const;
