/**
 * One end of an HTTP/2 connection (RFC 9113), a server's or a client's: bytes of the peer in, bytes for the peer out,
 * messages in between. No socket, no timer. What a frame means stands in `incoming.ts`.
 */
import { joinBytes } from "@faultwire/http1/internal";
import { FrameReader } from "../frames/frame-reader.ts";
import {
  frameHeader,
  writeGoaway,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeWindowUpdate,
} from "../frames/frame-writer.ts";
import {
  CONNECTION_PREFACE,
  DefaultSetting,
  ErrorCode,
  FrameFlag,
  FrameType,
  MAX_WINDOW,
  type Setting,
  SettingId,
} from "../frames/wire-tables.ts";
import type { HeaderSection } from "../hpack/hpack-decoder.ts";
import { HpackEncoder } from "../hpack/hpack-encoder.ts";
import { type Http2Limits, http2LimitsWith } from "../http2-limits.ts";
import { AnnouncedSettings, settingsOfLimits } from "./announced-settings.ts";
import type { Http2Failure, Http2Handler } from "./http2-handler.ts";
import { Http2Stream, type StreamEnding } from "./http2-stream.ts";
import { Incoming } from "./incoming.ts";
import { PeerSettings } from "./peer-settings.ts";

/** What a connection is made from. */
export interface Http2ConnectionOptions<T> {
  /** Which end we are. */
  readonly role: "client" | "server";
  /** Gets what happens, and the bytes that are to be sent. */
  readonly handler: Http2Handler<T>;
  /** In place of those of {@link http2Limits}. */
  readonly limits?: Partial<Http2Limits>;
  /** Milliseconds, never going backwards. */
  readonly now: () => number;
  /** Settings that we announce besides those of the limits, or in their place. */
  readonly settings?: readonly Setting[];
}

/** Bytes of DATA that one `take` frames at the most, so that streams share. */
const maxTakenBytes = 65_536;

/** One end of an HTTP/2 connection (RFC 9113), without a socket: {@link push} takes the peer's bytes, the handler gets what they say and what is to be sent. */
export class Http2Connection<T = unknown> {
  /** Which end we are. */
  readonly role: "client" | "server";
  /** The limits that hold, defaults included. */
  readonly limits: Http2Limits;
  /** What the peer has said about itself. */
  readonly peer: PeerSettings = new PeerSettings();
  /** Whether PINGs of the peer are answered. */
  answersPings = true;
  /** Peers are given nothing back of what is used of any stream, but by {@link grant}. */
  keepsWindows = false;
  readonly #handler: Http2Handler<T>;
  readonly #reader: FrameReader;
  readonly #incoming: Incoming<T>;
  readonly #encoder: HpackEncoder = new HpackEncoder();
  readonly #streams: Map<number, Http2Stream<T>> = new Map();
  /** Requests that wait for a place among the peer's streams. */
  readonly #waiting: Set<Http2Stream<T>> = new Set();
  /** Streams that have something to send, in turn. */
  readonly #ready: Set<Http2Stream<T>> = new Set();
  readonly #announced: AnnouncedSettings;
  #out: Uint8Array[] = [];
  #outBytes = 0;
  /** Acknowledgements since the peer had room. */
  #unreadReplies = 0;
  #sendWindow: number = DefaultSetting.INITIAL_WINDOW_SIZE;
  /** What a peer may send on a new stream. */
  #receiveInitial: number;
  /** What the peer was told last that it may send on a new stream: it may be less than is taken. */
  #announcedWindow: number;
  #nextId: number;
  #ownStreams = 0;
  #failure: Http2Failure | undefined;
  #prefaceLeft: number;
  /** The least identifier that a GOAWAY of the peer has named. */
  #goawayAt = Number.POSITIVE_INFINITY;

