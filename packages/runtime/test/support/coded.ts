/** Bodies in every coding, made and read by the functions of `node:zlib` that take a whole body: by other ways than those under test. */
import * as zlib from "node:zlib";

type OneShot = (bytes: Uint8Array, options?: object) => Buffer;

/** The two functions for zstd, where this Node has them. */
interface Zstd {
  readonly zstdCompressSync?: OneShot;
  readonly zstdDecompressSync?: OneShot;
}

const { zstdCompressSync, zstdDecompressSync } = zlib as unknown as Zstd;
const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
/** ZSTD_e_flush; types of an older Node do not have the constant. */
const zstdFlush = 1;

export const hasZstd: boolean = zstdCompressSync !== undefined;

/** A coding as its users make and read it. */
export interface CodingUnderTest {
  /** The value of `content-encoding`. */
  readonly header: string;
  readonly codings: readonly string[];
  readonly code: (content: Uint8Array) => Buffer;
  /** Reads as much as there is: of a body that was cut off, too. */
  readonly read: (coded: Uint8Array) => Buffer;
  /** Whether it has its end, without which a client takes it for cut off. */
  readonly isWhole: (coded: Uint8Array) => boolean;
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

const of = (header: string, code: OneShot, read: OneShot, finishFlush: number): CodingUnderTest => ({
  header,
  codings: header.split(", "),
  code: (content) => code(content),
  read: (coded) => (coded.length === 0 ? Buffer.alloc(0) : read(coded, { finishFlush })),
  isWhole: (coded) => coded.length === 0 || succeeds(() => read(coded)),
});

export const gzip: CodingUnderTest = of("gzip", zlib.gzipSync, zlib.gunzipSync, Z_SYNC_FLUSH);
export const br: CodingUnderTest = of(
  "br",
  zlib.brotliCompressSync,
  zlib.brotliDecompressSync,
  BROTLI_OPERATION_FLUSH,
);

/** Every coding, by name; `raw deflate` is `deflate` without its head. */
export const codingsUnderTest: ReadonlyMap<string, CodingUnderTest> = new Map([
  ["gzip", gzip],
  ["deflate", of("deflate", zlib.deflateSync, zlib.inflateSync, Z_SYNC_FLUSH)],
  ["raw deflate", of("deflate", zlib.deflateRawSync, zlib.inflateRawSync, Z_SYNC_FLUSH)],
  ["br", br],
  ...(zstdCompressSync && zstdDecompressSync
    ? ([["zstd", of("zstd", zstdCompressSync, zstdDecompressSync, zstdFlush)]] as const)
    : []),
  [
    "gzip in br",
    {
      header: "gzip, br",
      codings: ["gzip", "br"],
      code: (content) => br.code(gzip.code(content)),
      read: (coded) => gzip.read(br.read(coded)),
      isWhole: (coded) => br.isWhole(coded) && gzip.isWhole(br.read(coded)),
    },
  ],
]);
