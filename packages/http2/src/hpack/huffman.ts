/** HPACK's Huffman code (RFC 7541 section 5.2 and appendix B). */
import { fromLatin1 } from "@faultwire/http1/internal";
import { Http2Error } from "../http2-error.ts";

/**
 * Bits of each byte's code, the last one EOS's. The code is canonical: among codes of one length the numbers rise with the
 * bytes, and the next length goes on behind them. So lengths say all of appendix B.
 */
// biome-ignore format: sixteen in a row, as the bytes count
const codeBits: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const EOS = 256;
/** Below this a transition names a node; with it added, a byte. */
const isByte = 0x200;
const failed = 0xffff;

interface Code {
  readonly codes: Uint32Array;
  /** For each node and the next four bits: the node behind them, and the byte that they end, if any. */
  readonly transitions: Uint32Array;
  /** Nodes at which a text may end: the padding, up to seven ones (RFC 7541 section 5.2). */
  readonly mayEnd: Uint8Array;
}

let made: Code | undefined;

/** Made at its first use: most programs that load this never read HTTP/2. */
function code(): Code {
  made ??= makeCode();
  return made;
}

function makeCode(): Code {
  const codes = new Uint32Array(codeBits.length);
  const bySize = codeBits
    .map((bits, symbol) => ({ bits, symbol }))
    .sort((a, b) => a.bits - b.bits || a.symbol - b.symbol);
  /** Two children of each node: a node, or `isByte` and the byte. */
  const children: [number, number][] = [[0, 0]];
  let next = 0;
  let bitsBefore = bySize[0]!.bits;
  for (const { bits, symbol } of bySize) {
    next = next * 2 ** (bits - bitsBefore);
    bitsBefore = bits;
    codes[symbol] = next;
    let node = 0;
    for (let bit = bits - 1; bit > 0; bit--) {
      const way = ((next >>> bit) & 1) as 0 | 1;
      if (children[node]![way] === 0) {
        children[node]![way] = children.length;
        children.push([0, 0]);
      }
      node = children[node]![way];
    }
    children[node]![(next & 1) as 0 | 1] = isByte | symbol;
    next++;
  }
  return { codes, transitions: makeTransitions(children), mayEnd: makeEnds(children) };
}

function makeTransitions(children: readonly [number, number][]): Uint32Array {
  const transitions = new Uint32Array(children.length * 16);
  for (let node = 0; node < children.length; node++)
    for (let bits = 0; bits < 16; bits++) {
      let at = node;
      let byte = failed;
      let hasFailed = false;
      for (let bit = 3; bit >= 0 && !hasFailed; bit--) {
        const child = children[at]![((bits >>> bit) & 1) as 0 | 1];
        if (child < isByte) at = child;
        else if (child === (isByte | EOS)) hasFailed = true;
        else {
          // No code is shorter than five bits, so that four of them end one at the most.
          byte = child & 0xff;
          at = 0;
        }
      }
      transitions[node * 16 + bits] = hasFailed ? 0xffff_ffff : ((byte << 16) | at) >>> 0;
    }
  return transitions;
}

function makeEnds(children: readonly [number, number][]): Uint8Array {
  const mayEnd = new Uint8Array(children.length);
  let node = 0;
  for (let ones = 0; ones < 8; ones++) {
    mayEnd[node] = 1;
    node = children[node]![1];
  }
  return mayEnd;
}

/** Bytes of a text in the code; text of ISO-8859-1, as everywhere here. */
export function huffmanBytes(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += codeBits[text.charCodeAt(at) & 0xff]!;
  return (bits + 7) >>> 3;
}

/** Writes a text into `into`, which has {@link huffmanBytes} of room from `at` on. */
export function writeHuffman(text: string, into: Uint8Array, at: number): void {
  const { codes } = code();
  let pending = 0;
  let bits = 0;
  for (let index = 0; index < text.length; index++) {
    const symbol = text.charCodeAt(index) & 0xff;
    let left = codeBits[symbol]!;
    const value = codes[symbol]!;
    // No more than 30 bits at once, with up to 7 pending: in two parts.
    while (left > 0) {
      const taken = Math.min(left, 16);
      left -= taken;
      pending = (pending << taken) | ((value >>> left) & ((1 << taken) - 1));
      bits += taken;
      while (bits >= 8) {
        bits -= 8;
        into[at++] = pending >>> bits;
      }
      pending &= (1 << bits) - 1;
    }
  }
  if (bits > 0) into[at] = (pending << (8 - bits)) | (0xff >>> bits);
}

/**
 * Reads a text.
 *
 * @throws Http2Error `bad-header-block` for EOS in it, for padding of eight bits or more, and for padding that is not EOS's
 *   first bits
 */
export function readHuffman(bytes: Uint8Array, from: number, to: number): string {
  const { transitions, mayEnd } = code();
  const out = new Uint8Array(((to - from) * 8) / 5 + 1);
  let length = 0;
  let node = 0;
  for (let at = from; at < to; at++) {
    const both = bytes[at]!;
    for (const bits of [both >>> 4, both & 15]) {
      const transition = transitions[node * 16 + bits]!;
      if (transition === 0xffff_ffff)
        throw new Http2Error("bad-header-block", "EOS within a Huffman code", at);
      const byte = transition >>> 16;
      if (byte !== failed) out[length++] = byte;
      node = transition & 0xffff;
    }
  }
  if (!mayEnd[node])
    throw new Http2Error("bad-header-block", "a Huffman code that is not padded with ones", to);
  return fromLatin1(out, 0, length);
}
