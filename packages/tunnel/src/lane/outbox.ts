/** Bytes of one direction on their way to write calls, in order: plain ones, which may be joined, and parts with times. */
import { joinBytes } from "@faultwire/http1/internal";
import type { TimedPart } from "../timed-parts.ts";

export class Outbox {
  /** Plain bytes, ahead of all parts. */
  #plain: Uint8Array[] = [];
  #plainBytes = 0;
  #parts: TimedPart[] = [];
  /** Plain bytes behind the parts. */
  #behind: Uint8Array[] = [];

  /** Plain bytes that no part is ahead of. */
  get plainBytes(): number {
    return this.#plainBytes;
  }

  /** Whether something waits: a part without bytes is an end, and counts. */
  get isEmpty(): boolean {
    return this.#plainBytes === 0 && this.#parts.length === 0;
  }

  /** How many bytes wait in all. */
  get bytes(): number {
    const all = [...this.#parts.map(({ bytes }) => bytes), ...this.#behind];
    return all.reduce((sum, { length }) => sum + length, this.#plainBytes);
  }

  /** When the next part is due; undefined where there is none. */
  get nextPartAtMs(): number | undefined {
    return this.#parts[0]?.atMs;
  }

  /** How many parts wait. */
  get parts(): number {
    return this.#parts.length;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#parts.length > 0) this.#behind.push(bytes);
    else this.#addPlain(bytes);
  }

  pushParts(parts: readonly TimedPart[]): void {
    const behind = this.#behind.splice(0);
    if (behind.length > 0) this.#parts.push({ bytes: joinBytes(behind), atMs: 0 });
    this.#parts.push(...parts);
  }

  /** The plain bytes, which stay. */
  plain(): Uint8Array {
    const all = joinBytes(this.#plain);
    this.#plain = [all];
    return all;
  }

  /** Takes the next `count` of the plain bytes. */
  takePlain(count: number): Uint8Array {
    const taken: Uint8Array[] = [];
    let missing = Math.min(count, this.#plainBytes);
    this.#plainBytes -= missing;
    while (missing > 0) {
      const first = this.#plain[0];
      if (first === undefined) break;
      if (first.length <= missing) this.#plain.shift();
      else this.#plain[0] = first.subarray(missing);
      const part = first.subarray(0, missing);
      taken.push(part);
      missing -= part.length;
    }
    const [only] = taken;
    return taken.length === 1 && only ? only : joinBytes(taken);
  }

  /** Takes the next part. */
  takePart(): Uint8Array {
    const part = this.#parts.shift();
    if (this.#parts.length === 0) for (const bytes of this.#behind.splice(0)) this.#addPlain(bytes);
    return part?.bytes ?? new Uint8Array(0);
  }

  /** Takes everything. */
  takeAll(): Uint8Array {
    const all = joinBytes([...this.#plain, ...this.#parts.map(({ bytes }) => bytes), ...this.#behind]);
    this.clear();
    return all;
  }

  /** All parts are due at that moment. */
  drain(nowMs: number): void {
    this.#parts = this.#parts.map(({ bytes, atMs }) => ({ bytes, atMs: Math.min(atMs, nowMs) }));
  }

  /** A last part that never goes by itself goes at that moment, with these bytes. */
  settleLast(bytes: Uint8Array, nowMs: number): void {
    if (this.#parts.at(-1)?.atMs === Number.POSITIVE_INFINITY)
      this.#parts[this.#parts.length - 1] = { bytes, atMs: nowMs };
  }

  clear(): void {
    this.#plain = [];
    this.#plainBytes = 0;
    this.#parts = [];
    this.#behind = [];
  }

  #addPlain(bytes: Uint8Array): void {
    this.#plain.push(bytes);
    this.#plainBytes += bytes.length;
  }
}
