/** A connection of ours and a peer that says frames, one by one, whatever they are. */
import {
  CONNECTION_PREFACE,
  type Frame,
  FrameReader,
  FrameType,
  type HpackEncoder,
  Http2Connection,
  type Http2Handler,
  type Http2Limits,
  readGoaway,
  readUint32,
  type Setting,
  writeHeaders,
  writeSettings,
} from "@faultwire/http2";
import { handlerOf } from "./wired.ts";

export interface Told {
  readonly what: string[];
  /** Codes of RST_STREAM frames that came, by stream. */
  readonly resets: Map<number, number>;
  goaway: number | undefined;
  readonly frames: Frame[];
}

/** What the peer has been told, and a way to tell it something. */
export interface Peer {
  readonly connection: Http2Connection<string>;
  readonly told: Told;
  readonly say: (...frames: readonly Uint8Array[]) => Told;
  readonly advance: (ms: number) => void;
}

/** A request's header block, by an encoder of the peer's. */
export function requestBlock(encoder: HpackEncoder, fields: readonly [string, string][] = []): Uint8Array {
  return encoder.encode([
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", "origin.test"],
    [":path", "/"],
    ...fields,
  ]);
}

export function peerOf(role: "client" | "server", limits: Partial<Http2Limits> = {}, isGreeted = true): Peer {
  let nowMs = 0;
  const told: Told = { what: [], resets: new Map(), goaway: undefined, frames: [] };
  const connection: Http2Connection<string> = new Http2Connection<string>({
    role,
    limits,
    now: () => nowMs,
    handler: handlerOf<string>({
      headers: (stream, kind, { fields }, endStream) =>
        told.what.push(`${kind} ${stream.id} ${fields.length}${endStream ? " end" : ""}`),
      data: (stream, data, endStream) => {
        told.what.push(`data ${stream.id} ${data.length}${endStream ? " end" : ""}`);
        connection.consumed(stream, data.length);
      },
      reset: (stream, code, isOurs) => told.what.push(`reset ${stream.id} ${code}${isOurs ? " ours" : ""}`),
      failed: ({ code }) => told.what.push(`failed ${code}`),
    }),
  });
  const reader = new FrameReader(0xff_ffff);
  const hear = (): void => {
    const said = connection.take();
    const isPreface = role === "client" && told.frames.length === 0;
    for (const frame of reader.push(isPreface ? said.subarray(CONNECTION_PREFACE.length) : said)) {
      told.frames.push({ ...frame, payload: new Uint8Array(frame.payload) });
      if (frame.type === FrameType.RST_STREAM) told.resets.set(frame.streamId, readUint32(frame.payload, 0));
      if (frame.type === FrameType.GOAWAY) told.goaway = readGoaway(frame.payload).code;
    }
  };
  const say = (...frames: readonly Uint8Array[]): Told => {
    for (const frame of frames) connection.push(frame);
    hear();
    return told;
  };
  if (isGreeted && role === "server") say(CONNECTION_PREFACE, writeSettings([]));
  if (isGreeted && role === "client") say(writeSettings([]));
  const advance = (ms: number): void => {
    nowMs += ms;
  };
  return { connection, told, say, advance };
}

/** Says a request, whole. */
export function requestOn(
  streamId: number,
  encoder: HpackEncoder,
  endStream = true,
  fields: readonly [string, string][] = [],
): Uint8Array {
  return writeHeaders(streamId, requestBlock(encoder, fields), endStream);
}

/** A connection of ours to a peer that has greeted with these settings and heard our first words, without a peer behind it. */
export function greeted(
  role: "client" | "server",
  ears: Partial<Http2Handler<string>> = {},
  settings: readonly Setting[] = [],
  limits: Partial<Http2Limits> = {},
): Http2Connection<string> {
  const connection = new Http2Connection<string>({ role, limits, now: () => 0, handler: handlerOf(ears) });
  if (role === "server") connection.push(CONNECTION_PREFACE);
  connection.push(writeSettings(settings));
  connection.take();
  return connection;
}

const typeNames = Object.keys(FrameType);

/** Frames in words: type, stream, flags, bytes of the payload. */
export function framesOf(bytes: Uint8Array): string[] {
  return new FrameReader(0xff_ffff)
    .push(bytes)
    .map(({ type, streamId, flags, payload }) => `${typeNames[type]} ${streamId} ${flags} ${payload.length}`);
}
