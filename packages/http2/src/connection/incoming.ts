/** What a peer's frames mean: order, sizes, windows, limits (RFC 9113 sections 5 and 6). */
import { joinBytes } from "@faultwire/http1/internal";
import type { Frame } from "../frames/frame.ts";
import { readContent, readGoaway, readSettings, readUint31, readUint32 } from "../frames/frame-payload.ts";
import { writePing, writeRstStream, writeSettingsAck, writeWindowUpdate } from "../frames/frame-writer.ts";
import { ErrorCode, FrameFlag, FrameType, SettingId } from "../frames/wire-tables.ts";
import { type DecodedBlock, HpackDecoder } from "../hpack/hpack-decoder.ts";
import { Http2Error } from "../http2-error.ts";
import { ClosedStreams } from "./closed-streams.ts";
import { wrongFrame } from "./frame-rules.ts";
import { fieldValue, type SectionKind, sectionFault } from "./header-rules.ts";
import type { ConnectionPort, Http2Handler } from "./http2-handler.ts";
import type { Http2Stream } from "./http2-stream.ts";
import { RateLimit } from "./rate-limit.ts";

/** A header block whose rest is still to come. */
interface OpenBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly parts: Uint8Array[];
  bytes: number;
  continuations: number;
}

export class Incoming<T> {
  /** The highest stream that the peer has opened. */
  lastStreamId = 0;
  /** The peer's first SETTINGS have come. */
  hasSettings = false;
  readonly #connection: ConnectionPort<T>;
  readonly #handler: Http2Handler<T>;
  readonly #now: () => number;
  readonly #decoder: HpackDecoder;
  readonly #resets: RateLimit;
  readonly #pings: RateLimit;
  readonly #settings: RateLimit;
  readonly #idle: RateLimit;
  readonly #closed = new ClosedStreams();
  #block: OpenBlock | undefined;
  /** What the peer may still send on all streams. */
  #receiveWindow: number;
  #returnableBytes = 0;

  constructor(connection: ConnectionPort<T>, handler: Http2Handler<T>, now: () => number) {
    const { limits } = connection;
    const at = now();
    this.#connection = connection;
    this.#handler = handler;
    this.#now = now;
    this.#decoder = new HpackDecoder({ maxListBytes: limits.maxHeaderListBytes });
    this.#resets = new RateLimit(limits.maxResetsPerSecond, at);
    this.#pings = new RateLimit(limits.maxPingsPerSecond, at);
    this.#settings = new RateLimit(limits.maxSettingsPerSecond, at);
    this.#idle = new RateLimit(limits.maxIdleFramesPerSecond, at);
    this.#receiveWindow = limits.connectionWindowBytes;
  }

  get heldBytes(): number {
    return this.#block?.bytes ?? 0;
  }

  /** A stream was reset by us. */
  wasReset(id: number): void {
    this.#closed.resetByUs(id);
  }

  take(frame: Frame): void {
    const wrong = wrongFrame(frame, this.hasSettings, this.#block?.streamId);
    if (wrong) {
      this.#connection.fail(wrong.code, wrong.reason);
      return;
    }
    try {
      this.#read(frame);
    } catch (error) {
      if (!(error instanceof Http2Error)) throw error;
      const isCompression = error.code === "bad-header-block";
      this.#connection.fail(
        isCompression ? ErrorCode.COMPRESSION_ERROR : ErrorCode.PROTOCOL_ERROR,
        error.message,
      );
    }
  }

