import { isKeptAlive, responseFraming } from "./body-framing.ts";
import type { StatusLine } from "./head-grammar.ts";
import { readStatusLine, statusLinePrefixFault } from "./head-grammar.ts";
import type { Header } from "./header.ts";
import type { InterimResponse, MalformedCode, ResponseHead, ResponseItem } from "./http-items.ts";
import type { HttpLimits } from "./http-limits.ts";
import { httpLimitsWith } from "./http-limits.ts";
import type { AfterHead } from "./message-reader.ts";
import { type MessagePlace, MessageReader } from "./message-reader.ts";

/**
 * What a response reader takes beyond the strict grammar. Each is safe for responses, because every recipient finds the
 * same end of the message; a request reader takes none of them, because an origin behind it may not.
 */
export interface ResponseLeniency {
  /** One Content-Length that is said several times, as lines or in one list (RFC 9110 §8.6). Default false. */
  readonly equalLengths?: boolean;
  /** White space behind a chunk size, and any text on its line behind a semicolon (RFC 9112 §7.1.1). Default false. */
  readonly looseChunkLines?: boolean;
}

/** All that is safe: for whoever passes on what real servers say, byte for byte. */
export const LENIENT_RESPONSES: ResponseLeniency = { equalLengths: true, looseChunkLines: true };

/** Where a response reader is. */
export interface ResponsePlace extends MessagePlace {
  /** Methods of the requests whose final responses have not begun. */
  readonly methods: readonly string[];
}

/**
 * Reads the responses that a server sends on one HTTP/1 connection (RFC 9112). It has to be told the method of every
 * request, because the length of a response depends on it: call {@link expect} when a request goes out.
 *
 * What {@link RequestReader} says about bytes, views and malformed input holds here as well. 1xx responses come as
 * `interim` items; after 101, and after a 2xx to CONNECT, everything is `opaque`.
 *
 * @example
 * ```ts
 * const reader = new ResponseReader();
 * reader.expect("POST");
 * for (const item of reader.push(chunk)) if (item.kind === "head") console.log(item.status);
 * ```
 */
export class ResponseReader {
  readonly #reader: MessageReader<StatusLine, ResponseHead | InterimResponse>;
  readonly #limits: HttpLimits;
  readonly #takesEqual: boolean;
  readonly #methods: string[] = [];

  /**
   * @param limits - Laid over the defaults.
   * @param leniency - Nothing beyond the strict grammar unless given.
   * @throws Http1Error `invalid-argument` for a limit that is not a positive integer.
   */
  constructor(limits: Partial<HttpLimits> = {}, leniency: ResponseLeniency = {}) {
    this.#limits = httpLimitsWith(limits);
    this.#takesEqual = leniency.equalLengths ?? false;
    this.#reader = new MessageReader(
      {
        skipsEmptyLines: false,
        looseChunkLines: leniency.looseChunkLines ?? false,
        prefixFault: statusLinePrefixFault,
        readStartLine: readStatusLine,
        complete: (line, headers, bytes) => this.#complete(line, headers, bytes),
      },
      this.#limits,
    );
  }

  /** Bytes that have come and are in no item yet. */
  get pendingBytes(): number {
    return this.#reader.pendingBytes;
  }

  /** Requests whose final response has not begun. */
  get outstanding(): number {
    return this.#methods.length;
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
  get place(): ResponsePlace | undefined {
    const place = this.#reader.place;
    return place && { ...place, methods: [...this.#methods] };
  }

  /** Goes on where another reader was; before the first push. Offsets count from here. */
  resume(place: ResponsePlace): void {
    this.#reader.resume(place);
    this.#methods.push(...place.methods);
  }

  /** A request with this method has gone out; its response comes after those of the requests before it. */
  expect(method: string): void {
    // One more than the limit is remembered, so that the response in doubt is the one that is refused.
    if (this.#methods.length <= this.#limits.maxOutstandingRequests) this.#methods.push(method);
  }

  /** Reads on; gives the items that are complete now, in order. Empty where more is needed. */
  push(chunk: Uint8Array): ResponseItem[] {
    return this.#reader.push(chunk);
  }

  /**
   * The server ended its stream: the `end` of a body that lasts until then, or a `truncated` item with what is
   * pending where a message was not complete.
   */
  finish(): ResponseItem[] {
    return this.#reader.finish();
  }

  /** Reads no more HTTP. Gives what was pending. */
  becomeOpaque(): ResponseItem[] {
    return this.#reader.becomeOpaque();
  }

  #complete(
    line: StatusLine,
    headers: readonly Header[],
    bytes: Uint8Array,
  ): AfterHead<ResponseHead | InterimResponse> | MalformedCode {
    if (this.#methods.length > this.#limits.maxOutstandingRequests) return "too-many-outstanding";
    const [method] = this.#methods;
    if (method === undefined) return "unsolicited-response";
    const framing = responseFraming(headers, line.version, line.status, method, this.#takesEqual);
    if (typeof framing === "string") return framing;
    if (line.status < 200) {
      const item: InterimResponse = { kind: "interim", ...line, headers, bytes };
      return { item, next: { kind: line.status === 101 ? "opaque" : "head" } };
    }
    this.#methods.shift();
    const keepAlive = framing.kind !== "until-close" && isKeptAlive(headers, line.version);
    const item: ResponseHead = { kind: "head", ...line, headers, framing, keepAlive, bytes };
    const isTunnel = method === "CONNECT" && line.status < 300;
    return { item, next: isTunnel ? { kind: "opaque" } : { kind: "message", framing, keepAlive } };
  }
}
