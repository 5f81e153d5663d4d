/**
 * Engines of `node:zlib`, asked on the caller's own thread. Its streams answer later, on another thread, and its functions take a
 * whole body; a session takes bytes and gives bytes, in one moment. What stands below both is used here: the engine's
 * handle, as npm's own `tar` uses it, so that no Node comes without it. {@link isUsable} asks before anything depends on it.
 */
import type { BrotliCompress, Deflate, Zlib } from "node:zlib";

/** What is used of an engine beside its type. */
interface EngineParts {
  readonly _handle: {
    onerror: (message: string, errno: number, code: string) => void;
    writeSync(
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputBytes: number,
      output: Uint8Array,
      outputAt: number,
      outputBytes: number,
    ): void;
  };
  /** Room left in the output, bytes left of the input. */
  readonly _writeState: Uint32Array;
}

/** An engine as `node:zlib` makes it. */
export type ZlibStream = (Zlib | Deflate | BrotliCompress) & { close(): void };

const outputBytes = 16_384;
const nothing = new Uint8Array(0);

/** What became of a write. */
export interface Written {
  /** Why the engine takes no more, in words; `null` where it does. */
  readonly failure: string | null;
  /** Bytes of the input that it left behind the end of its coding. */
  readonly left: number;
}

export class ZlibEngine {
  readonly #stream: ZlibStream;
  readonly #parts: EngineParts;
  #output: Uint8Array = nothing;
  #outputAt = 0;
  #failure: string | null = null;
  #isClosed = false;

  constructor(stream: ZlibStream) {
    this.#stream = stream;
    this.#parts = stream as unknown as EngineParts;
    this.#parts._handle.onerror = (message) => {
      this.#failure = message;
    };
  }

  /**
   * Gives all that the engine makes of `input`, part by part; nothing once it is closed.
   *
   * @param take - Takes a part; false stops the engine here. It may close it.
   */
  write(input: Uint8Array, flush: number, take: (output: Uint8Array) => boolean): Written {
    const { _handle, _writeState } = this.#parts;
    let inputAt = 0;
    while (!this.#isClosed) {
      if (this.#outputAt === this.#output.length) {
        this.#output = new Uint8Array(outputBytes);
        this.#outputAt = 0;
      }
      const room = this.#output.length - this.#outputAt;
      const given = input.length - inputAt;
      _handle.writeSync(flush, input, inputAt, given, this.#output, this.#outputAt, room);
      if (this.#failure !== null) return { failure: this.#failure, left: given };
      const [roomLeft = 0, left = 0] = _writeState;
      const made = this.#output.subarray(this.#outputAt, this.#output.length - roomLeft);
      this.#outputAt += made.length;
      inputAt = input.length - left;
      if (made.length > 0 && !take(made)) return { failure: null, left };
      // Another frame may follow in what is left; where none of it was taken, none does.
      const hasMore = roomLeft === 0 || (left > 0 && left < given);
      if (!hasMore) return { failure: null, left };
    }
    return { failure: null, left: 0 };
  }

  /** Gives its memory back. */
  close(): void {
    this.#isClosed = true;
    this.#stream.close();
  }
}

/** Whether this Node lets its engines be asked so: tried with a few bytes, there and back. */
export function isUsable(
  compress: () => ZlibStream,
  decompress: () => ZlibStream,
  flush: { readonly sync: number; readonly process: number },
): boolean {
  try {
    const [closer, opener] = [new ZlibEngine(compress()), new ZlibEngine(decompress())];
    const text = Uint8Array.of(1, 2, 3, 4);
    const read: number[] = [];
    closer.write(text, flush.sync, (coded) => {
      opener.write(coded, flush.process, (content) => read.push(...content) > 0);
      return true;
    });
    closer.close();
    opener.close();
    return String(read) === String([...text]);
  } catch {
    return false;
  }
}