  #read(frame: Frame): void {
    const { type, flags, streamId, payload } = frame;
    switch (type) {
      case FrameType.DATA:
        this.#readData(frame);
        return;
      case FrameType.HEADERS:
        this.#beginBlock(frame);
        return;
      case FrameType.CONTINUATION:
        this.#continueBlock(frame);
        return;
      case FrameType.RST_STREAM:
        this.#readReset(streamId, readUint32(payload, 0));
        return;
      case FrameType.SETTINGS:
        this.#readSettings(frame);
        return;
      case FrameType.PUSH_PROMISE:
        this.#connection.fail(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, which was turned off");
        return;
      case FrameType.PING:
        if (flags & FrameFlag.ACK) {
          if (this.#isIdleFrame()) this.#handler.pong?.(payload);
        } else if (!this.#pings.take(this.#now())) this.#flood("PING");
        else this.#answerPing(payload);
        return;
      case FrameType.GOAWAY:
        this.#readGoaway(frame);
        return;
      case FrameType.WINDOW_UPDATE:
        this.#readWindowUpdate(streamId, readUint31(payload, 0));
        return;
      case FrameType.PRIORITY:
        if (readUint31(payload, 0) === streamId)
          this.#streamError(streamId, "a stream that depends on itself");
        this.#isIdleFrame();
        return;
      default:
        // Types that are not known are ignored (RFC 9113 section 5.5).
        this.#isIdleFrame();
    }
  }

  #answerPing(payload: Uint8Array): void {
    const { answersPings } = this.#connection;
    if (answersPings) this.#connection.reply(writePing(payload, true));
    this.#handler.ping?.(answersPings);
  }

  #readData(frame: Frame): void {
    const { streamId, flags, payload } = frame;
    const connection = this.#connection;
    const { limits } = connection;
    if (this.#isIdle(streamId)) {
      this.#closedOrIdle("DATA", streamId);
      return;
    }
    this.#receiveWindow -= payload.length;
    if (this.#receiveWindow < 0) {
      connection.fail(ErrorCode.FLOW_CONTROL_ERROR, "more data than the connection's window");
      return;
    }
    this.#returnableBytes += payload.length;
    if (this.#returnableBytes * 4 >= limits.connectionWindowBytes) {
      connection.raw(writeWindowUpdate(0, this.#returnableBytes));
      this.#receiveWindow += this.#returnableBytes;
      this.#returnableBytes = 0;
    }
    const endStream = (flags & FrameFlag.END_STREAM) !== 0;
    const data = readContent(frame, false);
    const stream = connection.find(streamId);
    if (!stream || stream.isRemoteOver) {
      this.#closedOrIdle("DATA", streamId);
      return;
    }
    if (data.length === 0 && !endStream && !this.#isIdleFrame()) return;
    if (!stream.hasRemoteHead) {
      this.#streamError(streamId, "DATA before a response's head");
      return;
    }
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0) {
      this.#streamError(streamId, "more data than the stream's window", ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    if (endStream) this.#closed.endedByPeer(streamId);
    if (endStream) stream.isRemoteOver = true;
    this.#handler.data(stream, data, endStream);
    // Padding is used as soon as it is there.
    if (payload.length > data.length) connection.consumed(stream, payload.length - data.length);
    if (endStream) connection.remoteOver(stream);
  }

  #beginBlock(frame: Frame): void {
    const { streamId, flags } = frame;
    const content = readContent(frame, true);
    if (flags & FrameFlag.PRIORITY) {
      const at = flags & FrameFlag.PADDED ? 1 : 0;
      if (readUint31(frame.payload, at) === streamId) {
        this.#connection.fail(ErrorCode.PROTOCOL_ERROR, "a stream that depends on itself");
        return;
      }
    }
    this.#block = {
      streamId,
      endStream: (flags & FrameFlag.END_STREAM) !== 0,
      parts: [],
      bytes: 0,
      continuations: 0,
    };
    this.#addToBlock(this.#block, content, flags);
  }

