/** A client of HTTP/2 that shows each frame that it gets: what it says is written by hand, and it answers nothing by itself. */
import type { Duplex } from "node:stream";
import {
  CONNECTION_PREFACE,
  type Frame,
  FrameFlag,
  FrameReader,
  FrameType,
  HpackDecoder,
  HpackEncoder,
  readGoaway,
  readSettings,
  readUint32,
  type Setting,
  writeData,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "@faultwire/http2";
import { expect } from "vitest";

const typeNames = new Map<number, string>(Object.entries(FrameType).map(([name, type]) => [type, name]));
/** Frames larger than any that a fault makes are still read. */
const maxFrameBytes = 8_388_608;

export class RawHttp2 {
  readonly frames: Frame[] = [];
  /** Header sections in the order in which they came. */
  readonly sections: (readonly (readonly [string, string])[])[] = [];
  hasEnded = false;
  readonly #socket: Duplex;
  readonly #reader = new FrameReader(maxFrameBytes);
  readonly #decoder = new HpackDecoder();
  readonly #encoder = new HpackEncoder();
  #nextId = 1;

  constructor(socket: Duplex, settings: readonly Setting[] = []) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("end", () => {
      this.hasEnded = true;
    });
    socket.on("close", () => {
      this.hasEnded = true;
    });
    socket.write(Buffer.concat([CONNECTION_PREFACE, writeSettings(settings)]));
  }

  /** Each frame in short: `HEADERS 1 end`, `RST_STREAM 1 REFUSED…` by its number, `DATA 1 5`. */
  get lines(): string[] {
    return this.frames.map((frame) => lineOf(frame));
  }
  /** The same, without what each connection begins with. */
  get said(): string[] {
    return this.lines.filter((line) => !/^(SETTINGS|WINDOW_UPDATE)/.test(line));
  }
  /** Bytes of DATA on a stream. */
  dataOf(streamId: number): string {
    const parts = this.frames.filter(({ type, streamId: on }) => type === FrameType.DATA && on === streamId);
    return Buffer.concat(parts.map(({ payload }) => payload)).toString("latin1");
  }

  /** Asks; `null` leaves the request open. @returns the stream's number. */
  ask(path = "/", body: string | null = "", fields: readonly (readonly [string, string])[] = []): number {
    const id = this.#nextId;
    this.#nextId += 2;
    const block = this.#encoder.encode([
      [":method", body === "" ? "GET" : "POST"],
      [":scheme", "https"],
      [":authority", "api.test"],
      [":path", path],
      ...fields,
    ]);
    this.#socket.write(writeHeaders(id, block, body === ""));
    if (body) this.send(writeData(id, Buffer.from(body), true));
    return id;
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }
  ping(text: string): void {
    this.send(writePing(Buffer.from(text), false));
  }
  /** So many bytes of a request's body, in frames of 16 KiB at the most. */
  data(streamId: number, bytes: number): void {
    for (let left = bytes; left > 0; left -= 16_384)
      this.send(writeData(streamId, new Uint8Array(Math.min(left, 16_384))));
  }
  reset(streamId: number, code: number): void {
    this.send(writeRstStream(streamId, code));
  }
  /** Acknowledges the SETTINGS that have come. */
  acknowledge(): void {
    this.send(writeSettingsAck());
  }
  /** Answers the PING that came last. */
  answerPing(): void {
    const ping = this.frames.findLast(
      ({ type, flags }) => type === FrameType.PING && !(flags & FrameFlag.ACK),
    );
    if (ping) this.send(writePing(ping.payload, true));
  }
  /** Room for responses, more than any test needs. */
  openWindows(streamId: number): void {
    this.send(Buffer.concat([writeWindowUpdate(0, 1_000_000), writeWindowUpdate(streamId, 1_000_000)]));
  }

  /** Waits for a frame, in the words of {@link lines}. */
  async until(line: string | RegExp): Promise<void> {
    const isSo = (text: string): boolean => (typeof line === "string" ? text === line : line.test(text));
    await expect.poll(() => this.lines.some(isSo), { timeout: 5000 }).toBe(true);
  }
  /** All of the server's frames so far have come: it has answered a PING. */
  async settle(): Promise<void> {
    this.ping("settled!");
    await this.until("PING ack settled!");
  }

  #take(chunk: Buffer): void {
    for (const frame of this.#reader.push(chunk)) {
      this.frames.push({ ...frame, payload: new Uint8Array(frame.payload) });
      if (frame.type === FrameType.HEADERS) this.sections.push(this.#decoder.decode(frame.payload).fields);
    }
  }
}

function lineOf({ type, flags, streamId, payload }: Frame): string {
  const name = typeNames.get(type) ?? String(type);
  const end = flags & FrameFlag.END_STREAM ? " end" : "";
  switch (type) {
    case FrameType.DATA:
      return `DATA ${streamId} ${payload.length}${end}`;
    case FrameType.HEADERS:
      return `HEADERS ${streamId}${end}`;
    case FrameType.RST_STREAM:
      return `RST_STREAM ${streamId} ${readUint32(payload, 0)}`;
    case FrameType.GOAWAY: {
      const { lastStreamId, code, debugData } = readGoaway(payload);
      const words = Buffer.from(debugData).toString();
      return `GOAWAY ${lastStreamId} ${code}${words === "" ? "" : ` ${words}`}`;
    }
    case FrameType.SETTINGS:
      return flags & FrameFlag.ACK
        ? "SETTINGS ack"
        : `SETTINGS ${readSettings(payload)
            .map(([id, value]) => `${id}=${value}`)
            .join(" ")}`;
    case FrameType.PING:
      return payload.length === 8
        ? `PING${flags & FrameFlag.ACK ? " ack" : ""} ${Buffer.from(payload).toString("latin1")}`
        : `PING of ${payload.length}`;
    case FrameType.WINDOW_UPDATE:
      return `WINDOW_UPDATE ${streamId} ${readUint32(payload, 0)}`;
    default:
      return `${name} ${streamId}`;
  }
}
