/** HTTP/1.1 is spoken here, and the upstream has HTTP/2: one request after the other, each a stream. */
import type { EndKind } from "@faultwire/fault-session";
import {
  encodeChunk,
  encodeHead,
  type Header,
  type RequestHead,
  type RequestItem,
  RequestReader,
} from "@faultwire/http1";
import {
  ErrorCode,
  fieldValue,
  type HeaderSection,
  Http2Connection,
  type Http2Stream,
  requestToHttp2,
  responseToHttp1,
  sectionOf,
  trailersToHttp2,
} from "@faultwire/http2";
import type { Line } from "@faultwire/lines";
import { maxWaitingBytes, type Translator, type TranslatorPort } from "./translator.ts";

interface Asked {
  readonly head: RequestHead;
  /** All of the request has been read. */
  isSent: boolean;
  trailers: HeaderSection | undefined;
  /** How the body of the response goes, once its head has gone. */
  body: "none" | "plain" | "chunked" | undefined;
  isAnswered: boolean;
}

export class Http1OverHttp2 implements Translator {
  readonly #line: Line;
  readonly #scheme: string;
  readonly #port: TranslatorPort;
  readonly #reader = new RequestReader();
  readonly #connection: Http2Connection<Asked>;
  #items: RequestItem[] = [];
  #stream: Http2Stream<Asked> | undefined;
  #isPaused = false;
  /** Bytes of the response that have gone on while that was not wanted; their room is given back later. */
  #unreturned = 0;
  /** The upstream takes no more requests. */
  #isLeaving = false;
  #isOver = false;