  #continueBlock({ flags, payload }: Frame): void {
    const block = this.#block!;
    block.continuations++;
    if (block.continuations > this.#connection.limits.maxContinuations) {
      this.#flood(`CONTINUATION (more than ${this.#connection.limits.maxContinuations} of one block)`);
      return;
    }
    this.#addToBlock(block, payload, flags);
  }

  #addToBlock(block: OpenBlock, content: Uint8Array, flags: number): void {
    const { maxHeaderBlockBytes } = this.#connection.limits;
    block.bytes += content.length;
    if (block.bytes > maxHeaderBlockBytes) {
      this.#connection.fail(
        ErrorCode.ENHANCE_YOUR_CALM,
        `a header block of more than ${maxHeaderBlockBytes} bytes`,
      );
      return;
    }
    const isLast = (flags & FrameFlag.END_HEADERS) !== 0;
    // What it came in is much larger, or is used again.
    block.parts.push(isLast ? content : new Uint8Array(content));
    if (!isLast) return;
    this.#block = undefined;
    // Whatever becomes of the stream: the table goes on with it.
    const decoded = this.#decoder.decode(joinBytes(block.parts));
    this.#readSection(block, decoded);
  }

  #readSection({ streamId, endStream }: OpenBlock, decoded: DecodedBlock): void {
    const connection = this.#connection;
    const isPeers = streamId % 2 === (connection.role === "server" ? 1 : 0);
    const known = connection.find(streamId);
    if (known && !known.isRemoteOver) {
      this.#nextSection(known, decoded, endStream);
      return;
    }
    if (known || !this.#isIdle(streamId)) {
      this.#closedOrIdle("HEADERS", streamId);
      return;
    }
    if (connection.role === "client" || !isPeers) {
      connection.fail(
        ErrorCode.PROTOCOL_ERROR,
        `HEADERS on stream ${streamId}, which is not the peer's to open`,
      );
      return;
    }
    this.#closed.opened(streamId, this.lastStreamId);
    this.lastStreamId = streamId;
    if (connection.streams >= connection.mostPeerStreams) {
      this.#refuse(streamId);
      return;
    }
    const fault = decoded.isTooLarge ? undefined : sectionFault("request", decoded.fields);
    const stream = connection.opened(streamId);
    if (decoded.isTooLarge) {
      this.#tooLarge(stream);
      return;
    }
    if (fault !== undefined) {
      this.#streamError(streamId, fault);
      return;
    }
    this.#give(stream, "request", decoded, endStream);
  }

  /** A section on a stream that is open: a response's, or trailers. */
  #nextSection(stream: Http2Stream<T>, decoded: DecodedBlock, endStream: boolean): void {
    const kind = this.#kindOf(stream, decoded);
    if (decoded.isTooLarge) {
      this.#tooLarge(stream);
      return;
    }
    const fault = sectionFault(kind, decoded.fields);
    if (fault !== undefined) {
      this.#streamError(stream.id, fault);
      return;
    }
    if (kind === "trailers" && !endStream) {
      this.#streamError(stream.id, "trailers that end nothing");
      return;
    }
    if (kind === "interim" && endStream) {
      this.#streamError(stream.id, "an interim response that ends the stream");
      return;
    }
    this.#give(stream, kind, decoded, endStream);
  }

  #kindOf(stream: Http2Stream<T>, { fields }: DecodedBlock): SectionKind {
    if (stream.hasRemoteHead) return "trailers";
    return /^1[0-9]{2}$/.test(fieldValue(fields, ":status") ?? "") ? "interim" : "response";
  }

  #give(stream: Http2Stream<T>, kind: SectionKind, section: DecodedBlock, endStream: boolean): void {
    if (kind !== "interim") stream.hasRemoteHead = true;
    if (endStream) this.#closed.endedByPeer(stream.id);
    if (endStream) stream.isRemoteOver = true;
    this.#handler.headers(stream, kind, section, endStream);
    if (endStream) this.#connection.remoteOver(stream);
  }

  #tooLarge(stream: Http2Stream<T>): void {
    const { maxHeaderListBytes } = this.#connection.limits;
    this.#streamError(
      stream.id,
      `a header section of more than ${maxHeaderListBytes} bytes`,
      ErrorCode.ENHANCE_YOUR_CALM,
    );
  }

  /** A stream above our limit: it was not worked on, and its client may ask again. */
  #refuse(streamId: number): void {
    this.wasReset(streamId);
    this.#connection.raw(writeRstStream(streamId, ErrorCode.REFUSED_STREAM));
    if (!this.#resets.take(this.#now())) this.#flood("requests above the limit of streams");
  }

  #readReset(streamId: number, code: number): void {
    if (this.#isIdle(streamId)) {
      this.#closedOrIdle("RST_STREAM", streamId);
      return;
    }
    if (!this.#resets.take(this.#now())) {
      this.#flood("RST_STREAM");
      return;
    }
    const stream = this.#connection.find(streamId);
    if (!stream) return;
    this.#closed.resetByPeer(streamId);
    this.#connection.drop(stream);
    this.#handler.reset(stream, code, false);
  }

  #readSettings({ flags, payload }: Frame): void {
    const connection = this.#connection;
    if (flags & FrameFlag.ACK) {
      connection.settingsAcknowledged();
      this.#isIdleFrame();
      return;
    }
    if (this.hasSettings && !this.#settings.take(this.#now())) {
      this.#flood("SETTINGS");
      return;
    }
    this.hasSettings = true;
    const { peer } = connection;
    const before = peer.initialWindowSize;
    for (const setting of readSettings(payload)) {
      const wrong = peer.apply(setting);
      if (wrong) {
        connection.fail(wrong.code, wrong.reason);
        return;
      }
      if (connection.role === "client" && setting[0] === SettingId.ENABLE_PUSH && setting[1] !== 0) {
        connection.fail(ErrorCode.PROTOCOL_ERROR, "a server that enables push");
        return;
      }
    }
    connection.reply(writeSettingsAck());
    if (!connection.settingsChanged(peer.initialWindowSize - before)) {
      connection.fail(ErrorCode.FLOW_CONTROL_ERROR, "SETTINGS that make a window too large");
      return;
    }
    this.#handler.settings?.(peer);
  }

  #readGoaway({ payload }: Frame): void {
    const goaway = readGoaway(payload);
    this.#connection.goawayCame(goaway.lastStreamId);
    this.#handler.goaway?.({ ...goaway, debugData: new Uint8Array(goaway.debugData) });
  }

  #readWindowUpdate(streamId: number, increment: number): void {
    const connection = this.#connection;
    if (streamId === 0) {
      if (increment === 0) connection.fail(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE by 0");
      else if (!connection.widen(undefined, increment))
        connection.fail(ErrorCode.FLOW_CONTROL_ERROR, "a window of the connection above 2^31-1");
      return;
    }
    if (this.#isIdle(streamId)) {
      this.#closedOrIdle("WINDOW_UPDATE", streamId);
      return;
    }
    const stream = connection.find(streamId);
    if (!stream) return;
    if (increment === 0) this.#streamError(streamId, "WINDOW_UPDATE by 0");
    else if (!connection.widen(stream, increment))
      this.#streamError(streamId, "a stream's window above 2^31-1", ErrorCode.FLOW_CONTROL_ERROR);
  }

  /** Whether nobody has opened that stream yet. */
  #isIdle(streamId: number): boolean {
    const isPeers = streamId % 2 === (this.#connection.role === "server" ? 1 : 0);
    return isPeers ? streamId > this.lastStreamId : !this.#connection.hasOpened(streamId);
  }

  /** A frame for a stream that is over, or that nobody has opened. */
  #closedOrIdle(what: string, streamId: number): void {
    const connection = this.#connection;
    const { PROTOCOL_ERROR, STREAM_CLOSED } = ErrorCode;
    if (this.#isIdle(streamId)) {
      connection.fail(PROTOCOL_ERROR, `${what} on stream ${streamId}, which nobody has opened`);
      return;
    }
    const why = this.#closed.why(streamId);
    switch (why) {
      case "ended":
        connection.fail(STREAM_CLOSED, `${what} on stream ${streamId}, which its sender had ended`);
        return;
      case "skipped":
        connection.fail(PROTOCOL_ERROR, `${what} on stream ${streamId}, which its sender had gone past`);
        return;
      case "reset":
        this.#streamError(streamId, `${what} behind RST_STREAM`, STREAM_CLOSED);
        return;
      case "crossed":
        this.#isIdleFrame();
        return;
      default:
        why satisfies never;
    }
  }

  /** What the peer has sent ends a stream, and nothing else (RFC 9113 section 5.4.2). */
  #streamError(streamId: number, reason: string, code: number = ErrorCode.PROTOCOL_ERROR): void {
    const connection = this.#connection;
    if (!this.#resets.take(this.#now())) {
      this.#flood("frames that break their streams");
      return;
    }
    const stream = connection.find(streamId);
    if (!stream) {
      connection.raw(writeRstStream(streamId, code));
      return;
    }
    connection.reset(stream, code);
    this.#handler.reset(stream, code, true, reason);
  }

  /** Counts a frame that moves nothing. @returns false where there were too many. */
  #isIdleFrame(): boolean {
    if (this.#idle.take(this.#now())) return true;
    this.#flood("frames that move nothing");
    return false;
  }

  #flood(what: string): void {
    this.#connection.fail(ErrorCode.ENHANCE_YOUR_CALM, `a flood of ${what}`);
  }
}
