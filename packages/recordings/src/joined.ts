/** Pieces as one; the only one itself. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only ? only : new Uint8Array(Buffer.concat(pieces));
}
