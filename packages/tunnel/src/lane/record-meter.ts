/**
 * Follows the TLS records that a peer says, by their five header bytes (RFC 8446 section 5.1), and tells how many bytes are
 * sure to follow: a TLS peer writes a record in one go. Of a peer that does not speak TLS nothing is known.
 */

const headerBytes = 5;
const firstContentType = 20;
const lastContentType = 24;
/** The longest record of TLS 1.2, protection included (RFC 5246 section 6.2.3). */
const maxRecordBytes = 16_384 + 2048;
/** The most that a record carries. A peer that fills one has more to say. */
const fullRecordBytes = 16_384;

export class RecordMeter {
  /** What has come of a header. */
  #header: number[] = [];
  /** Bytes of the record's content that are still to come. */
  #left = 0;
  #length = 0;
  #isTls: boolean;

  /** @param isTls - False where the peer is known not to speak TLS. */
  constructor(isTls = true) {
    this.#isTls = isTls;
  }

  get isTls(): boolean {
    return this.#isTls;
  }

  /** The peer has said this. */
  push(chunk: Uint8Array): void {
    for (let at = 0; this.#isTls && at < chunk.length; ) {
      const step = Math.min(this.#left, chunk.length - at);
      if (step > 0) {
        this.#left -= step;
        at += step;
        continue;
      }
      this.#header.push(chunk[at] ?? 0);
      at++;
      this.#isTls = isContentType(this.#header[0]);
      if (this.#header.length === headerBytes) this.#begin();
    }
  }

  /** So many bytes are sure to follow; 0 between two records. */
  get sureBytes(): number {
    if (!this.#isTls) return 0;
    return this.#header.length > 0 ? headerBytes - this.#header.length + 1 : this.#left;
  }

  /** Whether the last record was as long as one can be, so that another one is likely to follow. */
  get isFull(): boolean {
    return this.#isTls && this.#length >= fullRecordBytes;
  }

  #begin(): void {
    const [, major, , high = 0, low = 0] = this.#header;
    this.#header = [];
    this.#left = high * 256 + low;
    this.#length = this.#left;
    this.#isTls = major === 3 && this.#left <= maxRecordBytes;
  }
}

function isContentType(type: number | undefined): boolean {
  return type !== undefined && type >= firstContentType && type <= lastContentType;
}
