/**
 * Listens to what is said to an upstream over one connection of HTTP/2, and to what it says, and gives the exchange of each stream
 * once it is over. A machine, as the one for HTTP/1.1: it sends nothing and changes nothing.
 */
import type { Header } from "@faultwire/http1";
import {
  CONNECTION_PREFACE,
  FrameFlag,
  FrameReader,
  FrameType,
  HpackDecoder,
  Http2Error,
  http2Limits,
  readContent,
  readGoaway,
  readUint32,
} from "@faultwire/http2";
import { requestOfSection } from "./authority.ts";
import type { ConnectionTap, LeftReason, TapOptions } from "./exchange-tap.ts";
import { type HeldExchange, HeldExchanges } from "./held-exchanges.ts";
import { joined } from "./joined.ts";
import type { RecordedEnd, RecordedExchange, RecordedFrame, RecordedStream } from "./recorded-exchange.ts";
import { recordingLimits } from "./recording-limits.ts";
import { streamFault } from "./stream-rules.ts";

type Frame = ReturnType<FrameReader["push"]>[number];

/** A stream that is under way. */
interface Going extends HeldExchange {
  readonly fields: readonly Header[];
  readonly recordedAt: string;
  readonly body: Uint8Array[];
  sentAtMs: number | undefined;
  frames: RecordedFrame[];
  /** The upstream has said all of its response. */
  isAnswered: boolean;
  hasData: boolean;
  bytes: number;
  isLeft: boolean;
}

/** Frames of one direction, and the table of its header sections. */
class Direction {
  readonly frames: FrameReader = new FrameReader(http2Limits.maxFrameBytes);
  readonly decoder: HpackDecoder = new HpackDecoder({ maxListBytes: http2Limits.maxHeaderListBytes });
  /** HEADERS whose CONTINUATION is still to come. */
  block: { readonly streamId: number; readonly isEnd: boolean; readonly pieces: Uint8Array[] } | undefined;
}

/**
 * Hears one connection. It never throws over what it hears; what it can't read it tells of once, and hears no more.
 *
 * @example
 * ```ts
 * const { now } = Date;
 * const tap = new Http2ExchangeTap({
 *   scheme: "https",
 *   host: "api.example.com",
 *   now,
 *   wallNow: now,
 *   recorded: ({ response }, letGo) => {
 *     console.log(response.frames.length, "frames");
 *     letGo();
 *   },
 *   left: (reason) => console.log("not recorded:", reason),
 * });
 * ```
 */
export class Http2ExchangeTap implements ConnectionTap {
  readonly #options: TapOptions<RecordedExchange<RecordedStream>>;
  readonly #held: HeldExchanges;
  readonly #requests = new Direction();
  readonly #responses = new Direction();
  readonly #going: Map<number, Going> = new Map();
  #prefaceLeft = CONNECTION_PREFACE.length;
  #isOver = false;

  constructor(options: TapOptions<RecordedExchange<RecordedStream>>) {
    this.#options = options;
    this.#held = options.held ?? new HeldExchanges(recordingLimits.maxHeldBytes);
  }

