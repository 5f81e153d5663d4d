import { isSendableCloseCode } from "./close-codes.ts";
import type { CloseSaid, FrameFault, FrameHead, FrameItem } from "./frame-items.ts";
import { type FrameLimits, frameFormatLimits, frameLimitsWith } from "./frame-limits.ts";
import { maskBytes } from "./mask.ts";
import { frameTypeOf, isControl, OPCODES } from "./opcodes.ts";
import { fromUtf8 } from "./text.ts";

const NOTHING = new Uint8Array(0);

/** What a reader is made from. */
export interface FrameReaderOptions {
  /** Whose frames they are: a client's have to be masked, a server's must not be (RFC 6455 section 5.1). */
  readonly from: "client" | "server";
  /** Whether the two have agreed on `permessage-deflate`, so that RSV1 means "compressed". Default false. */
  readonly isDeflated?: boolean;
  /** Laid over the defaults. */
  readonly limits?: Partial<FrameLimits>;
}

/** A message that has begun and not ended. */
interface OpenMessage {
  readonly type: "text" | "binary";
  readonly isCompressed: boolean;
  bytes: number;
  frames: number;
}

/**
 * Reads the WebSocket frames of one side (RFC 6455 section 5), behind the handshake. Chunks of any size go in; items come
 * out as soon as they can be told: a header, the payload in the parts in which it comes, the end of the frame. Nothing is
 * kept but an unfinished header and the payload of a control frame. `bytes` are views of the chunk where they can be, so they
 * hold as long as its memory does.
 *
 * Bytes that are no frame give one `malformed` item, and then `opaque` ones: pass them on, or end the connection. That a
 * text is UTF-8 is not looked at, because a compressed one would have to be inflated for it.
 *
 * @example
 * ```ts
 * const reader = new FrameReader({ from: "server" });
 * for (const item of reader.push(chunk)) if (item.kind === "end" && item.message) console.log(item.message.bytes);
 * ```
 */
export class FrameReader {
  readonly #isClient: boolean;
  readonly #isDeflated: boolean;
  readonly #limits: FrameLimits;
  /** The header that is not whole. */
  readonly #held = new Uint8Array(frameFormatLimits.headerBytes);
  #heldBytes = 0;
  #frame: FrameHead | null = null;
  /** Bytes of the frame's payload that have come. */
  #at = 0;
  #control: Uint8Array = NOTHING;
  #message: OpenMessage | null = null;
  /** Bytes before the frame that is being read. */
  #offset = 0;
  #hasClosed = false;
  #isOpaque = false;

  /** @throws WebSocketError `invalid-argument` for a limit outside of its range. */
  constructor({ from, isDeflated = false, limits = {} }: FrameReaderOptions) {
    this.#isClient = from === "client";
    this.#isDeflated = isDeflated;
    this.#limits = frameLimitsWith(limits);
  }

  /** Bytes that are kept: of a header, or of a control frame's payload. */
  get pendingBytes(): number {
    return this.#heldBytes + this.#control.length;
  }

  /** True between two frames. */
  get isBetweenFrames(): boolean {
    return this.#frame === null && this.#heldBytes === 0;
  }

  /** True between two messages; a control frame may be under way. */
  get isBetweenMessages(): boolean {
    return this.#message === null;
  }

  /** True behind a close frame. */
  get hasClosed(): boolean {
    return this.#hasClosed;
  }

  /** True once nothing is read as frames any more. */
  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /** Reads on; gives the items that are known now, in order. Empty where more is needed. */
  push(chunk: Uint8Array): FrameItem[] {
    const items: FrameItem[] = [];
    let from = 0;
    while (from < chunk.length) {
      if (this.#isOpaque) {
        items.push({ kind: "opaque", bytes: chunk.subarray(from) });
        break;
      }
      from += this.#frame
        ? this.#readPayload(this.#frame, chunk.subarray(from), items)
        : this.#readHeader(chunk, from, items);
    }
    return items;
  }

