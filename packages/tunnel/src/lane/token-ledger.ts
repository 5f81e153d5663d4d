/**
 * What of its answers to read calls the host may still show in write calls. The answers hold *tokens*: bytes that mean
 * nothing and are never sent on. All tokens of an answer are the same byte, its *stamp*, so a write call says which answer it
 * shows. Answers before that one are gone: the host has added them to its buffer while it was writing, and counted them as
 * written. Nothing is lost by that.
 */
import { hostLimits } from "@faultwire/fault-protocol";
import type { LaneAtRest } from "./lane-calls.ts";

const bufferBytes = hostLimits.maxWriteChunkBytes;

/** Tokens of an answer that brings a write call, unless the host is writing. */
const fewTokens = 64;
/** An answer that is sure to bring a write call holds at least so many tokens. */
const leastCertainTokens = bufferBytes / 2 + fewTokens / 2;
/** Stamps are numbered from 1 to this, and then from 1 again. */
const lastStamp = 250;

interface Given {
  /** The first bytes that it was given; the others were tokens with this stamp. */
  readonly first?: Uint8Array;
  readonly stamp: number;
  readonly kind: "first" | "few" | "certain" | "parts";
  /** How many bytes it has not shown, at the most. */
  left: number;
  /** How many write calls it still brings; of few tokens, at the most. */
  calls: number;
  /** How many of those are for plain bytes. */
  plainCalls: number;
}

/** What a write call shows. */
export interface Shown {
  /** Whether the call was asked for one part of an answer in parts. */
  readonly isPart: boolean;
  /** How many calls the same answer still brings. */
  readonly callsToCome: number;
}

export class TokenLedger {
  #given: Given[] = [];
  #stamp = 0;
  /** Bytes of the last write call: while the host writes its answer, its buffer holds at least these. 0 before the first. */
  #lastShown = 0;

  /** Whether the host shows nothing more of what it was given. */
  get isEmpty(): boolean {
    return this.#given.length === 0;
  }

  /** What has to be kept of a ledger that {@link isEmpty}. */
  get atRest(): Pick<LaneAtRest, "lastShown" | "stamp"> {
    return { stamp: this.#stamp, lastShown: this.#lastShown };
  }

  resume({ stamp, lastShown }: Pick<LaneAtRest, "lastShown" | "stamp">): void {
    this.#stamp = stamp;
    this.#lastShown = lastShown;
  }

  /** How many bytes the host may still show. */
  get bytes(): number {
    return this.#given.reduce((sum, { left }) => sum + left, 0);
  }

  /** Whether a write call is sure to come. */
  get isSure(): boolean {
    const last = this.#given.at(-1);
    return last !== undefined && last.kind !== "few";
  }

  /**
   * How many plain bytes have to be kept back for write calls that may still come: one for each, for it can't be answered
   * with nothing. Where none of them is sure to come, one more: for the call that then has to be asked for.
   */
  get owed(): number {
    const calls = this.#given.reduce((sum, { plainCalls }) => sum + plainCalls, 0);
    return calls === 0 || this.isSure ? calls : calls + 1;
  }

  /** Whether the host holds tokens. */
  get hasTokens(): boolean {
    return this.#given.some(({ kind }) => kind !== "first");
  }

  /** Whether nothing but the first bytes were given, and none of them shown. */
  get awaitsFirst(): boolean {
    return this.#given[0]?.kind === "first" && this.#lastShown === 0;
  }

  /** The first answer of a direction holds its real bytes: nothing has proven yet that the host shows them again. */
  giveFirst(bytes: Uint8Array): Uint8Array {
    const calls = Math.ceil(bytes.length / bufferBytes);
    this.#given.push({ first: bytes, stamp: 0, kind: "first", left: bytes.length, calls, plainCalls: calls });
    return bytes;
  }

  /** Tokens that bring one write call, unless the host is still writing. */
  giveFew(): Uint8Array {
    return this.#add("few", fewTokens, 1);
  }

  /**
   * Tokens that bring so many write calls, whatever the host does now. If its buffer is empty, they are all in the last call
   * (and in full buffers before it). If the buffer holds bytes that are being written, these tokens fill it, and the rest
   * comes in a call of its own.
   */
  giveCertain(calls: number): Uint8Array {
    const few = this.#given.map(({ left }) => left);
    const least = Math.min(...few, this.#lastShown > 0 ? this.#lastShown : bufferBytes);
    // Not a full buffer, where that can be: the host reads on only while there is room in it.
    const most = least > 1 ? bufferBytes - 1 : bufferBytes;
    const tokens = Math.min(most, Math.max(leastCertainTokens, bufferBytes - least + fewTokens));
    return this.#add("certain", (calls - 1) * bufferBytes + tokens, calls);
  }

  /**
   * A full buffer of tokens for each part, and one for the plain bytes ahead of them, where there are some. The host reads
   * nothing more until it has got them all.
   */
  giveParts(parts: number, isPlainAhead: boolean): Uint8Array {
    const plainCalls = isPlainAhead ? 1 : 0;
    const calls = parts + plainCalls;
    return this.#add("parts", calls * bufferBytes, calls, plainCalls);
  }

  /** A write call has come. @returns what it shows; `undefined` where it shows something that was not given. */
  show(chunk: Uint8Array): Shown | undefined {
    let at = 0;
    let shown: Given | undefined;
    while (at < chunk.length) {
      const given = this.#given.find(({ first, stamp }) => first !== undefined || stamp === chunk[at]);
      const length = given ? matching(given, chunk, at) : 0;
      if (!given || length === 0 || length > given.left) return undefined;
      given.left -= length;
      at += length;
      shown = given;
      this.#given = this.#given.slice(this.#given.indexOf(given));
    }
    if (!shown) return undefined;
    this.#lastShown = chunk.length;
    shown.calls--;
    shown.plainCalls = Math.max(0, shown.plainCalls - 1);
    if (shown.calls <= 0 || shown.left === 0) this.#given.shift();
    return { isPart: shown.kind === "parts", callsToCome: Math.max(0, shown.calls) };
  }

  /** The host shows nothing of this any more. */
  forget(): void {
    this.#given = [];
  }

  #add(kind: Given["kind"], tokens: number, calls: number, plainCalls: number = calls): Uint8Array {
    this.#stamp = (this.#stamp % lastStamp) + 1;
    const stamp = this.#stamp;
    this.#given.push({ stamp, kind, left: tokens, calls, plainCalls });
    return new Uint8Array(tokens).fill(stamp);
  }
}

/** How many bytes of a write call, from there on, are what was given. */
function matching({ first, left }: Given, chunk: Uint8Array, from: number): number {
  if (first) {
    const rest = chunk.subarray(from);
    const start = first.length - left;
    return Buffer.compare(first.subarray(start, start + rest.length), rest) === 0 ? rest.length : 0;
  }
  let at = from + 1;
  while (at < chunk.length && chunk[at] === chunk[from]) at++;
  return at - from;
}
