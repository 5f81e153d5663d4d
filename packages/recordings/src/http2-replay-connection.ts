/** One client of a replay that speaks HTTP/2: each stream gets the frames of what was recorded, at their times. */
import type { Socket } from "node:net";
import type { Header } from "@faultwire/http1";
import { fieldValue, Http2Connection, type Http2Stream, sectionOf } from "@faultwire/http2";
import { type Answering, answerTo, refusal, resetGapMs, tooMuchHeld } from "./answering.ts";
import { requestOfSection } from "./authority.ts";
import type { HeldExchange } from "./held-exchanges.ts";
import { joined } from "./joined.ts";
import { framesOf } from "./other-version.ts";
import type { RecordedResponse, RecordedStream } from "./recorded-exchange.ts";
import { recordingLimits } from "./recording-limits.ts";

export interface Http2ReplayConnectionOptions extends Answering {
  readonly socket: Socket;
  readonly scheme: "http" | "https";
  /** Breaks the client's connection (RST). */
  readonly reset: () => void;
}

/** A request on a stream. */
interface Asked extends HeldExchange {
  readonly fields: readonly Header[];
  readonly body: Uint8Array[];
  bodyBytes: number;
  isAnswered: boolean;
  cancel: () => void;
  /** Goes on with what the client had no room for. */
  goOn: (() => void) | undefined;
}

/** Bytes that may wait for the client on a stream. */
const maxWaitingBytes = 65_536;

export class Http2ReplayConnection {
  readonly #options: Http2ReplayConnectionOptions;
  readonly #connection: Http2Connection<Asked>;
  readonly #open: Set<Asked> = new Set();
  #isOver = false;
  #cancelReset = (): void => {};