  /** The peer has ended its stream: gives a `truncated` item where a frame, or a message, was not whole. */
  finish(): FrameItem[] {
    if (this.#isOpaque || (this.isBetweenFrames && this.#message === null)) return [];
    return [this.#malformed("truncated", this.#held.slice(0, this.#heldBytes))];
  }

  /** Takes bytes up to the end of the header. @returns how many. */
  #readHeader(chunk: Uint8Array, from: number, items: FrameItem[]): number {
    const held = this.#heldBytes;
    let taken = 0;
    let needed = held < 2 ? 2 : headerBytes(this.#held[1]!);
    while (this.#heldBytes < needed && from + taken < chunk.length) {
      this.#held[this.#heldBytes++] = chunk[from + taken++]!;
      if (this.#heldBytes < 2) continue;
      const fault = this.#heldBytes === 2 ? this.#faultOfFlags() : undefined;
      if (fault !== undefined) {
        items.push(this.#malformed(fault, this.#held.slice(0, 2)));
        return taken;
      }
      needed = headerBytes(this.#held[1]!);
    }
    // One byte alone does not say how many there will be.
    if (this.#heldBytes < 2 || this.#heldBytes < headerBytes(this.#held[1]!)) return taken;
    const bytes = held === 0 ? chunk.subarray(from, from + taken) : this.#held.slice(0, this.#heldBytes);
    const payloadBytes = declaredBytes(bytes);
    if (typeof payloadBytes === "string" || payloadBytes > this.#limits.maxPayloadBytes) {
      const code = typeof payloadBytes === "string" ? payloadBytes : "payload-too-large";
      items.push(this.#malformed(code, bytes));
      return taken;
    }
    this.#begin(bytes, payloadBytes, items);
    return taken;
  }

  /** What is wrong with the first two bytes of a header. */
  #faultOfFlags(): FrameFault | undefined {
    const first = this.#held[0]!;
    const second = this.#held[1]!;
    const opcode = first & 15;
    if ((first & 0x30) !== 0) return "reserved-bits";
    if ((first & 0x40) !== 0 && !(this.#isDeflated && (opcode === 1 || opcode === 2))) return "reserved-bits";
    if (frameTypeOf(opcode) === undefined) return "reserved-opcode";
    if (isControl(opcode)) {
      if ((first & 0x80) === 0) return "control-fragmented";
      if ((second & 127) > this.#limits.maxControlBytes) return "control-too-long";
    } else {
      if (this.#hasClosed) return "after-close";
      if ((opcode === 0) === (this.#message === null))
        return opcode === 0 ? "nothing-to-continue" : "message-not-ended";
      if ((this.#message?.frames ?? 0) >= this.#limits.maxMessageFrames) return "too-many-frames";
    }
    const isMasked = (second & 0x80) !== 0;
    if (isMasked === this.#isClient) return undefined;
    return isMasked ? "masked" : "not-masked";
  }

  #begin(bytes: Uint8Array, payloadBytes: number, items: FrameItem[]): void {
    const first = bytes[0]!;
    const opcode = first & 15;
    const type = frameTypeOf(opcode)!;
    const mask = (bytes[1]! & 0x80) === 0 ? null : bytes.slice(bytes.length - 4);
    const isCompressed = (first & 0x40) !== 0;
    const frame: FrameHead = {
      kind: "head",
      type,
      fin: (first & 0x80) !== 0,
      isCompressed,
      mask,
      payloadBytes,
      offset: this.#offset,
      bytes,
    };
    if (type === "text" || type === "binary") this.#message = { type, isCompressed, bytes: 0, frames: 0 };
    if (!isControl(opcode) && this.#message) {
      this.#message.bytes += payloadBytes;
      this.#message.frames++;
    }
    this.#frame = frame;
    this.#at = 0;
    this.#heldBytes = 0;
    if (isControl(opcode)) this.#control = new Uint8Array(payloadBytes);
    items.push(frame);
    if (payloadBytes === 0) this.#end(frame, items);
  }

  /** Takes bytes up to the end of the frame. @returns how many. */
  #readPayload(frame: FrameHead, rest: Uint8Array, items: FrameItem[]): number {
    const bytes = rest.subarray(0, Math.min(rest.length, frame.payloadBytes - this.#at));
    items.push({ kind: "payload", at: this.#at, bytes });
    if (isControl(OPCODES[frame.type]))
      this.#control.set(frame.mask ? maskBytes(bytes, frame.mask, this.#at) : bytes, this.#at);
    this.#at += bytes.length;
    if (this.#at === frame.payloadBytes) this.#end(frame, items);
    return bytes.length;
  }

  #end({ type, fin, payloadBytes, bytes: head }: FrameHead, items: FrameItem[]): void {
    const offset = this.#offset;
    this.#frame = null;
    this.#offset += head.length + payloadBytes;
    const end = { kind: "end", type, message: null, close: null, control: null, bytes: NOTHING } as const;
    if (!isControl(OPCODES[type])) {
      const message = fin ? this.#message : null;
      if (fin) this.#message = null;
      items.push({ ...end, message });
      return;
    }
    const control = this.#control;
    this.#control = NOTHING;
    if (type !== "close") {
      items.push({ ...end, control });
      return;
    }
    this.#hasClosed = true;
    const close = closeSaid(control);
    if (close === undefined) items.push(this.#malformed("close-payload", NOTHING, offset));
    else items.push({ ...end, control, close });
  }

  #malformed(code: FrameFault, bytes: Uint8Array, offset = this.#offset): FrameItem {
    this.#isOpaque = true;
    this.#heldBytes = 0;
    this.#frame = null;
    this.#control = NOTHING;
    return { kind: "malformed", code, offset, bytes };
  }
}

/** Bytes of a header, by its second byte. */
function headerBytes(second: number): number {
  const length = second & 127;
  const extra = length === 126 ? 2 : length === 127 ? 8 : 0;
  return 2 + extra + ((second & 0x80) === 0 ? 0 : 4);
}

/** The length that a whole header declares. */
function declaredBytes(header: Uint8Array): number | "length-not-minimal" | "payload-too-large" {
  const short = header[1]! & 127;
  if (short < 126) return short;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  if (short === 126) {
    const length = view.getUint16(2);
    return length < 126 ? "length-not-minimal" : length;
  }
  const high = view.getUint32(2);
  const length = high * 2 ** 32 + view.getUint32(6);
  if (length < 65_536) return "length-not-minimal";
  return Number.isSafeInteger(length) ? length : "payload-too-large";
}

/** What the payload of a close says; `undefined` where it is none. */
function closeSaid(payload: Uint8Array): CloseSaid | undefined {
  if (payload.length === 0) return { code: null, reason: "" };
  // Half a code.
  if (payload.length === 1) return undefined;
  const code = payload[0]! * 256 + payload[1]!;
  if (!isSendableCloseCode(code)) return undefined;
  const reason = fromUtf8(payload.subarray(2));
  return reason === undefined ? undefined : { code, reason };
}
