/** The content codings that are undone and done here (RFC 9110 section 8.4.1, RFC 7932, RFC 8878): with `node:zlib`, in one moment. */

import * as zlib from "node:zlib";
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
} from "node:zlib";
import type { ContentCloser, ContentCoding, ContentCodings, ContentOpener } from "@faultwire/fault-engine";
import { isUsable, ZlibEngine, type ZlibStream } from "./zlib-engine.ts";

/** Limits of what is opened. */
export const contentCodingLimits = {
  /** Bytes that one part of a body may open to, as it came from the upstream's connection; beyond it the body breaks off. */
  maxOpenedBytesAtOnce: 16_777_216,
  /** Bytes behind the end of a coding that still pass. */
  maxTrailingBytes: 65_536,
  /** Codings of one body, one around the other. */
  maxCodings: 3,
} as const;

/** Engines of one coding. */
interface Engines {
  readonly compress: () => ZlibStream;
  readonly decompress: () => ZlibStream;
  readonly flush: { readonly process: number; readonly sync: number; readonly finish: number };
}

/** An engine is given so many coded bytes at once: it gives nothing of a write in which it meets an error. */
const stepBytes = 512;

const ofZlib = {
  // What it gives may still lie in its input.
  process: constants.Z_SYNC_FLUSH,
  sync: constants.Z_SYNC_FLUSH,
  finish: constants.Z_FINISH,
};

/** The least effort that still compresses: an answer is short, and its client waits. */
const level = { level: 1 };

const gzip: Engines = { compress: () => createGzip(level), decompress: () => createGunzip(), flush: ofZlib };
const deflate: Engines = {
  compress: () => createDeflate(level),
  decompress: () => createInflate(),
  flush: ofZlib,
};
/** `deflate` without its two bytes of a head, as some servers send it. */
const rawDeflate: Engines = {
  compress: () => createDeflateRaw(level),
  decompress: () => createInflateRaw(),
  flush: ofZlib,
};
/** Below 3, what was flushed before is not looked back at: a stream of events then grows to five times its size. */
const br: Engines = {
  compress: () =>
    createBrotliCompress({
      params: { [constants.BROTLI_PARAM_QUALITY]: 3, [constants.BROTLI_PARAM_LGWIN]: 18 },
    }),
  decompress: () => createBrotliDecompress(),
  flush: {
    process: constants.BROTLI_OPERATION_PROCESS,
    sync: constants.BROTLI_OPERATION_FLUSH,
    finish: constants.BROTLI_OPERATION_FINISH,
  },
};
/** What Node has of zstd from 22.15 and 23.8 on. */
interface Zstd {
  readonly createZstdCompress?: (options: object) => ZlibStream;
  readonly createZstdDecompress?: (options: object) => ZlibStream;
  readonly constants: Readonly<Record<string, number>>;
}

const zstd: Engines | null = zstdOf(zlib as unknown as Zstd);

function zstdOf({ createZstdCompress, createZstdDecompress, constants: named }: Zstd): Engines | null {
  const { ZSTD_c_compressionLevel, ZSTD_d_windowLogMax, ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end } = named;
  if (!createZstdCompress || !createZstdDecompress || ZSTD_c_compressionLevel === undefined) return null;
  return {
    compress: () => createZstdCompress({ params: { [ZSTD_c_compressionLevel]: 1 } }),
    // RFC 9659: a window of more than 8 MiB is for no reader of HTTP.
    decompress: () => createZstdDecompress({ params: { [ZSTD_d_windowLogMax ?? 0]: 23 } }),
    flush: { process: ZSTD_e_continue ?? 0, sync: ZSTD_e_flush ?? 1, finish: ZSTD_e_end ?? 2 },
  };
}

const known: ReadonlyMap<string, Engines | null> = new Map([
  ["gzip", gzip],
  ["x-gzip", gzip],
  ["deflate", deflate],
  ["br", br],
  ["zstd", zstd],
]);

const nothing = new Uint8Array(0);

const tried = new Map<Engines, boolean>();

function works(engines: Engines): boolean {
  const { compress, decompress, flush } = engines;
  const found = tried.get(engines) ?? isUsable(compress, decompress, flush);
  tried.set(engines, found);
  return found;
}

/** Makes the coding of one body: gzip, deflate (with and without its head), br, and zstd where this Node has it. */
export const contentCodings: ContentCodings = (codings) => {
  const { maxCodings } = contentCodingLimits;
  if (codings.length > maxCodings)
    return `the response is compressed ${codings.length} times, and more than ${maxCodings} are not undone`;
  const made: OneCoding[] = [];
  for (const name of codings) {
    const engines = known.get(name);
    if (engines === undefined)
      return `the response is compressed with ${JSON.stringify(name)}, which is not read`;
    if (engines === null)
      return `the response is compressed with ${name}, which Node ${process.versions.node} can't undo; 22.15 and newer can`;
    if (!works(engines))
      return `the response is compressed with ${name}, which this Node can't undo in place`;
    made.push(new OneCoding(name, engines));
  }
  const [first, ...others] = made;
  if (first === undefined) return "the response is not compressed";
  return others.reduce<ContentCoding>((inner, outer) => new CodingAround(inner, outer), first);
};

