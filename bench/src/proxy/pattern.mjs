// Bytes that both ends know, so that no figure stands for a wrong body: one block, again and again.
import { createHash } from "node:crypto";

const blockBytes = 65_536;

/** The block; from a counter's hashes, so that no two places of it look alike. */
export const block = Buffer.concat(
  Array.from({ length: blockBytes / 32 }, (_, at) => createHash("sha256").update(`${at}`).digest()),
);
const twice = Buffer.concat([block, block]);

/** Counts a body's bytes and compares each with the pattern. */
export class PatternCheck {
  bytes = 0;
  isSame = true;

  push(chunk) {
    for (let at = 0; at < chunk.length; at += blockBytes) {
      const part = chunk.subarray(at, at + blockBytes);
      const from = this.bytes % blockBytes;
      this.isSame &&= twice.compare(part, 0, part.length, from, from + part.length) === 0;
      this.bytes += part.length;
    }
  }
}
