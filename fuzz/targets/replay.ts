/** A replay's client, whatever it says in either version of HTTP: answers that it can read, and nothing left behind its end. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { LENIENT_RESPONSES, ResponseReader } from "@faultwire/http1";
import {
  CONNECTION_PREFACE,
  FrameReader,
  FrameType,
  HpackDecoder,
  HpackEncoder,
  writeData,
  writeHeaders,
  writeRstStream,
  writeSettings,
  writeWindowUpdate,
} from "@faultwire/http2";
import { manualTimers } from "@faultwire/testkit/manual-timers";
import type { Answering } from "../../packages/recordings/src/answering.ts";
import { Http2ReplayConnection } from "../../packages/recordings/src/http2-replay-connection.ts";
import { HeldExchanges, type Recording, Recordings } from "../../packages/recordings/src/index.ts";
import { ReplayConnection } from "../../packages/recordings/src/replay-connection.ts";
import { exchange } from "../../packages/recordings/test/support/exchange.ts";
import { deed, deedsOf, script } from "../contract/script.ts";
import { chunked, holds, type Target } from "../contract/target.ts";

/** As much of a socket as a replay asks for; what is written waits for a client that reads nothing. */
class FakeSocket extends EventEmitter {
  readonly out: Buffer[] = [];
  destroyed = false;
  writableEnded = false;
  writableNeedDrain = false;
  readsOn = true;
  isPaused = false;
  readonly #waiting: Uint8Array[] = [];

  setTimeout(_ms: number, _told?: () => void): this {
    return this;
  }
  pause(): this {
    this.isPaused = true;
    return this;
  }
  resume(): this {
    this.isPaused = false;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.says(next);
    return this;
  }
  write(bytes: string | Uint8Array): boolean {
    holds(!this.writableEnded, "nothing is written behind the end");
    this.out.push(Buffer.from(bytes as Uint8Array));
    this.writableNeedDrain = !this.readsOn;
    return this.readsOn;
  }
  end(bytes?: Uint8Array): this {
    if (bytes) this.write(bytes);
    this.writableEnded = true;
    return this;
  }
  destroy(): this {
    if (!this.destroyed) {
      this.destroyed = true;
      this.emit("close");
    }
    return this;
  }
  says(bytes: Uint8Array): void {
    if (this.destroyed) return;
    if (this.isPaused) {
      this.#waiting.push(bytes.slice());
      return;
    }
    this.emit("data", bytes);
    bytes.fill(0);
  }
  reads(readsOn: boolean): void {
    this.readsOn = readsOn;
    if (!readsOn || !this.writableNeedDrain) return;
    this.writableNeedDrain = false;
    this.emit("drain");
  }
}

const streamed: Recording = {
  ...exchange("{}", "", "/streamed"),
  response: {
    frames: [
      {
        kind: "headers",
        atMs: 1,
        fields: [
          [":status", "103"],
          ["link", "a"],
        ],
        end: false,
      },
      { kind: "headers", atMs: 5, fields: [[":status", "200"]], end: false },
      { kind: "data", atMs: 9, bytes: Buffer.from("hello "), end: false },
      { kind: "data", atMs: 30, bytes: Buffer.alloc(70_000, "x"), end: false },
      { kind: "headers", atMs: 31, fields: [["x-last", "1"]], end: true },
    ],
    end: "open",
  },
};
const chunks =
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\nX-T: u\r\n\r\n";
const wire = (target: string, text: string, end: "open" | "fin" | "reset"): Recording => ({
  ...exchange("", "", target),
  response: { parts: [{ atMs: 3, bytes: Buffer.from(text, "latin1") }], end },
});
const recordings: readonly Recording[] = [
  exchange("{}", "an answer"),
  exchange("{}", "another answer"),
  streamed,
  wire("/chunks", chunks, "open"),
  wire("/cut", chunks.slice(0, 80), "reset"),
  wire("/end", "HTTP/1.1 200 OK\r\n\r\nto the end", "fin"),
  {
    ...streamed,
    request: { ...streamed.request, method: "GET", target: "/reset", body: new Uint8Array(0) },
    response: { frames: [{ kind: "reset", atMs: 2, code: 7 }], end: "open" },
  },
];

/** What the client got is responses one after the other, the last of them perhaps broken off. */
function checkWire(bytes: Buffer): void {
  const reader = new ResponseReader({ maxOutstandingRequests: 500 }, LENIENT_RESPONSES);
  for (let answer = 0; answer < 500; answer++) reader.expect("POST");
  const items = [...reader.push(bytes), ...reader.finish()];
  const bad = items.find((item) => item.kind === "malformed" && item.code !== "truncated");
  holds(bad === undefined, `what the client gets is HTTP/1.1: ${bytes.toString("latin1").slice(0, 300)}`);
}

function checkFrames(bytes: Buffer): void {
  const reader = new FrameReader(16_384);
  const decoder = new HpackDecoder({ maxListBytes: 100_000 });
  const ended = new Set<number>();
  for (const { type, flags, streamId, payload } of reader.push(bytes)) {
    if (type !== FrameType.HEADERS && type !== FrameType.DATA) {
      if (type === FrameType.RST_STREAM) ended.add(streamId);
      continue;
    }
    holds(!ended.has(streamId), `stream ${streamId} says nothing behind its end`);
    if (type === FrameType.HEADERS) decoder.decode(payload);
    if ((flags & 1) !== 0) ended.add(streamId);
  }
}