/** One coding, not around another. */
class OneCoding implements ContentCoding {
  readonly name: string;
  readonly opener: Opener;
  readonly closer: Closer;

  constructor(name: string, engines: Engines) {
    this.name = name;
    this.opener = new Opener(engines);
    this.closer = new Closer(this.opener);
  }

  close(): void {
    this.opener.close();
    this.closer.close();
  }
}

class Opener implements ContentOpener {
  #engines: Engines;
  #engine: ZlibEngine | undefined;
  #trailing: Uint8Array[] = [];
  #trailingBytes = 0;

  constructor(engines: Engines) {
    this.#engines = engines;
  }

  /** What undoes the coding; known for good once the first byte has come. */
  get engines(): Engines {
    return this.#engines;
  }

  get trailing(): Uint8Array {
    return Buffer.concat(this.#trailing);
  }

  push(coded: Uint8Array, take: (content: Uint8Array) => void): string | null {
    const engine = this.#engineFor(coded);
    const { maxOpenedBytesAtOnce, maxTrailingBytes } = contentCodingLimits;
    let opened = 0;
    for (let at = 0; at < coded.length; at += stepBytes) {
      const step = coded.subarray(at, at + stepBytes);
      const { failure, left } =
        this.#trailingBytes > 0
          ? { failure: null, left: step.length }
          : engine.write(step, this.#engines.flush.process, (content) => {
              opened += content.length;
              if (opened > maxOpenedBytesAtOnce) return false;
              take(content);
              return true;
            });
      if (opened > maxOpenedBytesAtOnce) return tooMuch(coded);
      if (failure !== null) return failure;
      if (left === 0) continue;
      this.#trailing.push(step.slice(step.length - left));
      this.#trailingBytes += left;
      if (this.#trailingBytes > maxTrailingBytes) return `more than ${maxTrailingBytes} bytes follow its end`;
    }
    return null;
  }

  finish(): boolean {
    const { failure } = this.#engineFor(nothing).write(nothing, this.#engines.flush.finish, () => true);
    return failure === null;
  }

  close(): void {
    this.#engine?.close();
  }

  #engineFor(coded: Uint8Array): ZlibEngine {
    const [first] = coded;
    // A head of zlib says the method in four bits, and it is always 8 (RFC 1950).
    if (this.#engine === undefined && this.#engines === deflate && first !== undefined && (first & 15) !== 8)
      this.#engines = rawDeflate;
    this.#engine ??= new ZlibEngine(this.#engines.decompress());
    return this.#engine;
  }
}

/** Does what an opener undoes. */
class Closer implements ContentCloser {
  readonly #opener: Opener;
  #engine: ZlibEngine | undefined;

  constructor(opener: Opener) {
    this.#opener = opener;
  }

  push(content: Uint8Array): Uint8Array {
    return this.#write(content, this.#opener.engines.flush.sync);
  }

  finish(): Uint8Array {
    return this.#write(nothing, this.#opener.engines.flush.finish);
  }

  close(): void {
    this.#engine?.close();
  }

  #write(content: Uint8Array, flush: number): Uint8Array {
    this.#engine ??= new ZlibEngine(this.#opener.engines.compress());
    const parts: Uint8Array[] = [];
    this.#engine.write(content, flush, (coded) => parts.push(coded) > 0);
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts);
  }
}

/** Why so much is not opened. */
function tooMuch({ length }: Uint8Array): string {
  return `${length} bytes of it open to more than ${contentCodingLimits.maxOpenedBytesAtOnce}`;
}

/** A coding around another one: the outer is undone first, and done last. */
class CodingAround implements ContentCoding {
  readonly name: string;
  readonly opener: ContentOpener;
  readonly closer: ContentCloser;
  readonly #both: readonly [ContentCoding, ContentCoding];

  constructor(inner: ContentCoding, outer: ContentCoding) {
    this.#both = [inner, outer];
    this.name = `${inner.name}, ${outer.name}`;
    this.opener = {
      push(coded, take) {
        let failure: string | null = null;
        let opened = 0;
        const outerFailure = outer.opener.push(coded, (between) => {
          failure ??= inner.opener.push(between, (content) => {
            opened += content.length;
            take(content);
          });
          if (opened > contentCodingLimits.maxOpenedBytesAtOnce) failure ??= tooMuch(coded);
        });
        return failure ?? outerFailure;
      },
      finish: () => [outer, inner].every(({ opener }) => opener.finish()),
      get trailing() {
        return outer.opener.trailing;
      },
    };
    this.closer = {
      push: (content) => outer.closer.push(inner.closer.push(content)),
      finish: () =>
        Buffer.concat([
          ...[inner.closer.finish()].filter(({ length }) => length > 0).map((end) => outer.closer.push(end)),
          outer.closer.finish(),
        ]),
    };
  }

  close(): void {
    for (const coding of this.#both) coding.close();
  }
}