  constructor(options: Http2ConnectionOptions<T>) {
    const { role, handler, now, settings = [] } = options;
    this.role = role;
    this.limits = http2LimitsWith(options.limits);
    this.#handler = handler;
    this.#reader = new FrameReader(this.limits.maxFrameBytes);
    this.#announced = new AnnouncedSettings(this.limits);
    this.#receiveInitial = this.limits.streamWindowBytes;
    this.#announcedWindow = this.limits.streamWindowBytes;
    this.#nextId = role === "client" ? 1 : 2;
    this.#prefaceLeft = role === "server" ? CONNECTION_PREFACE.length : 0;
    this.#incoming = new Incoming<T>(this, handler, now);
    if (role === "client") this.raw(CONNECTION_PREFACE);
    const announced = new Map<number, number>(settingsOfLimits(role, this.limits));
    for (const [id, value] of settings) announced.set(id, value);
    this.announce([...announced]);
    const more = this.limits.connectionWindowBytes - DefaultSetting.INITIAL_WINDOW_SIZE;
    if (more > 0) this.raw(writeWindowUpdate(0, more));
  }

  /** Why it can't go on, where it can't. */
  get failure(): Http2Failure | undefined {
    return this.#failure;
  }
  /** Streams that are open, or wait to be. */
  get streams(): number {
    return this.#streams.size + this.#waiting.size;
  }
  /** Whether the peer takes another stream, so far as is known. */
  get isGoingAway(): boolean {
    return this.#goawayAt !== Number.POSITIVE_INFINITY;
  }
  /** The highest stream that the peer has opened. */
  get lastPeerStreamId(): number {
    return this.#incoming.lastStreamId;
  }
  /** Bytes that are kept: what the peer has begun to say, and what waits to be sent. */
  get heldBytes(): number {
    return this.unreadBytes + this.unsentBytes;
  }
  /** Those of {@link heldBytes} that wait to be sent. */
  get unsentBytes(): number {
    let bytes = this.#outBytes;
    for (const { queuedBytes } of this.#streams.values()) bytes += queuedBytes;
    for (const { queuedBytes } of this.#waiting) bytes += queuedBytes;
    return bytes;
  }
  /** Those of {@link heldBytes} that the peer has said: the beginning of a frame, or of a header block. */
  get unreadBytes(): number {
    return this.#reader.pendingBytes + this.#incoming.heldBytes;
  }
  /** Whether {@link take} gives something. `hasRoom` as there. */
  hasOutput(hasRoom: boolean): boolean {
    return this.#outBytes > 0 || (hasRoom && this.#canSendData());
  }

  /** Takes the peer's next bytes. Never throws for what is in them. */
  push(chunk: Uint8Array): void {
    if (this.#failure) return;
    let bytes = chunk;
    if (this.#prefaceLeft > 0) {
      const at = CONNECTION_PREFACE.length - this.#prefaceLeft;
      const said = bytes.subarray(0, this.#prefaceLeft);
      if (said.some((byte, index) => byte !== CONNECTION_PREFACE[at + index])) {
        this.fail(ErrorCode.PROTOCOL_ERROR, "the client does not begin with the preface of HTTP/2");
        return;
      }
      this.#prefaceLeft -= said.length;
      bytes = bytes.subarray(said.length);
    }
    for (const frame of this.#reader.push(bytes)) {
      this.#incoming.take(frame);
      // What one frame has led to may have ended it.
      if (this.failure) return;
    }
    const { oversized } = this.#reader;
    if (oversized)
      this.fail(
        ErrorCode.FRAME_SIZE_ERROR,
        `a frame of ${oversized.payloadBytes} bytes; ${this.limits.maxFrameBytes} at the most expected`,
      );
  }

  /**
   * All that is to go to the peer now, whole frames; an empty array where there is nothing. Call it until it gives nothing.
   *
   * @param hasRoom - Whether more data may go; what keeps the connection alive goes in any case.
   */
  take(hasRoom = true): Uint8Array {
    if (hasRoom) this.#unreadReplies = 0;
    if (hasRoom) this.#frameData();
    const out = this.#out;
    this.#out = [];
    this.#outBytes = 0;
    return joinBytes(out);
  }

  /**
   * Opens a stream with a request, as a client; it waits where the peer takes no more of them for now. How many wait is
   * up to the caller: {@link streams} and {@link heldBytes} count them.
   */
  request(section: HeaderSection, endStream: boolean, owner?: T): Http2Stream<T> {
    const stream = this.#newStream();
    stream.owner = owner;
    stream.waiting = { section, endStream };
    this.#waiting.add(stream);
    this.#openWaiting();
    return stream;
  }

  /** Sends a header section: of an interim or a final response, as a server. */
  respond(stream: Http2Stream<T>, section: HeaderSection, endStream: boolean): void {
    if (stream.isLocalOver || stream.ending) return;
    this.#sendHeaders(stream, section, endStream);
  }

  /** Sends data, as windows allow; the memory is left alone until it is drained. */
  data(stream: Http2Stream<T>, data: Uint8Array): void {
    if (stream.isLocalOver || stream.ending || data.length === 0) return;
    stream.queue.push(data);
    stream.queuedBytes += data.length;
    if (!stream.waiting) this.#ready.add(stream);
  }

  /** What is sent on a stream ends behind its data: in order, with trailers, or by RST_STREAM. */
  end(stream: Http2Stream<T>, ending: StreamEnding = { kind: "end" }): void {
    if (stream.isLocalOver || stream.ending) return;
    stream.ending = ending;
    if (!stream.waiting) this.#ready.add(stream);
    else if (ending.kind === "reset") this.#close(stream);
  }

  /** Ends a stream at once, both ways; what waits is dropped. */
  reset(stream: Http2Stream<T>, code: number): void {
    if (stream.isClosed) return;
    // One that both have ended is none that could be reset: peers count what resets them.
    if (stream.id > 0 && !(stream.isLocalOver && stream.isRemoteOver)) {
      this.raw(writeRstStream(stream.id, code));
      this.#incoming.wasReset(stream.id);
    }
    this.#close(stream);
  }

  /** So many bytes that came on a stream are used: the peer gets their room back, in time. */
  consumed(stream: Http2Stream<T>, bytes: number): void {
    if (stream.isRemoteOver || stream.isClosed) return;
    stream.returnableBytes += bytes;
    if (this.keepsWindows || stream.keepsWindow) return;
    // A peer with a small window has sent all of it long before it is half of ours.
    if (stream.returnableBytes * 2 < Math.min(this.limits.streamWindowBytes, this.#announcedWindow)) return;
    this.grant(stream, stream.returnableBytes);
    stream.returnableBytes = 0;
  }

  /** Gives room to a stream of the peer at once. */
  grant(stream: Http2Stream<T>, bytes: number): void {
    if (bytes <= 0 || stream.id === 0) return;
    stream.receiveWindow += bytes;
    this.raw(writeWindowUpdate(stream.id, bytes));
  }

  /** Streams that the peer may have open: as it was told, from its acknowledgement on. */
  get mostPeerStreams(): number {
    return this.#announced.mostStreams;
  }

  /** Sends SETTINGS. One that lets the peer send more holds at once, one that lets it send less once it is acknowledged. */
  announce(settings: readonly Setting[]): void {
    for (const [id, value] of settings)
      if (id === SettingId.INITIAL_WINDOW_SIZE) this.#announceWindow(value);
      else if (id === SettingId.MAX_FRAME_SIZE) this.#reader.allow(value);
    this.raw(writeSettings(settings));
    if (this.#announced.add(settings)) return;
    this.fail(
      ErrorCode.SETTINGS_TIMEOUT,
      `more than ${this.limits.maxUnacknowledgedSettings} SETTINGS that are not acknowledged`,
    );
  }

  /** Sends a PING; `pong` of the handler tells of the answer. */
  ping(opaque: Uint8Array): void {
    this.raw(writePing(opaque));
  }

  /** Sends GOAWAY; that alone ends nothing. */
  goaway(code: number, lastStreamId: number = this.lastPeerStreamId, debugData?: Uint8Array): void {
    this.raw(writeGoaway(lastStreamId, code, debugData));
  }

  /** Puts bytes between two frames, never between HEADERS and its CONTINUATION: frames that this class does not make. */
  raw(bytes: Uint8Array): void {
    this.#out.push(bytes);
    this.#outBytes += bytes.length;
  }

  /** Ends the connection with an error: GOAWAY goes out, and nothing is read any more. */
  fail(code: number, reason: string): void {
    if (this.#failure) return;
    this.#failure = { code, reason };
    this.goaway(code, this.lastPeerStreamId, debugText(reason));
    this.#streams.clear();
    this.#waiting.clear();
    this.#ready.clear();
    this.#handler.failed(this.#failure);
  }

  /** @internal Acknowledges a frame of the peer. */
  reply(bytes: Uint8Array): void {
    this.raw(bytes);
    if (++this.#unreadReplies > this.limits.maxUnreadReplies)
      this.fail(ErrorCode.ENHANCE_YOUR_CALM, "a peer that reads none of its answers");
  }
  /** @internal The stream of that number. */
  find(id: number): Http2Stream<T> | undefined {
    return this.#streams.get(id);
  }
  /** @internal Whether a stream of ours with that number was ever opened. */
  hasOpened(id: number): boolean {
    return id < this.#nextId;
  }
  /** @internal A stream that the peer opens. */
  opened(id: number): Http2Stream<T> {
    const stream = this.#newStream();
    stream.id = id;
    this.#streams.set(id, stream);
    return stream;
  }
  /** @internal The peer has sent all of a stream. */
  remoteOver(stream: Http2Stream<T>): void {
    stream.isRemoteOver = true;
    this.#closeIfOver(stream);
  }
  /** @internal A stream ended out of order: nothing more is sent on it. */
  drop(stream: Http2Stream<T>): void {
    this.#close(stream);
  }
  /** @internal The peer has acknowledged SETTINGS of ours. */
  settingsAcknowledged(): void {
    this.#announced.acknowledged();
  }
  /** @internal The peer lets us send more; false where that is more than there can be. */
  widen(stream: Http2Stream<T> | undefined, bytes: number): boolean {
    if (stream) {
      stream.sendWindow += bytes;
      if (stream.sendWindow > MAX_WINDOW) return false;
      if (stream.queue.length > 0) this.#ready.add(stream);
      return true;
    }
    this.#sendWindow += bytes;
    return this.#sendWindow <= MAX_WINDOW;
  }
  /** @internal The peer's settings have changed. */
  settingsChanged(windowDelta: number): boolean {
    this.#encoder.resize(this.peer.headerTableSize);
    if (windowDelta !== 0)
      for (const stream of this.#streams.values()) if (!this.widen(stream, windowDelta)) return false;
    this.#openWaiting();
    return true;
  }
  /** @internal The peer takes no streams of ours above this one: those were not worked on. */
  goawayCame(lastStreamId: number): void {
    this.#goawayAt = Math.min(this.#goawayAt, lastStreamId);
    const isOwn = ({ id }: Http2Stream<T>): boolean => id % 2 === (this.role === "client" ? 1 : 0);
    const refused = [...this.#streams.values()].filter(
      (stream) => isOwn(stream) && stream.id > this.#goawayAt,
    );
    for (const stream of [...refused, ...this.#waiting]) {
      this.#close(stream);
      this.#handler.reset(stream, ErrorCode.REFUSED_STREAM, false, "the peer takes no more streams");
    }
  }

  /** A peer may use a larger window as soon as it hears of it; a smaller one it may not have heard of yet. */
  #announceWindow(bytes: number): void {
    this.#announcedWindow = bytes;
    const more = bytes - this.#receiveInitial;
    if (more <= 0) return;
    this.#receiveInitial = bytes;
    for (const stream of this.#streams.values()) stream.receiveWindow += more;
  }

  #newStream(): Http2Stream<T> {
    return new Http2Stream<T>(this.peer.initialWindowSize, this.#receiveInitial);
  }

  /** One request may go ahead of the peer's SETTINGS; more could be more than it takes, and would be refused. */
  #mostOwnStreams(): number {
    return this.#incoming.hasSettings ? this.peer.maxConcurrentStreams : 1;
  }

  #openWaiting(): void {
    for (const stream of this.#waiting) {
      const { waiting } = stream;
      if (this.#ownStreams >= this.#mostOwnStreams() || this.isGoingAway || !waiting) return;
      this.#waiting.delete(stream);
      stream.waiting = undefined;
      stream.id = this.#nextId;
      stream.sendWindow = this.peer.initialWindowSize;
      this.#nextId += 2;
      this.#ownStreams++;
      this.#streams.set(stream.id, stream);
      this.#sendHeaders(stream, waiting.section, waiting.endStream);
      if (stream.queue.length > 0 || stream.ending) this.#ready.add(stream);
    }
  }

  #sendHeaders(stream: Http2Stream<T>, { fields, neverIndexed }: HeaderSection, endStream: boolean): void {
    const block = this.#encoder.encode(fields, neverIndexed);
    this.raw(writeHeaders(stream.id, block, endStream, this.peer.maxFrameSize));
    if (endStream) this.#localOver(stream);
  }

  #canSendData(): boolean {
    for (const { queue, sendWindow, ending } of this.#ready) {
      if (queue.length > 0 ? sendWindow > 0 && this.#sendWindow > 0 : ending !== undefined) return true;
    }
    return false;
  }

  /** Frames what may go, a frame of each stream in turn. */
  #frameData(): void {
    let left = maxTakenBytes;
    let hasMoved = true;
    while (hasMoved && left > 0) {
      hasMoved = false;
      for (const stream of [...this.#ready]) {
        if (left <= 0) break;
        const sent = this.#frameOne(stream);
        if (sent === undefined) continue;
        left -= sent;
        hasMoved = true;
      }
    }
  }

  /** One frame of a stream. @returns bytes of data, or `undefined` where nothing could go. */
  #frameOne(stream: Http2Stream<T>): number | undefined {
    const { queue, ending } = stream;
    const first = queue[0];
    if (first === undefined) {
      this.#ready.delete(stream);
      if (!ending) return undefined;
      this.#sendEnding(stream, ending);
      return 0;
    }
    const bytes = Math.min(first.length, this.peer.maxFrameSize, stream.sendWindow, this.#sendWindow);
    // A stream without a window is not asked again before it has one: `widen` says so.
    if (stream.sendWindow <= 0) this.#ready.delete(stream);
    if (bytes <= 0) return undefined;
    stream.sendWindow -= bytes;
    this.#sendWindow -= bytes;
    stream.queuedBytes -= bytes;
    if (bytes === first.length) queue.shift();
    else queue[0] = first.subarray(bytes);
    const isLast = queue.length === 0 && ending?.kind === "end";
    this.raw(frameHeader(bytes, FrameType.DATA, isLast ? FrameFlag.END_STREAM : 0, stream.id));
    this.raw(bytes === first.length ? first : first.subarray(0, bytes));
    // To the end of the line: every stream has its turn.
    this.#ready.delete(stream);
    if (isLast) this.#localOver(stream);
    else if (queue.length > 0 || ending) this.#ready.add(stream);
    if (queue.length === 0) this.#handler.drained?.(stream);
    return bytes;
  }

  #sendEnding(stream: Http2Stream<T>, ending: StreamEnding): void {
    if (ending.kind === "trailers") this.#sendHeaders(stream, ending.section, true);
    else if (ending.kind === "reset") this.reset(stream, ending.code);
    else {
      this.raw(frameHeader(0, FrameType.DATA, FrameFlag.END_STREAM, stream.id));
      this.#localOver(stream);
    }
    this.#handler.drained?.(stream);
  }

  #localOver(stream: Http2Stream<T>): void {
    stream.isLocalOver = true;
    this.#closeIfOver(stream);
  }

  #closeIfOver(stream: Http2Stream<T>): void {
    if (stream.isLocalOver && stream.isRemoteOver) this.#close(stream);
  }

  #close(stream: Http2Stream<T>): void {
    if (stream.isClosed) return;
    stream.isClosed = true;
    stream.isLocalOver = true;
    stream.isRemoteOver = true;
    stream.queue.length = 0;
    stream.queuedBytes = 0;
    stream.waiting = undefined;
    this.#ready.delete(stream);
    this.#waiting.delete(stream);
    if (!this.#streams.delete(stream.id)) return;
    if (stream.id % 2 === (this.role === "client" ? 1 : 0)) this.#ownStreams--;
    this.#openWaiting();
  }
}

/** Words for whoever looks at the connection; ours are ASCII. */
function debugText(reason: string): Uint8Array {
  return Uint8Array.from(reason.slice(0, 200), (character) => character.charCodeAt(0));
}