  /** These bytes went to the upstream. */
  toUpstream(bytes: Uint8Array): void {
    const left = Math.min(this.#prefaceLeft, bytes.length);
    this.#prefaceLeft -= left;
    this.#read(this.#requests, bytes.subarray(left), (frame, atMs) => this.#asks(frame, atMs));
  }

  /** The upstream said these bytes. */
  fromUpstream(bytes: Uint8Array): void {
    this.#read(this.#responses, bytes, (frame, atMs) => this.#says(frame, atMs));
  }

  /** The upstream's connection has ended: what had come of responses until then is recorded with that end. */
  upstreamEnded(how: "fin" | "reset"): void {
    if (this.#isOver) return;
    for (const [id, going] of this.#going)
      if (going.frames.length > 0 && going.sentAtMs !== undefined) this.#done(id, going, how);
    this.finish();
  }

  /** What is said here is not recorded, for that reason; nothing more is heard. */
  leave(reason: LeftReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    this.#options.left(reason);
  }

  /** The connection is over. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const rest = [...this.#going.values()].filter(({ isLeft }) => !isLeft);
    if (rest.some(({ frames }) => frames.length > 0)) this.#options.left("incomplete");
    if (rest.some(({ frames, sentAtMs }) => frames.length === 0 && sentAtMs !== undefined))
      this.#options.left("unanswered");
    this.#forget();
  }

  #read(direction: Direction, bytes: Uint8Array, take: (frame: Frame, atMs: number) => void): void {
    if (this.#isOver) return;
    // One moment for all that came together.
    const atMs = this.#options.now();
    try {
      for (const frame of direction.frames.push(bytes)) {
        take(frame, atMs);
        if (this.#isOver) return;
      }
      if (direction.frames.oversized) this.leave("not-http2");
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      this.leave("not-http2");
    }
  }

  #asks(frame: Frame, atMs: number): void {
    const section = this.#section(this.#requests, frame);
    if (section) {
      const going = this.#going.get(section.streamId);
      if (!going) this.#begin(section.streamId, section.fields);
      if (section.isEnd) this.#sent(section.streamId, atMs);
    } else if (frame.type === FrameType.DATA) this.#asksMore(frame, atMs);
    else if (frame.type === FrameType.RST_STREAM) {
      const going = this.#going.get(frame.streamId);
      if (going) this.#leave(frame.streamId, going, "incomplete");
    }
  }

  #asksMore(frame: Frame, atMs: number): void {
    const going = this.#going.get(frame.streamId);
    if (!going) return;
    const data = readContent(frame, false);
    // A replay answers once all of a request has come.
    if (data.length > 0 && going.hasData && !going.isAnswered) this.#giveUp(going, "interleaved");
    if (this.#counts(going, data.length)) going.body.push(new Uint8Array(data));
    if (frame.flags & FrameFlag.END_STREAM) this.#sent(frame.streamId, atMs);
  }

  #begin(streamId: number, fields: readonly Header[]): void {
    if (this.#going.size >= http2Limits.maxStreams) {
      this.leave("pipelined");
      return;
    }
    const going: Going = {
      fields,
      recordedAt: new Date(this.#options.wallNow()).toISOString(),
      ...{ body: [], sentAtMs: undefined, frames: [], bytes: 0, heldBytes: 0 },
      ...{ isAnswered: false, hasData: false, isLeft: false },
      giveWay: () => this.#giveUp(going, "too-much"),
    };
    this.#going.set(streamId, going);
    this.#counts(going, bytesOf(fields));
  }

  #sent(streamId: number, atMs: number): void {
    const going = this.#going.get(streamId);
    if (!going) return;
    going.sentAtMs ??= atMs;
    if (going.isAnswered) this.#done(streamId, going, "open");
  }

  #says(frame: Frame, atMs: number): void {
    const section = this.#section(this.#responses, frame);
    if (section) {
      const { fields, isEnd } = section;
      this.#heard(section.streamId, { kind: "headers", atMs, fields, end: isEnd }, bytesOf(fields));
    } else if (frame.type === FrameType.DATA) {
      const bytes = new Uint8Array(readContent(frame, false));
      const end = (frame.flags & FrameFlag.END_STREAM) !== 0;
      this.#heard(frame.streamId, { kind: "data", atMs, bytes, end }, bytes.length);
    } else if (frame.type === FrameType.RST_STREAM && frame.payload.length >= 4)
      this.#heard(frame.streamId, { kind: "reset", atMs, code: readUint32(frame.payload, 0) }, 0);
    else if (frame.type === FrameType.GOAWAY) this.#refuses(readGoaway(frame.payload).lastStreamId);
  }

  /** Streams above that one were not worked on. */
  #refuses(last: number): void {
    for (const [id, going] of this.#going) if (id > last) this.#leave(id, going, "unanswered");
  }

  #heard(streamId: number, frame: RecordedFrame, bytes: number): void {
    const going = this.#going.get(streamId);
    // Behind its answer an upstream may say that it wants no more of the request (RFC 9113 section 8.1).
    if (!going || going.isAnswered) return;
    if (frame.kind === "data") going.hasData = true;
    if (this.#counts(going, bytes)) going.frames.push(frame);
    if (frame.kind !== "reset" && !frame.end) return;
    going.isAnswered = true;
    if (going.sentAtMs !== undefined) this.#done(streamId, going, "open");
    // By half of its body no request is found again.
    else if (frame.kind === "reset") this.#leave(streamId, going, "incomplete");
  }

  /** @returns whether so many bytes more are kept */
  #counts(going: Going, bytes: number): boolean {
    if (going.isLeft) return false;
    going.bytes += bytes;
    if (going.bytes <= recordingLimits.maxExchangeBytes) return this.#held.add(going, bytes);
    this.#giveUp(going, "too-large");
    return false;
  }

  /** One that is not recorded goes on to be followed. */
  #giveUp(going: Going, reason: LeftReason): void {
    if (going.isLeft) return;
    this.#held.release(going);
    going.isLeft = true;
    going.body.length = 0;
    going.frames = [];
    this.#options.left(reason);
  }

  #leave(streamId: number, going: Going, reason: LeftReason): void {
    this.#giveUp(going, reason);
    this.#going.delete(streamId);
  }