const asks = (id: number, target: string, body: string | null): Uint8Array =>
  Buffer.concat([
    writeHeaders(
      id,
      new HpackEncoder().encode([
        [":method", "POST"],
        [":scheme", "http"],
        [":authority", "api.test"],
        [":path", target],
      ]),
      body === null,
    ),
    ...(body === null ? [] : [writeData(id, Buffer.from(body), true)]),
  ]);
const greeting = Buffer.concat([CONNECTION_PREFACE, writeSettings([]), writeWindowUpdate(0, 1_000_000)]);
const post = (target: string, body = "{}"): string =>
  `POST ${target} HTTP/1.1\r\nHost: api.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

export const target: Target = {
  maxBytes: 2500,
  maxSteps: 4_000_000,
  words: [
    "\xf7\x00",
    "\xf7\x04",
    "\xf7\x05",
    post("/v1/messages"),
    "/streamed",
    "/chunks",
    "/cut",
    "/end",
    "/reset",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "HEAD ",
    Buffer.from(asks(3, "/cut", "")).toString("latin1"),
    Buffer.from(writeRstStream(1, 8)).toString("latin1"),
    Buffer.from(writeWindowUpdate(1, 70_000)).toString("latin1"),
  ],
  seeds: () => [
    script([0, 0], deed(0, 0, post("/v1/messages") + post("/v1/messages") + post("/streamed")), deed(4, 6)),
    script([0, 1], deed(0, 0, post("/chunks", "") + post("/end", "")), deed(4, 3)),
    script([0, 2], deed(0, 0, post("/cut", "")), deed(4, 2), deed(0, 0, post("/chunks", ""))),
    script(
      [0, 0],
      deed(0, 0, post("/end", "")),
      deed(4, 2),
      deed(0, 0, post("/chunks", "") + post("/v1/messages")),
    ),
    script([0, 0], deed(0, 0, `${post("/v1/messages")}no request\r\n\r\n`), deed(4, 3)),
    script([0, 2], deed(0, 0, post("/cut", "")), deed(4, 3), deed(0, 0, post("/none"))),
    script([0, 0], deed(5, 0), deed(0, 0, post("/streamed").repeat(3)), deed(4, 6), deed(5, 7)),
    script([0, 0], deed(0, 0, "HEAD /reset HTTP/1.1\r\nHost: api.test\r\n\r\n"), deed(4, 3)),
    script(
      [1, 0],
      deed(0, 0, Buffer.concat([greeting, asks(1, "/v1/messages", "{}"), asks(3, "/streamed", "{}")])),
      deed(4, 6),
    ),
    script(
      [1, 1],
      deed(0, 0, Buffer.concat([greeting, asks(1, "/cut", null), asks(3, "/reset", null)])),
      deed(4, 6),
    ),
    script(
      [1, 0],
      deed(0, 0, Buffer.concat([greeting, asks(1, "/streamed", "{}")])),
      deed(4, 4),
      deed(0, 0, writeRstStream(1, 8)),
      deed(5),
      deed(4, 6),
    ),
    script(
      [1, 2],
      deed(0, 0, Buffer.concat([greeting, asks(1, "/end", null), asks(3, "/chunks", null)])),
      deed(4, 6),
    ),
  ],
  run(input) {
    const [version = 0, cut = 0] = input;
    const timers = manualTimers();
    const socket = new FakeSocket();
    const held = new HeldExchanges(cut > 127 ? 300 : 1_000_000);
    const answering: Answering = {
      ...{ recordings: new Recordings(recordings), speed: 1, now: timers.now, after: timers.after },
      ...{ log: () => {}, unreached: () => {}, held, pass: undefined, markHeader: undefined },
    };
    const options = {
      ...answering,
      ...{ socket: socket as unknown as Socket, scheme: "http" as const, reset: () => socket.destroy() },
    };
    const isHttp2 = (version & 1) === 1;
    if (isHttp2) new Http2ReplayConnection(options);
    else new ReplayConnection(options);
    for (const { what, how, bytes } of deedsOf(input.subarray(2))) {
      if (what === 4) timers.advance([1, 3, 10, 100, 1000, 5, 10_000, 0][how] ?? 1);
      else if (what === 5) socket.reads(how > 3);
      else for (const chunk of chunked(bytes, cut & 127)) socket.says(chunk);
    }
    socket.reads(true);
    timers.advance(1_000_000);
    const out = Buffer.concat(socket.out);
    if (isHttp2) checkFrames(out);
    // The answer to a HEAD has no body; the reader here does not know which answer that is.
    else if (!/HEAD/i.test(Buffer.from(input).toString("latin1"))) checkWire(out);
    socket.destroy();
    holds(timers.armed === 0, "no timer stays behind the client");
    holds(held.bytes === 0, `${held.bytes} bytes are held behind the client`);
  },
};
