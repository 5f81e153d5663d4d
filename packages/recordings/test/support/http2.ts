/** A connection of HTTP/2 with two ends in memory, which a tap hears, and a client of a replay. */
import type { Socket } from "node:net";
import type { Header } from "@faultwire/http1";
import { Http2Connection, type Http2Stream, sectionOf } from "@faultwire/http2";
import type { RecordedExchange, RecordedStream } from "../../src/index.ts";
import {
  type ConnectionTap,
  Http2ExchangeTap,
  type LeftReason,
  type RecordedFrame,
} from "../../src/index.ts";

export type Http2Exchange = RecordedExchange<RecordedStream>;

/** What was heard of a stream, without times. */
export type SaidFrame =
  | Omit<Extract<RecordedFrame, { kind: "headers" }>, "atMs">
  | Omit<Extract<RecordedFrame, { kind: "data" }>, "atMs">
  | Omit<Extract<RecordedFrame, { kind: "reset" }>, "atMs">;

export function withoutTime(frame: RecordedFrame): SaidFrame {
  const { atMs: _atMs, ...rest } = frame;
  return rest;
}

/** A client and a server; all that goes between them is heard. */
export class Http2TapRig {
  nowMs = 1000;
  readonly recorded: Http2Exchange[] = [];
  readonly left: LeftReason[] = [];
  readonly tap: ConnectionTap;
  readonly client: Http2Connection<string>;
  readonly server: Http2Connection<string>;
  readonly asked: Http2Stream<string>[] = [];
  /** How what goes either way is cut. */
  cut: (bytes: Uint8Array) => readonly Uint8Array[] = (bytes) => [bytes];

  constructor(tap?: ConnectionTap) {
    const now = (): number => this.nowMs;
    this.tap =
      tap ??
      new Http2ExchangeTap({
        ...{ scheme: "https", host: "api.test", now },
        wallNow: () => Date.UTC(2026, 10, 29) + this.nowMs,
        recorded: (exchange, letGo) => {
          this.recorded.push(exchange);
          letGo();
        },
        left: (reason) => this.left.push(reason),
      });
    const silent = { headers: () => {}, data: () => {}, reset: () => {}, failed: () => {} };
    this.client = new Http2Connection<string>({
      ...{ role: "client", now },
      handler: {
        ...silent,
        data: (stream, data) => this.client.consumed(stream, data.length),
      },
    });
    this.server = new Http2Connection<string>({
      ...{ role: "server", now },
      handler: {
        ...silent,
        headers: (stream, kind) => {
          if (kind === "request") this.asked.push(stream);
        },
        data: (stream, data) => this.server.consumed(stream, data.length),
      },
    });
  }

  /** Carries what waits, until nothing does. */
  flush(): void {
    for (let hasMoved = true; hasMoved; ) {
      hasMoved = false;
      for (let out = this.client.take(); out.length > 0; out = this.client.take()) {
        hasMoved = true;
        for (const bytes of this.cut(out)) this.tap.toUpstream(bytes);
        this.server.push(out);
      }
      for (let out = this.server.take(); out.length > 0; out = this.server.take()) {
        hasMoved = true;
        for (const bytes of this.cut(out)) this.tap.fromUpstream(bytes);
        this.client.push(out);
      }
    }
  }

  asks(body: Uint8Array, more: readonly Header[] = [], target = "/v1/x"): Http2Stream<string> {
    const fields: Header[] = [
      [":method", "POST"],
      [":scheme", "https"],
      [":authority", "API.test:443"],
      [":path", target],
      ...more,
    ];
    const stream = this.client.request(sectionOf(fields), body.length === 0);
    if (body.length > 0) {
      this.client.data(stream, body);
      this.client.end(stream);
    }
    this.flush();
    return stream;
  }

  /** The upstream says these frames on the stream that was asked last. */
  says(frames: readonly SaidFrame[]): void {
    const stream = this.asked.at(-1);
    if (stream) for (const frame of frames) sendFrame(this.server, stream, frame, () => this.flush());
  }
}

/** Sends a frame as it is. */
export function sendFrame(
  connection: Http2Connection<string>,
  stream: Http2Stream<string>,
  frame: SaidFrame,
  flush: () => void,
): void {
  if (frame.kind === "reset") connection.end(stream, { kind: "reset", code: frame.code });
  else if (frame.kind === "data") {
    connection.data(stream, frame.bytes);
    if (frame.end && frame.bytes.length === 0) flush();
    if (frame.end) connection.end(stream);
  } else if (frame.end && !frame.fields.some(([name]) => name === ":status"))
    connection.end(stream, { kind: "trailers", section: sectionOf(frame.fields) });
  else connection.respond(stream, sectionOf(frame.fields), frame.end);
  flush();
}

/** What a client of a replay hears on each of its streams. */
export class Http2ReplayClient {
  readonly #socket: Socket;
  readonly connection: Http2Connection<SaidFrame[]>;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.connection = new Http2Connection<SaidFrame[]>({
      ...{ role: "client", now: () => performance.now() },
      handler: {
        headers: (stream, _kind, section, end) =>
          stream.owner?.push({ kind: "headers", fields: [...section.fields], end }),
        data: (stream, data, end) => {
          stream.owner?.push({ kind: "data", bytes: new Uint8Array(data), end });
          this.connection.consumed(stream, data.length);
        },
        reset: (stream, code) => stream.owner?.push({ kind: "reset", code }),
        failed: () => {},
      },
    });
    socket.on("data", (bytes: Uint8Array) => {
      this.connection.push(bytes);
      this.#flush();
    });
    socket.on("error", () => {});
  }

  #flush(): void {
    for (let out = this.connection.take(); out.length > 0; out = this.connection.take())
      this.#socket.write(out);
  }

  asks(fields: readonly Header[], body: Uint8Array): SaidFrame[] {
    const heard: SaidFrame[] = [];
    const stream = this.connection.request(sectionOf(fields), body.length === 0, heard);
    if (body.length > 0) {
      this.connection.data(stream, body);
      this.connection.end(stream);
    }
    this.#flush();
    return heard;
  }
}

export const isOver = (frames: readonly SaidFrame[]): boolean => {
  const last = frames.at(-1);
  return last !== undefined && (last.kind === "reset" || last.end);
};
