/**
 * HTTP/2 is spoken here, and the upstream has HTTP/1.1: each stream gets a connection of its own, which is used again for a
 * later one. A connection is the only thing by which HTTP/1.1 can be told that an answer is not wanted any more.
 */
import type { EndKind } from "@faultwire/fault-session";
import {
  encodeChunk,
  encodeHead,
  Http1Error,
  LENIENT_RESPONSES,
  type ResponseHead,
  type ResponseItem,
  ResponseReader,
} from "@faultwire/http1";
import {
  ErrorCode,
  type HeaderSection,
  type Http1Request,
  Http2Connection,
  type Http2Stream,
  requestToHttp1,
  responseToHttp2,
  trailersToHttp2,
} from "@faultwire/http2";
import { type Line, silentEars } from "@faultwire/lines";
import { maxWaitingBytes, type Translator, type TranslatorPort } from "./translator.ts";

/** A request, and what becomes of it. */
interface Asked {
  readonly request: Http1Request;
  /** What is said of it before it has a connection. */
  waiting: Uint8Array[];
  waitingBytes: number;
  trailers: HeaderSection | undefined;
  isSent: boolean;
  upstream: Upstream | undefined;
  /** Bytes whose room the client's side was not given back yet. */
  unreturned: number;
}

/** A connection to the upstream. */
interface Upstream {
  readonly line: Line;
  readonly responses: ResponseReader;
  stream: Http2Stream<Asked> | undefined;
  trailers: HeaderSection | undefined;
  keepsAlive: boolean;
  hasAnswered: boolean;
}

/** `undefined` where a field can't stand in HTTP/1.1. */
function requestOf(section: HeaderSection, endStream: boolean): Http1Request | undefined {
  try {
    return requestToHttp1(section, endStream);
  } catch (error) {
    if (error instanceof Http1Error) return undefined;
    throw error;
  }
}

/** What the translation is connected to. */
export interface Http2OverHttp1Options {
  /** The connection by which it was learned that the upstream has HTTP/1.1. */
  readonly first: Line;
  /** Opens another one. `isOwed`: whether an answer is due on it. */
  readonly open: (isOwed: () => boolean) => Line;
  readonly maxConnections: number;
  readonly now: () => number;
  readonly port: TranslatorPort;
}

export class Http2OverHttp1 implements Translator {
  readonly #options: Http2OverHttp1Options;
  readonly #connection: Http2Connection<Asked>;
  readonly #upstreams: Set<Upstream> = new Set();
  /** Requests that wait for a connection. */
  readonly #waiting: Set<Http2Stream<Asked>> = new Set();
  #isPaused = false;
  #isOver = false;

