import { GrpcError } from "./grpc-error.ts";
import { grpcLimits } from "./grpc-limits.ts";
import type { MessageFault, MessageItem } from "./message-items.ts";

/** Bytes before each message: a flag, and its length in big endian (PROTOCOL-HTTP2, "Length-Prefixed-Message"). */
export const PREFIX_BYTES = 5;

const NOTHING = new Uint8Array(0);

/**
 * Reads the length-prefixed messages of one side of a call. Chunks of any size go in; items come out as soon as they can be told:
 * a prefix, the message in the parts in which it comes, its end. Nothing is kept but an unfinished prefix. `bytes` are views of the
 * chunk where they can be, so they hold as long as its memory does.
 *
 * Bytes that are no message give one `malformed` item, and then `opaque` ones: pass them on, or end the call. A compressed message is
 * not inflated.
 *
 * @example
 * ```ts
 * const reader = new MessageReader();
 * for (const item of reader.push(chunk)) if (item.kind === "end") console.log(item.messageBytes);
 * ```
 */
export class MessageReader {
  readonly #maxMessageBytes: number;
  /** The prefix that is not whole. */
  readonly #held = new Uint8Array(PREFIX_BYTES);
  #heldBytes = 0;
  /** The length of the message that is under way; -1 between two. */
  #messageBytes = -1;
  /** Bytes of it that have come. */
  #at = 0;
  /** Bytes before the message that is being read. */
  #offset = 0;
  #isOpaque = false;

  /**
   * @param options - `maxMessageBytes`: a longer message is malformed; what the 32 bits of its length allow unless given.
   * @throws GrpcError `invalid-argument` for a limit that is no whole number from 0 to 2^32 − 1.
   */
  constructor({ maxMessageBytes = grpcLimits.maxMessageBytes }: { readonly maxMessageBytes?: number } = {}) {
    checkLength("maxMessageBytes", maxMessageBytes);
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Bytes that are kept: of a prefix, so four at the most. */
  get pendingBytes(): number {
    return this.#heldBytes;
  }

  /** True between two messages. */
  get isBetweenMessages(): boolean {
    return this.#messageBytes < 0 && this.#heldBytes === 0;
  }

  /** True once nothing is read as messages any more. */
  get isOpaque(): boolean {
    return this.#isOpaque;
  }

  /** Reads on; gives the items that are known now, in order. Empty where more is needed. */
  push(chunk: Uint8Array): MessageItem[] {
    const items: MessageItem[] = [];
    let from = 0;
    while (from < chunk.length) {
      if (this.#isOpaque) {
        items.push({ kind: "opaque", bytes: chunk.subarray(from) });
        break;
      }
      from +=
        this.#messageBytes < 0 ? this.#readPrefix(chunk, from, items) : this.#readPart(chunk, from, items);
    }
    return items;
  }

  /** The side has ended its stream: gives a `truncated` item where a message was not whole. */
  finish(): MessageItem[] {
    if (this.#isOpaque || this.isBetweenMessages) return [];
    return [this.#malformed("truncated")];
  }

  /** Takes bytes up to the end of the prefix. @returns how many. */
  #readPrefix(chunk: Uint8Array, from: number, items: MessageItem[]): number {
    const isHeld = this.#heldBytes > 0;
    if (!isHeld && chunk[from]! > 1) {
      this.#held[this.#heldBytes++] = chunk[from]!;
      items.push(this.#malformed("reserved-flag"));
      return 1;
    }
    const taken = Math.min(PREFIX_BYTES - this.#heldBytes, chunk.length - from);
    this.#held.set(chunk.subarray(from, from + taken), this.#heldBytes);
    this.#heldBytes += taken;
    if (this.#heldBytes < PREFIX_BYTES) return taken;
    const messageBytes = new DataView(this.#held.buffer).getUint32(1);
    if (messageBytes > this.#maxMessageBytes) {
      items.push(this.#malformed("message-too-long"));
      return taken;
    }
    items.push({
      kind: "head",
      isCompressed: this.#held[0] === 1,
      messageBytes,
      offset: this.#offset,
      bytes: isHeld ? this.#held.slice() : chunk.subarray(from, from + taken),
    });
    this.#heldBytes = 0;
    this.#messageBytes = messageBytes;
    this.#at = 0;
    if (messageBytes === 0) this.#end(items);
    return taken;
  }

  /** Takes bytes up to the end of the message. @returns how many. */
  #readPart(chunk: Uint8Array, from: number, items: MessageItem[]): number {
    const bytes = chunk.subarray(from, from + this.#messageBytes - this.#at);
    items.push({ kind: "part", at: this.#at, bytes });
    this.#at += bytes.length;
    if (this.#at === this.#messageBytes) this.#end(items);
    return bytes.length;
  }

  #end(items: MessageItem[]): void {
    const messageBytes = this.#messageBytes;
    this.#messageBytes = -1;
    this.#offset += PREFIX_BYTES + messageBytes;
    items.push({ kind: "end", messageBytes, bytes: NOTHING });
  }

  #malformed(code: MessageFault): MessageItem {
    this.#isOpaque = true;
    const bytes = this.#held.slice(0, this.#heldBytes);
    this.#heldBytes = 0;
    this.#messageBytes = -1;
    return { kind: "malformed", code, offset: this.#offset, bytes };
  }
}

/**
 * The prefix of a message.
 *
 * @param flag - The Compressed-Flag; any byte may be written, also one that PROTOCOL-HTTP2 does not allow.
 * @throws GrpcError `invalid-argument` for a length that does not fit into 32 bits, or a flag that is no byte.
 *
 * @example
 * ```ts
 * const wire = [encodePrefix(message.length), message];
 * ```
 */
export function encodePrefix(messageBytes: number, flag: number = 0): Uint8Array {
  checkLength("messageBytes", messageBytes);
  if (!Number.isInteger(flag) || flag < 0 || flag > 255)
    throw new GrpcError("invalid-argument", `flag: found ${flag}, expected a byte`);
  const prefix = new Uint8Array(PREFIX_BYTES);
  prefix[0] = flag;
  new DataView(prefix.buffer).setUint32(1, messageBytes);
  return prefix;
}

function checkLength(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= grpcLimits.maxMessageBytes) return;
  throw new GrpcError(
    "invalid-argument",
    `${name}: found ${value}, expected a whole number from 0 to ${grpcLimits.maxMessageBytes}`,
  );
}
