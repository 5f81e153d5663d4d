/** What undoes and does the coding of a body (RFC 9110 section 8.4). Whoever carries a response gives it: nothing here compresses. */

/** Undoes a coding as its bytes come. Where upstream has flushed, all that it said is given at once. */
export interface ContentOpener {
  /**
   * Takes the next coded bytes, in whatever parts they come.
   *
   * @param take - Is given the content, part by part; the memory of a part is the taker's.
   * @returns why no more can be read, in words; `null` where it can go on. After that it takes no more.
   */
  push(coded: Uint8Array, take: (content: Uint8Array) => void): string | null;
  /** All has come. @returns whether the coding was whole: none of its end is missing. */
  finish(): boolean;
  /** What came behind the end of the coding, as it came. */
  readonly trailing: Uint8Array;
}

/** Does a coding. */
export interface ContentCloser {
  /** Codes the next content. @returns bytes from which a reader gets all that was given so far, flushed. */
  push(content: Uint8Array): Uint8Array;
  /** @returns the end of the coding. */
  finish(): Uint8Array;
}

/** One body's coding, undone and done. */
export interface ContentCoding {
  /** The value of `content-encoding`, for reasons: `gzip`. */
  readonly name: string;
  /** Undoes it. */
  readonly opener: ContentOpener;
  /** Does what {@link opener} undoes; ask it for nothing before the first bytes have been opened, if they come at all. */
  readonly closer: ContentCloser;
  /** Nothing more is asked of either: their memory is given back. */
  close(): void;
}

/**
 * Makes the coding of one body.
 *
 * @param codings - The members of `content-encoding`, in lower case and in their order, without `identity`.
 * @returns why it can't be undone, in words, where it can't.
 */
export type ContentCodings = (codings: readonly string[]) => ContentCoding | string;