  /** @param line - To the upstream; whoever owns it gives what comes to {@link heard}. */
  constructor(line: Line, scheme: string, now: () => number, port: TranslatorPort) {
    this.#line = line;
    this.#scheme = scheme;
    this.#port = port;
    this.#connection = new Http2Connection<Asked>({
      role: "client",
      now,
      handler: {
        headers: (stream, kind, section, endStream) => {
          if (stream !== this.#stream) return;
          if (kind === "interim") this.#interim(section);
          else if (kind === "response") this.#head(stream, section, endStream);
          else this.#responseEnd(section);
        },
        data: (stream, data, endStream) => this.#data(stream, data, endStream),
        reset: (stream) => {
          if (stream === this.#stream && !stream.owner?.isAnswered) this.#break();
        },
        drained: () => port.drained(),
        goaway: () => {
          this.#isLeaving = true;
          if (!this.#stream) this.#ended("fin");
        },
        failed: () => this.#break(),
      },
    });
    this.#flush();
  }

  get needsDrain(): boolean {
    return this.#line.needsDrain || this.waitingBytes > maxWaitingBytes;
  }
  get waitingBytes(): number {
    let bytes = this.#line.waitingBytes + (this.#stream?.queuedBytes ?? 0);
    for (const item of this.#items) bytes += item.bytes.length;
    return bytes;
  }

  write(bytes: Uint8Array): void {
    // Parts of it wait for windows, and for the response before.
    this.#items.push(...this.#reader.push(new Uint8Array(bytes)));
    this.#work();
  }

  /** What the upstream has said. */
  heard(bytes: Uint8Array): void {
    this.#connection.push(bytes);
    this.#flush();
  }

  /** The upstream has ended. */
  upstreamEnded(how: EndKind): void {
    this.#ended(this.#stream && !this.#stream.owner?.isAnswered ? "reset" : how);
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused || this.#unreturned === 0) return;
    if (this.#stream) this.#connection.consumed(this.#stream, this.#unreturned);
    this.#unreturned = 0;
    this.#flush();
  }

  end(how: EndKind): void {
    this.#line.end(how);
  }
  destroy(): void {
    this.#isOver = true;
    this.#line.destroy();
  }

  #work(): void {
    for (let [item] = this.#items; item && !this.#isOver; [item] = this.#items) {
      if (item.kind === "head") {
        if (this.#stream || this.#isLeaving) break;
        this.#ask(item);
      } else if (this.#stream) this.#rest(this.#stream, item);
      this.#items.shift();
    }
    this.#flush();
  }

  #ask(head: RequestHead): void {
    const asked: Asked = {
      head,
      isSent: false,
      trailers: undefined,
      body: undefined,
      isAnswered: false,
    };
    this.#unreturned = 0;
    const section = requestToHttp2(head, this.#scheme);
    this.#stream = this.#connection.request(section, head.framing.kind === "none", asked);
  }

  #rest(stream: Http2Stream<Asked>, item: RequestItem): void {
    const asked = stream.owner;
    if (!asked) return;
    if (item.kind === "body") this.#connection.data(stream, item.data);
    else if (item.kind === "trailers") asked.trailers = trailersToHttp2(item.headers);
    else if (item.kind === "end") {
      asked.isSent = true;
      const { trailers } = asked;
      if (asked.head.framing.kind !== "none")
        this.#connection.end(stream, trailers ? { kind: "trailers", section: trailers } : { kind: "end" });
      if (asked.isAnswered) this.#next();
    } else this.#break();
  }

  #interim(section: HeaderSection): void {
    if (this.#stream?.owner?.head.version === "1.1") this.#port.data(responseToHttp1(section, []));
  }

  #head(stream: Http2Stream<Asked>, section: HeaderSection, endStream: boolean): void {
    const { owner: asked } = stream;
    if (!asked) return;
    const status = fieldValue(section.fields, ":status") ?? "";
    const isHead = asked.head.method === "HEAD";
    const isBodiless = isHead || status === "204" || status === "304";
    const hasLength = fieldValue(section.fields, "content-length") !== undefined;
    const isOld = asked.head.version === "1.0";
    const more: Header[] = [];
    // As a response to GET would say it: a client that finds neither takes the connection's end for the response's.
    if (isHead && !hasLength && !isOld && status !== "204" && status !== "304")
      more.push(["transfer-encoding", "chunked"]);
    if (isBodiless) asked.body = "none";
    else if (hasLength || isOld) asked.body = "plain";
    else if (endStream) {
      asked.body = "none";
      more.push(["content-length", "0"]);
    } else {
      asked.body = "chunked";
      more.push(["transfer-encoding", "chunked"]);
    }
    if (isOld) more.push(["connection", "close"]);
    this.#port.data(responseToHttp1(section, more));
    if (endStream) this.#responseEnd(undefined);
  }

  #data(stream: Http2Stream<Asked>, data: Uint8Array, endStream: boolean): void {
    const { owner: asked } = stream;
    if (stream !== this.#stream || !asked) {
      this.#connection.consumed(stream, data.length);
      return;
    }
    if (data.length > 0 && asked.body !== "none")
      this.#port.data(asked.body === "chunked" ? encodeChunk(data) : data);
    if (this.#isPaused) this.#unreturned += data.length;
    else this.#connection.consumed(stream, data.length);
    if (endStream) this.#responseEnd(undefined);
  }

  #responseEnd(trailers: HeaderSection | undefined): void {
    const asked = this.#stream?.owner;
    if (!asked) return;
    asked.isAnswered = true;
    if (asked.body === "chunked") this.#port.data(encodeHead("0", (trailers ?? sectionOf([])).fields));
    if (asked.head.version === "1.0") this.#ended("fin");
    else if (asked.isSent) this.#next();
  }

  /** The next request may be asked. */
  #next(): void {
    this.#stream = undefined;
    if (this.#isLeaving) this.#ended("fin");
    else if (this.#items[0]?.kind === "head") this.#work();
  }

  /** A response that can't be ended in order. */
  #break(): void {
    const stream = this.#stream;
    if (stream) this.#connection.reset(stream, ErrorCode.CANCEL);
    this.#ended("reset");
  }

  #ended(how: EndKind): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#flush();
    this.#port.ended(how);
  }

  #flush(): void {
    for (let out = this.#connection.take(); out.length > 0; out = this.#connection.take())
      this.#line.write(out);
  }
}
