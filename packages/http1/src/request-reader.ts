import { isKeptAlive, requestFraming } from "./body-framing.ts";
import type { RequestLine } from "./head-grammar.ts";
import { readRequestLine, requestLinePrefixFault } from "./head-grammar.ts";
import type { RequestHead, RequestItem } from "./http-items.ts";
import type { HttpLimits } from "./http-limits.ts";
import { httpLimitsWith } from "./http-limits.ts";
import type { HeadRules } from "./message-reader.ts";
import { type MessagePlace, MessageReader } from "./message-reader.ts";

const requestRules: HeadRules<RequestLine, RequestHead> = {
  skipsEmptyLines: true,
  looseChunkLines: false,
  prefixFault: requestLinePrefixFault,
  readStartLine: readRequestLine,
  complete: (line, headers, bytes) => {
    const framing = requestFraming(headers, line.version);
    if (typeof framing === "string") return framing;
    const keepAlive = isKeptAlive(headers, line.version);
    const item: RequestHead = { kind: "head", ...line, headers, framing, keepAlive, bytes };
    return {
      item,
      next: line.method === "CONNECT" ? { kind: "opaque" } : { kind: "message", framing, keepAlive },
    };
  },
};

/**
 * Reads the requests that a client sends on one HTTP/1 connection (RFC 9112): kept alive, pipelined, with bodies by
 * length or chunked.
 *
 * The `bytes` of all items, joined, are the bytes that were pushed, less {@link pendingBytes} at the end: whoever
 * forwards each item's bytes forwards exactly what came. Items hold views of the pushed chunks; they live as long as
 * the caller leaves those alone. It holds back nothing but an unfinished head, chunk-size line or trailer section,
 * each within its limit.
 *
 * It never throws over what it reads and never guesses: at the first doubt it gives one `malformed` item and calls
 * everything after it `opaque`.
 *
 * @example
 * ```ts
 * const reader = new RequestReader();
 * for (const item of reader.push(chunk)) {
 *   if (item.kind === "head") console.log(item.method, item.target);
 *   upstream.write(item.bytes);
 * }
 * ```
 */
export class RequestReader {
  readonly #reader: MessageReader<RequestLine, RequestHead>;

  /** @throws Http1Error `invalid-argument` for a limit that is not a positive integer. */
  constructor(limits: Partial<HttpLimits> = {}) {
    this.#reader = new MessageReader(requestRules, httpLimitsWith(limits));
  }

  /** Bytes that have come and are in no item yet. */
  get pendingBytes(): number {
    return this.#reader.pendingBytes;
  }

  /** True between messages. */
  get isIdle(): boolean {
    return this.#reader.isIdle;
  }

  /** True once the stream is not read as HTTP any more. */
  get isOpaque(): boolean {
    return this.#reader.isOpaque;
  }

  /** Where the reader is, for another one to {@link resume}; `undefined` while bytes are pending, and once it is opaque. */
  get place(): MessagePlace | undefined {
    return this.#reader.place;
  }

  /** Goes on where another reader was; before the first push. Offsets count from here. */
  resume(place: MessagePlace): void {
    this.#reader.resume(place);
  }

  /** Reads on; gives the items that are complete now, in order. Empty where more is needed. */
  push(chunk: Uint8Array): RequestItem[] {
    return this.#reader.push(chunk);
  }

  /** The client ended its stream: a `truncated` item with what is pending, where a message was not complete. */
  finish(): RequestItem[] {
    return this.#reader.finish();
  }

  /** Reads no more HTTP: the response was a 101. Gives what was pending. */
  becomeOpaque(): RequestItem[] {
    return this.#reader.becomeOpaque();
  }
}