  constructor(options: Http2OverHttp1Options) {
    this.#options = options;
    this.#connection = new Http2Connection<Asked>({
      role: "server",
      now: options.now,
      // As many as there are connections: what is above would wait behind answers that may take minutes.
      limits: { maxStreams: options.maxConnections },
      handler: {
        headers: (stream, kind, section, endStream) => {
          if (kind === "request") this.#request(stream, section, endStream);
          else if (stream.owner) this.#requestEnd(stream.owner, section);
        },
        data: (stream, data, endStream) => this.#data(stream, data, endStream),
        reset: (stream) => this.#cancel(stream),
        drained: (stream) => {
          if (!this.#isPaused) stream.owner?.upstream?.line.setPaused(false);
        },
        failed: () => this.destroy(),
      },
    });
    this.#add(options.first);
    this.#flush();
  }

  /** Windows hold the client's side back, for each stream alone. */
  readonly needsDrain = false;
  get waitingBytes(): number {
    let bytes = 0;
    for (const { owner } of this.#waiting) bytes += owner?.waitingBytes ?? 0;
    for (const { line } of this.#upstreams) bytes += line.waitingBytes;
    return bytes;
  }

  /** Whether an answer is due on the first connection. */
  isOwed(line: Line): boolean {
    for (const upstream of this.#upstreams) if (upstream.line === line) return upstream.stream !== undefined;
    return false;
  }

  write(bytes: Uint8Array): void {
    this.#connection.push(bytes);
    this.#flush();
  }

  setPaused(isPaused: boolean): void {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    for (const { line, stream } of this.#upstreams)
      line.setPaused(isPaused || (stream?.queuedBytes ?? 0) > maxWaitingBytes);
    this.#flush();
  }

  end(how: EndKind): void {
    this.#isOver = true;
    for (const { line } of this.#upstreams) line.end(how);
  }

  destroy(): void {
    this.#isOver = true;
    for (const { line } of this.#upstreams) {
      line.listen(silentEars);
      line.destroy();
    }
    this.#upstreams.clear();
  }

  #add(line: Line): Upstream {
    const upstream: Upstream = {
      line,
      responses: new ResponseReader({}, LENIENT_RESPONSES),
      stream: undefined,
      trailers: undefined,
      keepsAlive: true,
      hasAnswered: false,
    };
    this.#upstreams.add(upstream);
    line.listen({
      data: (bytes) => {
        this.#items(upstream, upstream.responses.push(bytes));
        this.#flush();
      },
      ended: (how) => {
        if (how === "fin") this.#items(upstream, upstream.responses.finish());
        this.#lose(upstream, ErrorCode.INTERNAL_ERROR);
        // An answer that is whole with this end has let go of the connection already.
        this.#flush();
      },
      drained: () => this.#returnRoom(upstream),
      opened: () => this.#returnRoom(upstream),
      // No word of the request has left: it may be asked again.
      failed: () => this.#lose(upstream, ErrorCode.REFUSED_STREAM),
      closed: () => this.#lose(upstream, ErrorCode.INTERNAL_ERROR),
    });
    line.setPaused(this.#isPaused);
    return upstream;
  }

  #request(stream: Http2Stream<Asked>, section: HeaderSection, endStream: boolean): void {
    const request = requestOf(section, endStream);
    if (!request) {
      this.#connection.reset(stream, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    stream.owner = {
      request,
      waiting: [],
      waitingBytes: 0,
      trailers: undefined,
      isSent: endStream,
      upstream: undefined,
      unreturned: 0,
    };
    this.#waiting.add(stream);
    this.#assign();
  }

  /** Gives connections to requests that wait for one. */
  #assign(): void {
    for (const stream of this.#waiting) {
      const upstream = this.#free();
      if (!upstream || !stream.owner) return;
      this.#waiting.delete(stream);
      this.#ask(stream, stream.owner, upstream);
    }
  }

  #free(): Upstream | undefined {
    for (const upstream of this.#upstreams) if (!upstream.stream) return upstream;
    if (this.#isOver || this.#upstreams.size >= this.#options.maxConnections) return undefined;
    const line = this.#options.open((): boolean => this.isOwed(line));
    return this.#add(line);
  }

  #ask(stream: Http2Stream<Asked>, asked: Asked, upstream: Upstream): void {
    upstream.stream = stream;
    upstream.hasAnswered = false;
    upstream.trailers = undefined;
    asked.upstream = upstream;
    upstream.responses.expect(asked.request.method);
    upstream.line.write(asked.request.head);
    for (const data of asked.waiting) this.#say(asked, upstream, data);
    asked.unreturned += asked.waitingBytes;
    asked.waiting = [];
    asked.waitingBytes = 0;
    if (asked.isSent) this.#sayEnd(asked, upstream);
    this.#returnRoom(upstream);
  }

  #data(stream: Http2Stream<Asked>, data: Uint8Array, endStream: boolean): void {
    const { owner: asked } = stream;
    if (!asked || !this.#isKnown(stream, asked)) {
      this.#connection.consumed(stream, data.length);
      return;
    }
    if (endStream) asked.isSent = true;
    const { upstream } = asked;
    if (!upstream) {
      asked.waiting.push(new Uint8Array(data));
      asked.waitingBytes += data.length;
      return;
    }
    this.#say(asked, upstream, data);
    asked.unreturned += data.length;
    if (endStream) this.#sayEnd(asked, upstream);
    this.#returnRoom(upstream);
  }

  #isKnown(stream: Http2Stream<Asked>, { upstream }: Asked): boolean {
    return upstream ? upstream.stream === stream : this.#waiting.has(stream);
  }

  #say({ request }: Asked, { line }: Upstream, data: Uint8Array): void {
    // Lines may keep what they are given until it has gone.
    if (data.length > 0) line.write(request.isChunked ? encodeChunk(data) : new Uint8Array(data));
  }

  #sayEnd({ request, trailers }: Asked, { line }: Upstream): void {
    if (request.isChunked) line.write(encodeHead("0", trailers?.fields ?? []));
  }

  #requestEnd(asked: Asked, section: HeaderSection): void {
    asked.trailers = section;
    asked.isSent = true;
    if (asked.upstream) this.#sayEnd(asked, asked.upstream);
  }

  #returnRoom({ line, stream }: Upstream): void {
    const asked = stream?.owner;
    if (!stream || !asked || asked.unreturned === 0 || line.needsDrain) return;
    const bytes = asked.unreturned;
    asked.unreturned = 0;
    this.#connection.consumed(stream, bytes);
    this.#flush();
  }

  /** The client does not want the answer any more. */
  #cancel(stream: Http2Stream<Asked>): void {
    this.#waiting.delete(stream);
    const upstream = stream.owner?.upstream;
    if (upstream?.stream !== stream) return;
    upstream.stream = undefined;
    this.#close(upstream);
    this.#assign();
  }

  #items(upstream: Upstream, items: readonly ResponseItem[]): void {
    for (const item of items) {
      const { stream } = upstream;
      // What nobody has asked for.
      if (!stream) {
        if (item.kind !== "end") this.#close(upstream);
        return;
      }
      switch (item.kind) {
        case "interim":
          if (item.status !== 101) this.#connection.respond(stream, responseToHttp2(item), false);
          break;
        case "head":
          this.#head(upstream, stream, item);
          break;
        case "body":
          this.#connection.data(stream, item.data);
          if (stream.queuedBytes > maxWaitingBytes) upstream.line.setPaused(true);
          break;
        case "trailers":
          upstream.trailers = trailersToHttp2(item.headers);
          break;
        case "end":
          this.#answered(upstream, stream);
          break;
        case "malformed":
        case "opaque":
          this.#lose(upstream, ErrorCode.INTERNAL_ERROR);
          return;
        default:
          item satisfies never;
      }
    }
  }

  #head(upstream: Upstream, stream: Http2Stream<Asked>, head: ResponseHead): void {
    upstream.hasAnswered = true;
    upstream.keepsAlive = head.keepAlive;
    this.#connection.respond(stream, responseToHttp2(head), head.framing.kind === "none");
  }

  #answered(upstream: Upstream, stream: Http2Stream<Asked>): void {
    const { trailers } = upstream;
    this.#connection.end(stream, trailers ? { kind: "trailers", section: trailers } : { kind: "end" });
    upstream.stream = undefined;
    if (!upstream.keepsAlive || stream.owner?.isSent === false) this.#close(upstream);
    this.#assign();
  }

  /** The upstream's connection is over, or is of no use any more. */
  #lose(upstream: Upstream, code: number): void {
    if (!this.#upstreams.has(upstream)) return;
    const { stream } = upstream;
    upstream.stream = undefined;
    this.#close(upstream);
    if (stream) this.#connection.end(stream, { kind: "reset", code });
    this.#flush();
    this.#assign();
  }

  #close(upstream: Upstream): void {
    if (!this.#upstreams.delete(upstream)) return;
    upstream.line.listen(silentEars);
    upstream.line.destroy();
  }

  #flush(): void {
    const { port } = this.#options;
    for (
      let out = this.#connection.take(!this.#isPaused);
      out.length > 0;
      out = this.#connection.take(!this.#isPaused)
    )
      port.data(out);
  }
}