  #done(streamId: number, going: Going, end: RecordedEnd): void {
    // What no client takes is no answer to be replayed, and no reader of a file would take it.
    if (streamFault(going.frames)) this.#giveUp(going, "not-http2");
    this.#going.delete(streamId);
    if (going.isLeft) return;
    const { scheme, host, recorded } = this.#options;
    const sentAtMs = going.sentAtMs ?? 0;
    const frames = going.frames.map((frame) => ({
      ...frame,
      atMs: Math.round(1000 * Math.max(0, frame.atMs - sentAtMs)) / 1000,
    }));
    const { recordedAt, fields, body } = going;
    recorded(
      {
        recordedAt,
        request: requestOfSection(fields, scheme, joined(body), host),
        response: { frames, end },
      },
      this.#held.keep(going),
    );
  }

  #forget(): void {
    for (const going of this.#going.values()) this.#held.release(going);
    this.#going.clear();
  }

  /** The header section that is whole with this frame; what is not must be decoded all the same, for the table's sake. */
  #section(
    direction: Direction,
    frame: Frame,
  ): { readonly streamId: number; readonly isEnd: boolean; readonly fields: readonly Header[] } | undefined {
    const { type, flags, streamId, payload } = frame;
    if (type === FrameType.HEADERS) {
      const isEnd = (flags & FrameFlag.END_STREAM) !== 0;
      direction.block = { streamId, isEnd, pieces: [new Uint8Array(readContent(frame, true))] };
    } else if (type === FrameType.CONTINUATION && direction.block)
      direction.block.pieces.push(new Uint8Array(payload));
    const { block } = direction;
    if (!block) return undefined;
    const bytes = block.pieces.reduce((sum, { length }) => sum + length, 0);
    if (bytes > http2Limits.maxHeaderBlockBytes)
      throw new Http2Error(
        "bad-header-block",
        `a header block of more than ${http2Limits.maxHeaderBlockBytes} bytes`,
      );
    if (!(flags & FrameFlag.END_HEADERS)) return undefined;
    direction.block = undefined;
    const { fields } = direction.decoder.decode(joined(block.pieces));
    return { streamId: block.streamId, isEnd: block.isEnd, fields };
  }
}

const bytesOf = (fields: readonly Header[]): number =>
  fields.reduce((bytes, [name, value]) => bytes + name.length + value.length, 0);