  constructor(options: Http2ReplayConnectionOptions) {
    this.#options = options;
    const { socket, now } = options;
    this.#connection = new Http2Connection<Asked>({
      role: "server",
      now,
      handler: {
        headers: (stream, kind, section, endStream) => {
          if (kind === "request") this.#begin(stream, section.fields);
          if (endStream) this.#asked(stream);
        },
        data: (stream, data, endStream) => {
          this.#keep(stream, data);
          this.#connection.consumed(stream, data.length);
          if (endStream) this.#asked(stream);
        },
        reset: (stream) => this.#leave(stream.owner),
        drained: ({ owner }) => {
          const goOn = owner?.goOn;
          if (!owner || !goOn) return;
          owner.goOn = undefined;
          goOn();
        },
        failed: () => this.#end(),
      },
    });
    socket.setTimeout(recordingLimits.idleMs, () => {
      if (this.#open.size === 0) socket.destroy();
    });
    socket.on("data", (bytes: Uint8Array) => {
      if (this.#isOver) return;
      this.#connection.push(bytes);
      this.#flush();
    });
    socket.on("drain", () => this.#flush());
    socket.on("close", () => {
      this.#isOver = true;
      this.#cancelReset();
      for (const asked of this.#open) this.#leave(asked);
    });
    socket.on("error", () => {});
    this.#flush();
  }

  #begin(stream: Http2Stream<Asked>, fields: readonly Header[]): void {
    const asked: Asked = {
      ...{ fields, body: [], bodyBytes: 0, isAnswered: false, goOn: undefined, heldBytes: 0 },
      cancel: () => {},
      giveWay: () => this.#say(stream, asked, wireRefusal(503, tooMuchHeld)),
    };
    stream.owner = asked;
    this.#open.add(asked);
    this.#options.held.add(
      asked,
      fields.reduce((bytes, [name, value]) => bytes + name.length + value.length, 0),
    );
  }

  #keep(stream: Http2Stream<Asked>, data: Uint8Array): void {
    const { owner: asked } = stream;
    if (!asked || asked.isAnswered || data.length === 0) return;
    asked.bodyBytes += data.length;
    if (asked.bodyBytes > recordingLimits.maxRequestBytes) {
      const words = `the request's body has more than ${recordingLimits.maxRequestBytes} bytes`;
      this.#say(stream, asked, wireRefusal(413, words));
    } else if (this.#options.held.add(asked, data.length)) asked.body.push(new Uint8Array(data));
  }

  #asked(stream: Http2Stream<Asked>): void {
    const { owner: asked } = stream;
    if (!asked || asked.isAnswered) return;
    const { scheme } = this.#options;
    const request = requestOfSection(asked.fields, scheme, joined(asked.body));
    const { response } = answerTo(this.#options, request);
    if (response) this.#say(stream, asked, response);
  }

  #say(stream: Http2Stream<Asked>, asked: Asked, response: RecordedResponse): void {
    if (asked.isAnswered) return;
    asked.isAnswered = true;
    this.#options.held.release(asked);
    asked.body.length = 0;
    const method = fieldValue(asked.fields, ":method") ?? "";
    const stored = "frames" in response ? response : framesOf(response, method);
    this.#play(stream, asked, stored, 0, this.#options.now());
  }

  /** Says the frames from that one on, each at its time since the answer was begun. */
  #play(
    stream: Http2Stream<Asked>,
    asked: Asked,
    stored: RecordedStream,
    from: number,
    begunAtMs: number,
  ): void {
    const { speed, after, now } = this.#options;
    for (let number = from; !stream.isClosed; number++) {
      const frame = stored.frames[number];
      if (!frame) break;
      const waitMs = begunAtMs + frame.atMs / speed - now();
      if (waitMs > 0) {
        asked.cancel = after(waitMs, () => {
          this.#play(stream, asked, stored, number, begunAtMs);
          this.#flush();
        });
        return;
      }
      // Headers behind data wait for it: the connection sends them at once.
      if (stream.queuedBytes > (frame.kind === "data" ? maxWaitingBytes : 0) && !isEnding(frame)) {
        asked.goOn = () => this.#play(stream, asked, stored, number, begunAtMs);
        return;
      }
      if (frame.kind === "reset") this.#connection.end(stream, frame);
      else if (frame.kind === "data") {
        this.#connection.data(stream, frame.bytes);
        // An empty frame is one of its own.
        if (frame.end && frame.bytes.length === 0) this.#flush();
        if (frame.end) this.#connection.end(stream);
      } else if (frame.end && number > 0)
        this.#connection.end(stream, { kind: "trailers", section: sectionOf(frame.fields) });
      else this.#connection.respond(stream, sectionOf(frame.fields), frame.end);
      if (frame.kind === "reset" || frame.end) break;
    }
    this.#open.delete(asked);
    if (stored.end !== "open") this.#leaveClient(stored.end);
  }

  /** The upstream's connection ended in the middle of this stream. */
  #leaveClient(how: "fin" | "reset"): void {
    const { after, reset } = this.#options;
    this.#flush();
    if (how === "fin") this.#end();
    else this.#cancelReset = after(resetGapMs, reset);
  }

  #leave(asked: Asked | undefined): void {
    if (!asked) return;
    asked.cancel();
    asked.goOn = undefined;
    this.#options.held.release(asked);
    this.#open.delete(asked);
  }

  #end(): void {
    this.#flush();
    this.#isOver = true;
    this.#options.socket.end();
  }

  #flush(): void {
    const { socket } = this.#options;
    for (;;) {
      const hasRoom = !socket.writableNeedDrain;
      const out = this.#connection.take(hasRoom);
      if (out.length === 0 || socket.writableEnded || socket.destroyed) return;
      socket.write(out);
    }
  }
}

const isEnding = (frame: RecordedStream["frames"][number]): boolean =>
  frame.kind === "reset" || (frame.kind === "headers" && frame.end);

const wireRefusal = (status: number, message: string): RecordedResponse => ({
  parts: [{ atMs: 0, bytes: refusal("GET", status, "invalid_request_error", message) }],
  end: "open",
});
